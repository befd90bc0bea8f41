"""Which way an article reads, so that its whole block is laid out as its readers expect, and not word by word."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final, Literal

Direction = Literal["ltr", "rtl"]

_LANGUAGES: Final = frozenset({
    "ar", "arc", "arz", "azb", "bal", "bgn", "bqi", "ckb", "dv", "fa", "glk", "he", "hbo", "khw", "ks", "lrc", "luz",
    "mzn", "nqo", "pnb", "prs", "ps", "rhg", "sd", "sdh", "skr", "syr", "ug", "ur", "yi",
})  # fmt: skip
"""Languages that are written from right to left unless a script is named (CLDR, likely subtags)."""
_SCRIPTS: Final = frozenset({"adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"})
"""Scripts in use that run from right to left (ISO 15924)."""


def direction(language: str, text: str) -> Direction:
    """The direction of an article in that language; where none is known, that of the first letter in `text`."""
    return _of_language(language) if language else _of_text(text)


@lru_cache(maxsize=1024)
def _of_language(tag: str) -> Direction:
    primary, *rest = tag.lower().replace("_", "-").split("-")
    script = next((subtag for subtag in rest if len(subtag) == 4 and subtag.isalpha()), "")
    right_to_left = script in _SCRIPTS if script else primary in _LANGUAGES
    return "rtl" if right_to_left else "ltr"


def _of_text(text: str) -> Direction:
    """By the first strong character (UAX #9, rule P2)."""
    if text.isascii():
        return "ltr"
    strong = (kind for kind in map(unicodedata.bidirectional, text) if kind in ("L", "R", "AL"))
    return "ltr" if next(strong, "L") == "L" else "rtl"
