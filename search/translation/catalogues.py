"""The catalogues of the site's words: which there are, and each as it is read from its file."""

from __future__ import annotations

import io
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Final

SOURCE_LANGUAGE: Final = "en"
"""The language that messages are written in; it needs no catalogue."""

LANGUAGES: Final[dict[str, str]] = {
    "en": "English",
    "de": "Deutsch",
    "tr": "Türkçe",
    "az": "Azərbaycanca",
    "ar": "العربية",
}
"""The languages that the site speaks, by their tags (BCP 47), with the name that each has for itself."""

LOCALE: Final = Path(__file__).with_name("locale")
DOMAIN: Final = "backfile"


def path_of(language: str) -> Path:
    """The file of a language's catalogue, where gettext expects it."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def catalogue(language: str) -> GNUTranslations:
    """The catalogue of a language, compiled in memory, so that an installation needs no step for it.

    Raises KeyError for a language that is not in LANGUAGES, or that needs none.
    """
    from babel.messages.mofile import write_mo  # what serves English alone never needs it
    from babel.messages.pofile import read_po

    if language not in LANGUAGES or language == SOURCE_LANGUAGE:
        raise KeyError(language)
    compiled = io.BytesIO()
    with path_of(language).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, domain=DOMAIN))
    compiled.seek(0)
    return GNUTranslations(compiled)
