"""Which pieces of a text to show: short windows, whole sentences where they fit, the most telling ones first."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log
from operator import attrgetter
from typing import Final

from search.highlight import Mark

MAX_LENGTH: Final = 240
"""Characters of a snippet: two or three lines."""

REACH: Final = 180
"""Matches further apart do not share a snippet: the rest is for the words around them."""

MAX_MARKS_PER_GROUP: Final = 300
"""So many matches of one word are weighed; there is no better passage to be expected of the next."""

REPEAT: Final = 0.1
"""What one more match of a word that the window already has adds, as a share of the word's weight."""

MAX_REPEATS: Final = 3
"""Further matches than these add nothing."""

SEEN: Final = 0.2
"""What a word still counts that an earlier snippet has shown."""

_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？][」』”’）]*")


@dataclass(frozen=True, slots=True)
class Passage:
    """From `start` to `end` of a text; `marks` are the matches wholly within, at places of the whole text."""

    start: int
    end: int
    marks: tuple[Mark, ...]


_Counts = tuple[int, ...]
"""How many matches of each group, in the order of the groups' weights."""


_Window = tuple[int, int, int, int, _Counts]
"""A start and an end between which lie the marks from a first one to before another, and the counts of those marks."""


def best_passages(text: str, marks: Sequence[Mark], limit: int) -> list[Passage]:
    """At most `limit` passages, apart from each other, the best first.

    The first covers most of what the query asks for, rare words counting more; the next ones favour
    what has not been shown yet. `marks` are ordered by place.
    """
    weights = _weights(marks)
    considered = _thinned(marks)
    windows = _windows(text, considered, list(weights))
    passages: list[Passage] = []
    shown: set[int] = set()
    while windows and len(passages) < limit:
        start, _, first, after, _ = _best(windows, weights, shown)
        end = max(mark.end for mark in considered[first:after])
        passage = _passage(text, start, end, marks, passages)
        passages.append(passage)
        shown.update(mark.group for mark in passage.marks)
        left, right = passage.start, passage.end
        windows = [window for window in windows if right <= window[0] or window[1] <= left]
    return passages


def opening(text: str, start: int = 0) -> tuple[int, int]:
    """The first sentences from `start` on: where they begin and end."""
    while start < len(text) and text[start].isspace():
        start += 1
    return start, _right(text, start, start, _block_end(text, start))


def _weights(marks: Sequence[Mark]) -> dict[int, float]:
    """A word is worth more, the rarer it is in this text."""
    counts = Counter(map(attrgetter("group"), marks))
    return {group: 1.0 / (1.0 + log(count)) for group, count in counts.items()}


def _thinned(marks: Sequence[Mark]) -> Sequence[Mark]:
    if len(marks) <= MAX_MARKS_PER_GROUP:
        return marks
    seen: Counter[int] = Counter()
    kept = []
    for mark in marks:
        seen[mark.group] += 1
        if seen[mark.group] <= MAX_MARKS_PER_GROUP:
            kept.append(mark)
    return kept


def _windows(text: str, marks: Sequence[Mark], groups: Sequence[int]) -> list[_Window]:
    """For each mark, the window that begins with it and stays within its paragraph."""
    windows: list[_Window] = []
    starts, ends, _ = zip(*marks, strict=True)
    furthest = list(accumulate(ends, max))
    numbers = {group: number for number, group in enumerate(groups)}
    kinds = [numbers[mark[2]] for mark in marks]
    counts = [0] * len(groups)
    block_end = -1
    after = 0
    for first, start in enumerate(starts):
        if start >= block_end:
            block_end = _block_end(text, start)
        if after <= first:
            after = first + 1
            counts[kinds[first]] += 1
        while after < len(marks) and ends[after] <= start + REACH and starts[after] < block_end:
            counts[kinds[after]] += 1
            after += 1
        windows.append((start, furthest[after - 1], first, after, tuple(counts)))
        counts[kinds[first]] -= 1
    return windows


def _best(windows: Sequence[_Window], weights: Mapping[int, float], shown: set[int]) -> _Window:
    """The first of those worth most."""
    each = [weight * (SEEN if group in shown else 1.0) for group, weight in weights.items()]
    seen = [window[4] for window in windows]
    worth = {counts: _worth(counts, each) for counts in set(seen)}
    values = [worth[counts] for counts in seen]
    return windows[values.index(max(values))]


def _worth(counts: _Counts, weights: Sequence[float]) -> float:
    return sum(
        weight * (1.0 + REPEAT * min(count - 1, MAX_REPEATS))
        for count, weight in zip(counts, weights, strict=True)
        if count
    )


def _passage(text: str, start: int, end: int, marks: Sequence[Mark], others: Sequence[Passage]) -> Passage:
    floor, ceiling = _block(text, start)
    ceiling = max(ceiling, end)
    floor = max([floor, *(other.end for other in others if other.end <= start)])
    ceiling = min([ceiling, *(other.start for other in others if other.start >= end)])
    while floor < start and text[floor].isspace():
        floor += 1
    left = _left(text, start, end, floor)
    while left < start and text[left].isspace():
        left += 1
    right = _right(text, left, end, ceiling)
    return Passage(left, right, tuple(marks_within(marks, left, right)))


def marks_within(marks: Sequence[Mark], start: int, end: int) -> list[Mark]:
    """Those of the marks, which are ordered by place, that lie wholly between start and end."""
    by_start = attrgetter("start")
    near = marks[bisect_left(marks, start, key=by_start) : bisect_left(marks, end, key=by_start)]
    return [mark for mark in near if mark.end <= end]


def _block(text: str, place: int) -> tuple[int, int]:
    """The paragraph or heading that `place` is in: blank lines stand between them."""
    start = text.rfind("\n\n", 0, place)
    return 0 if start < 0 else start + 2, _block_end(text, place)


def _block_end(text: str, place: int) -> int:
    end = text.find("\n\n", place)
    return len(text) if end < 0 else end


def _left(text: str, start: int, end: int, floor: int) -> int:
    """Where to begin: at the sentence, else at a word, leaving two thirds of the room for what follows."""
    earliest = max(floor, start - max(0, MAX_LENGTH - (end - start)))
    sentences = [match.end() for match in _SENTENCE_END.finditer(text, earliest, start)]
    if earliest == floor:
        sentences.insert(0, floor)
    if sentences:
        roomy = [place for place in sentences if start - place <= MAX_LENGTH // 2]
        return roomy[0] if roomy and end - roomy[0] <= MAX_LENGTH else _word_start(text, start, earliest)
    return _word_start(text, start, earliest)


def _word_start(text: str, start: int, earliest: int) -> int:
    place = max(earliest, start - (start - earliest) // 3)
    while place < start and not (place == 0 or text[place - 1].isspace()):
        place += 1
    return place


def _right(text: str, left: int, end: int, ceiling: int) -> int:
    """Where to end: the last sentence that fits, else the last word."""
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
