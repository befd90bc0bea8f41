"""The languages of articles: how each is stemmed, which words of it say nothing, and what it is called.

An article may be in any language. Without a row in `STEMMERS` its words are found in the form in which they were
written, folded. To stem another language, add a row.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from search.analysis.folding import fold
from search.analysis.stop_words import STOP_WORDS

STEMMERS: Final[dict[str, str]] = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""The primary subtag of BCP 47 of a language, and Snowball's name of its algorithm."""

SUPERSEDED_STEMMERS: Final = {"porter": "english", "dutch_porter": "dutch"}
"""Snowball keeps the algorithms on the left for old indexes; on the right is the newer one for the same language."""

_OTHER_CODES: Final = {
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "eng": "en",
    "fra": "fr",
    "deu": "de",
    "spa": "es",
    "por": "pt",
}
"""Codes that articles carry in place of the usual ones. Part of what an index means: a change asks for a rebuild."""

_stop_words: Final = {code: frozenset(map(fold, words.split())) for code, words in STOP_WORDS.items()}


@lru_cache(maxsize=1024)
def primary_language(tag: str) -> str:
    """The code that decides how a language is treated: "zh-TW", "zh_tw" and "ZH" give "zh"; "" stays ""."""
    code = tag.strip().lower().replace("_", "-").partition("-")[0]
    return _OTHER_CODES.get(code, code)


def stemmer_of(tag: str) -> str | None:
    """Snowball's name of the algorithm for a language given by its tag; None if its words are not stemmed."""
    return STEMMERS.get(primary_language(tag))


@lru_cache(maxsize=4096)
def language_name(tag: str, reader: str = "en") -> str:
    """The name of a language in that of the `reader`: "English", "Chinese (Taiwan)"; the tag itself if CLDR knows none.

    The names are those of Unicode's Common Locale Data Repository, which the first call loads.
    """
    from babel import Locale  # some 100 modules and files that most commands never need

    words = Locale(reader)
    name = words.languages.get(primary_language(tag))
    if name is None:
        return tag
    subtags = tag.strip().replace("_", "-").split("-")[1:]
    known = (words.scripts.get(subtag.title()) or words.territories.get(subtag.upper()) for subtag in subtags)
    details = [found or subtag.upper() for found, subtag in zip(known, subtags, strict=True)]
    return f"{name} ({', '.join(details)})" if details else str(name)


def is_stop_word(surface: str, language: str) -> bool:
    """Whether a folded word says next to nothing about what a text is about, such as "the" in English."""
    return surface in _stop_words.get(primary_language(language), ())
