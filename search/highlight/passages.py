"""Chooses the passages of a text to show: short windows, whole sentences where possible, the best ones first."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log
from typing import Final

from search.highlight.highlighter import Mark, block_end

MAX_LENGTH: Final = 240
"""Characters in a passage: two or three lines."""

REACH: Final = 180
"""Matches further apart, in characters, are not in one passage, to leave room for the words around them."""

MAX_MARKS_PER_GROUP: Final = 200
"""Matches of one word that are considered; more would hardly give a better passage."""

REPEAT: Final = 0.1
"""What a repeated match of a word adds to a window, as a share of the word's weight."""

MAX_REPEATS: Final = 3
"""Repeated matches beyond this number add nothing."""

SEEN: Final = 0.2
"""The factor for a word that an earlier passage has already shown."""

_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？][」』”’）]*")


@dataclass(frozen=True, slots=True)
class Passage:
    """The characters from `start` to `end` of a text; `marks` are the matches inside, by offsets in the whole text."""

    start: int
    end: int
    marks: tuple[Mark, ...]


_Window = tuple[int, int, int, int, int]
"""Start and end in characters, the marks inside as a range of indexes, and the number of marks of each group, packed:
`_BITS` bits for each group, counted up to _COUNTED."""

_BITS: Final = 3
_ALL_BITS: Final = (1 << _BITS) - 1
_COUNTED: Final = 1 + MAX_REPEATS


def best_passages(text: str, marks: Sequence[Mark], limit: int) -> list[Passage]:
    """At most `limit` passages without overlaps, the best first.

    The first covers most of the query, with more weight on rare words; the next ones favour what has not been shown.
    `marks` must be ordered by position.
    """
    weights = _weights(marks)
    considered = _thinned(marks)
    windows = _windows(text, considered, list(weights))
    worths = _worths(windows, weights, set())
    passages: list[Passage] = []
    shown: set[int] = set()
    while windows and len(passages) < limit:
        values = [worths[window[4]] for window in windows]
        start, _, first, after, _ = windows[values.index(max(values))]
        end = max([mark[1] for mark in considered[first:after]])
        passage = _passage(text, start, end, marks, passages)
        passages.append(passage)
        left, right = passage.start, passage.end
        windows = [window for window in windows if right <= window[0] or window[1] <= left]
        new = {mark[2] for mark in passage.marks} - shown
        if new and len(weights) > 1:
            shown |= new
            worths = _worths(windows, weights, shown)
    return passages


def opening(text: str, start: int = 0) -> tuple[int, int]:
    """Start and end of the first sentences from `start` on, as long as a passage."""
    while start < len(text) and text[start].isspace():
        start += 1
    return start, _right(text, start, start, block_end(text, start))


def _weights(marks: Sequence[Mark]) -> dict[int, float]:
    """The weight of each group: higher for words that are rare in this text."""
    counts = Counter([mark[2] for mark in marks])
    return {group: 1.0 / (1.0 + log(count)) for group, count in counts.items()}


def _thinned(marks: Sequence[Mark]) -> Sequence[Mark]:
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


def _windows(text: str, marks: Sequence[Mark], groups: Sequence[int]) -> list[_Window]:
    """For each mark, the window that begins with it and ends within its paragraph."""
    windows: list[_Window] = []
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
            if counts[kind] <= _COUNTED:
                packed += units[kind]
            after += 1
        windows.append((start, furthest[after - 1], first, after, packed))
        kind = kinds[first]
        if counts[kind] <= _COUNTED:
            packed -= units[kind]
        counts[kind] -= 1
    return windows


def _worths(windows: Sequence[_Window], weights: Mapping[int, float], shown: set[int]) -> dict[int, float]:
    """The worth of every distinct packed count of marks."""
    tables = []
    for group, weight in weights.items():
        weight *= SEEN if group in shown else 1.0
        tables.append([0.0, *(weight * (1.0 + REPEAT * repeats) for repeats in range(_COUNTED))])
    worths = {}
    for packed in {window[4] for window in windows}:
        rest, worth = packed, 0.0
        for table in tables:
            worth += table[rest & _ALL_BITS]
            rest >>= _BITS
        worths[packed] = worth
    return worths


def _passage(text: str, start: int, end: int, marks: Sequence[Mark], others: Sequence[Passage]) -> Passage:
    floor, ceiling = _block(text, start)
    ceiling = max(ceiling, end)
    for other in others:
        if other.end <= start:
            floor = max(floor, other.end)
        elif other.start >= end:
            ceiling = min(ceiling, other.start)
    while floor < start and text[floor].isspace():
        floor += 1
    left = _left(text, start, end, floor)
    while left < start and text[left].isspace():
        left += 1
    right = _right(text, left, end, ceiling)
    return Passage(left, right, tuple(marks_within(marks, left, right)))


def marks_within(marks: Sequence[Mark], start: int, end: int) -> list[Mark]:
    """The marks that are completely between `start` and `end`; `marks` must be ordered by position."""
    near = marks[bisect_left(marks, (start,)) : bisect_left(marks, (end,))]
    return [mark for mark in near if mark[1] <= end]


def _block(text: str, place: int) -> tuple[int, int]:
    """Start and end of the paragraph or heading around `place`; blank lines separate them."""
    start = text.rfind("\n\n", 0, place)
    return 0 if start < 0 else start + 2, block_end(text, place)


def _left(text: str, start: int, end: int, floor: int) -> int:
    """Where a passage begins: at a sentence, else at a word, with two thirds of the room left for what follows."""
    earliest = max(floor, start - max(0, MAX_LENGTH - (end - start)))
    roomy = start - MAX_LENGTH // 2
    if earliest == floor >= roomy:
        sentence: int | None = floor
    else:
        ends = (match.end() for match in _SENTENCE_END.finditer(text, earliest, start))
        sentence = next((place for place in ends if place >= roomy), None)
    if sentence is None or end - sentence > MAX_LENGTH:
        return _word_start(text, start, earliest)
    return sentence


def _word_start(text: str, start: int, earliest: int) -> int:
    place = max(earliest, start - (start - earliest) // 3)
    while place < start and not (place == 0 or text[place - 1].isspace()):
        place += 1
    return place


def _right(text: str, left: int, end: int, ceiling: int) -> int:
    """Where a passage ends: after the last sentence that fits, else after the last word."""
    limit = max(left + MAX_LENGTH, end)
    if ceiling <= limit:
        return _stripped(text, end, ceiling)
    ends = [match.end() for match in _SENTENCE_END.finditer(text, end, limit)]
    if ends and ends[-1] - left >= MAX_LENGTH // 2:
        return _stripped(text, end, ends[-1])
    place = limit
    while place > end and not text[place].isspace():
        place -= 1
    return _stripped(text, end, place) if place > max(end, left) else limit


def _stripped(text: str, end: int, place: int) -> int:
    while place > end and text[place - 1].isspace():
        place -= 1
    return place
