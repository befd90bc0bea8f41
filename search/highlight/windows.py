"""Windows of a text: runs of matches near each other, each a place where a passage may be, and what it is worth."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import log
from typing import Final

from search.highlight.marking import Mark, Span, block_end

REACH: Final = 180
"""Matches further apart, in characters, are not in one passage, to leave room for the words around them."""

MAX_MARKS_PER_GROUP: Final = 200
"""Matches of one word that are considered; more would hardly give a better passage."""

REPEAT: Final = 0.05
"""What a repeated match of a word adds to a window, as a share of the word's weight."""

MAX_REPEATS: Final = 3
"""Repeated matches beyond this number add nothing."""

SEEN: Final = 0.05
"""The factor for a word that an earlier passage has already shown: hardly anything adds less than a new word."""

_BITS: Final = 3
_ALL_BITS: Final = (1 << _BITS) - 1
COUNTED: Final = 1 + MAX_REPEATS

REPEATED: Final = tuple(1.0 + REPEAT * repeats for repeats in range(COUNTED))
"""What one match of a word is worth, two, three... as a factor of the word's weight."""

Window = tuple[int, int, int, int, int]
"""Start and end in characters, the marks inside as a range of indexes, and the number of marks of each group, packed:
`_BITS` bits for each group, counted up to COUNTED."""


def weights_of(marks: Sequence[Mark]) -> dict[int, float]:
    """The weight of each group: higher for words that are rare in this text."""
    counts = Counter([mark[2] for mark in marks])
    return {group: 1.0 / (1.0 + log(count)) for group, count in counts.items()}


def thinned(marks: Sequence[Mark]) -> Sequence[Mark]:
    """The marks that are considered: of each word the first MAX_MARKS_PER_GROUP, if there are many."""
    if len(marks) <= MAX_MARKS_PER_GROUP:
        return marks
    seen: Counter[int] = Counter()
    kept = []
    for mark in marks:
        group = mark[2]
        if seen[group] < MAX_MARKS_PER_GROUP:
            seen[group] += 1
            kept.append(mark)
    return kept


def windows_of(text: str, marks: Sequence[Mark], groups: Sequence[int]) -> list[Window]:
    """For each mark, the window that begins with it and ends within its paragraph."""
    windows: list[Window] = []
    if not marks:
        return windows
    starts, ends, _ = zip(*marks, strict=True)
    furthest = list(accumulate(ends, max))
    numbers = {group: number for number, group in enumerate(groups)}
    kinds = [numbers[mark[2]] for mark in marks]
    units = [1 << _BITS * number for number in range(len(groups))]
    counts = [0] * len(groups)
    packed = after = 0
    end_of_block = -1
    for first, start in enumerate(starts):
        if start >= end_of_block:
            end_of_block = block_end(text, start)
        limit = start + REACH
        while after <= first or (after < len(marks) and ends[after] <= limit and starts[after] < end_of_block):
            kind = kinds[after]
            counts[kind] += 1
            if counts[kind] <= COUNTED:
                packed += units[kind]
            after += 1
        windows.append((start, furthest[after - 1], first, after, packed))
        kind = kinds[first]
        if counts[kind] <= COUNTED:
            packed -= units[kind]
        counts[kind] -= 1
    return windows


def distinct(windows: Sequence[Window], limit: int) -> list[Window]:
    """Of windows with the same marks, the first `limit`: more are never laid out."""
    if len(windows) <= limit:
        return list(windows)
    seen: Counter[int] = Counter()
    kept = []
    for window in windows:
        packed = window[4]
        if seen[packed] < limit:
            seen[packed] += 1
            kept.append(window)
    return kept


def in_headings(windows: Sequence[Window], headings: Iterable[Span]) -> frozenset[int]:
    """The starts of those windows that begin in a heading."""
    starts = [window[0] for window in windows]
    found: set[int] = set()
    for start, end in headings:
        found.update(starts[bisect_left(starts, start) : bisect_left(starts, end)])
    return frozenset(found)


def worths_of(windows: Sequence[Window], weights: Mapping[int, float], shown: set[int]) -> dict[int, float]:
    """The worth of every distinct packed count of marks."""
    tables = []
    for group, weight in weights.items():
        weight *= SEEN if group in shown else 1.0
        tables.append([0.0, *(weight * factor for factor in REPEATED)])
    worths = {}
    for packed in {window[4] for window in windows}:
        rest, worth = packed, 0.0
        for table in tables:
            worth += table[rest & _ALL_BITS]
            rest >>= _BITS
        worths[packed] = worth
    return worths
