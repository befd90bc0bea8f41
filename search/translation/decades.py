"""Decades as each language writes them, and as its readers may type them. CLDR has no pattern for them."""

from __future__ import annotations

import re
from typing import Final

from search.translation.messages import spoken

_BACK: Final = frozenset({10, 30, 40, 60, 90})
"""Tens whose name ends in a back vowel in Turkish (on, otuz, kırk, altmış, doksan): their plural is -lar, not -ler."""
_ORDINAL: Final = {10: "cu", 20: "ci", 30: "cu", 40: "cı", 50: "ci", 60: "cı", 70: "ci", 80: "ci", 90: "cı"}
"""How the ordinal number of each ten ends in Azerbaijani: onuncu, iyirminci, otuzuncu, qırxıncı, əllinci and so on."""

_DECADE: Final = r"(?P<start>[0-9]{3}0)"
_FORMS: Final = tuple(
    re.compile(form)
    for form in (
        rf"(?:the )?{_DECADE}'?s",
        rf"(?:die )?{_DECADE}'?er(?:[ -]jahren?)?",
        rf"{_DECADE} ?'?(?:l[ae]r|l[iu] yillar)",
        rf"{_DECADE} ?-?(?:c[iu] iller|l[ae]r)",
        rf"(?:ال)?(?:عقد|عقود|سنوات|اعوام) (?:ال)?{_DECADE}",
    )
)
"""In texts that `search.analysis.fold` has folded."""


def decade_in_words(year: int) -> str:
    """The decade that begins with that year: "1990s", "1990er", "1990'lar", "1990-cı illər", "عقد 1990"."""
    tens = year % 100
    match spoken():
        case "de":
            return f"{year}er"
        case "tr":
            return f"{year}'{'lar' if tens in _BACK else 'ler'}"
        case "az":
            ending = _ORDINAL.get(tens) or ("cü" if year % 1000 else "ci")  # yüzüncü, mininci
            return f"{year}-{ending} illər"
        case "ar":
            return f"عقد {year}"
        case _:
            return f"{year}s"


def first_year_of(folded: str) -> int | None:
    """The first year of the decade that a folded text names in any of the languages; None if it names none."""
    found = next((match for form in _FORMS if (match := form.fullmatch(folded))), None)
    return int(found["start"]) if found else None
