"""Tells queries that look like data about a person: these are not even counted."""

from __future__ import annotations

import re
from typing import Final

LONGEST_NUMBER: Final = 5
"""Digits of the longest number that is no personal data; customers, cases and accounts have longer ones."""
MOST_DIGITS: Final = 6
"""Digits of numbers side by side: a telephone number has more."""

_MAIL: Final = re.compile(r"[\w.+%-]\s?@\s?\w")
_DIGITS: Final = re.compile(r"\+?\(?\d(?:[\s()./+_-]{0,3}\d)*")
_YEAR: Final = r"(?:1\d|20)\d\d"
_TIMES: Final = re.compile(
    rf"{_YEAR}(?:[\s./-]{{1,3}}{_YEAR}){{0,2}}"  # 1914-1918
    rf"|{_YEAR}[-./]\d\d?(?:[-./]\d\d?)?"  # 2024-07-03
    rf"|\d\d?[./-]\s?\d\d?[./-]\s?{_YEAR}"  # 3.7.2024
)
"""Numbers that say when: years beside each other, and days."""


def looks_personal(text: str) -> bool:
    """Whether there is a mail address, a telephone number or another long number in the text (in NFKC)."""
    return ("@" in text and _MAIL.search(text) is not None) or any(
        _is_long(found[0]) for found in _DIGITS.finditer(text)
    )


def _is_long(number: str) -> bool:
    parts = re.findall(r"\d+", number)
    if sum(map(len, parts)) <= MOST_DIGITS and max(map(len, parts)) <= LONGEST_NUMBER:
        return False
    return _TIMES.fullmatch(number) is None
