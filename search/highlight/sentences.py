"""Where sentences begin and end, as far as that can be told without knowing the language."""

from __future__ import annotations

import re
from typing import Final

MAX_SENTENCE: Final = 300
"""Characters beyond which no end of a sentence is looked for."""

BEHIND: Final = 20
"""Characters behind a place that are looked at, so that the end of a sentence before it is seen whole."""

BEFORE: Final = 12
"""Characters before a full stop that are looked at for an abbreviation."""

STOPS: Final = ".!?…؟।"
CLOSERS: Final = "\"'”’»)]"
"""What may follow one of the STOPS; only white space behind it makes it the end of a sentence."""

WIDE_STOPS: Final = "。！？"
WIDE_CLOSERS: Final = "」』”’）"
OPENERS: Final = '(["“«'
"""What stands directly before the first word that it opens."""

BULLETS: Final = "-*•‣–"

_END: Final = re.compile(
    rf"[{STOPS}][{re.escape(CLOSERS)}]*\s+"
    rf"|[{WIDE_STOPS}][{WIDE_CLOSERS}]*\s*"
    rf"|\n\s*(?=(?:[{re.escape(BULLETS)}]|[0-9]{{1,3}}[.)])\s)"  # the next item of a list
)
TITLES: Final = frozenset({
    "mr", "mrs", "ms", "mme", "mlle", "dr", "drs", "prof", "st", "ste", "sr", "sra", "gen", "gov", "sen", "rep", "lt",
    "col", "sgt", "capt", "rev", "hon", "pres", "messrs", "vs", "no", "nos", "nr", "vol", "fig", "pp", "ca", "bzw",
})  # fmt: skip
"""Abbreviations behind which a sentence goes on: titles, and what stands before a number or an example."""

_WORD_BEFORE: Final = re.compile(rf"[^\s{re.escape(OPENERS)}]*\Z")


def sentence_start(text: str, place: int, floor: int) -> int | None:
    """Where the sentence around `place` begins; not before `floor`, which begins one. None if it is too far away."""
    earliest = max(floor, place - MAX_SENTENCE)
    start = floor if earliest == floor else None
    for match in _END.finditer(text, earliest, place + BEHIND):
        if match.end() > place:
            break
        if _ends(text, match):
            start = match.end()
    return start


def sentence_end(text: str, place: int, ceiling: int) -> int | None:
    """The end of the sentence around `place`, white space left out; not behind `ceiling`, which ends one. None if it is
    too far away."""
    limit = min(ceiling, place + MAX_SENTENCE)
    for match in _END.finditer(text, max(0, place - 1), limit):
        if match.end() > place and _ends(text, match):
            return match.start() + len(match.group().rstrip())
    return stripped(text, place, ceiling) if limit == ceiling else None


def stripped(text: str, place: int, end: int) -> int:
    """`end` without the white space before it, but not before `place`."""
    while end > place and text[end - 1].isspace():
        end -= 1
    return end


def _ends(text: str, match: re.Match[str]) -> bool:
    """Whether a sentence ends there: not if the next begins with a small letter, nor behind initials and titles."""
    mark, following = text[match.start()], text[match.end() : match.end() + 1]
    if mark in WIDE_STOPS or mark == "\n":
        return True
    if following.islower():
        return False
    if mark != "." or not following:
        return True
    word = _WORD_BEFORE.search(text, max(0, match.start() - BEFORE), match.start())
    before = word.group() if word else ""
    if before.isdecimal():  # an item of a list, or a day: "1. Install it"
        at = match.start() - len(before)
        return not (len(before) <= 2 and (at == 0 or text[at - 1] == "\n"))
    is_initial = len(before) == 1 and before.isupper()
    return not (is_initial or before[1:2] == "." or before.lower() in TITLES)
