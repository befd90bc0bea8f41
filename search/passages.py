"""Which pieces of a text to show: short windows, whole sentences where they fit, the most telling ones first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
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

SEEN: Final = 0.2
"""What a word still counts that an earlier snippet has shown."""

_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？][」』”’）]*")


@dataclass(frozen=True, slots=True)
class Passage:
    """From `start` to `end` of a text; `marks` are the matches wholly within, at places of the whole text."""

    start: int
    end: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class _Window:
    first: int
    last: int
    counts: Mapping[int, int]


def best_passages(text: str, marks: Sequence[Mark], limit: int) -> list[Passage]:
    """At most `limit` passages, apart from each other, the best first.

    The first covers most of what the query asks for, rare words counting more; the next ones favour
    what has not been shown yet. `marks` are ordered by place.
    """
    weights = _weights(marks)
    considered = _thinned(marks)
    windows = list(_windows(text, considered))
    passages: list[Passage] = []
    shown: set[int] = set()
    while windows and len(passages) < limit:
        best = max(windows, key=lambda window: (_worth(window, weights, shown), -considered[window.first].start))
        start, end = considered[best.first].start, max(m.end for m in considered[best.first : best.last + 1])
        passage = _passage(text, start, end, marks, passages)
        passages.append(passage)
        shown.update(mark.group for mark in passage.marks)
        windows = [w for w in windows if not _touches(considered[w.first].start, considered[w.last].end, passages)]
    return passages


def opening(text: str, start: int = 0) -> tuple[int, int]:
    """The first sentences from `start` on: where they begin and end."""
    while start < len(text) and text[start].isspace():
        start += 1
    end = _block(text, start)[1]
    return start, _right(text, start, start, min(end, len(text)))


def _weights(marks: Sequence[Mark]) -> dict[int, float]:
    """A word is worth more, the rarer it is in this text."""
    counts = Counter(mark.group for mark in marks)
    return {group: 1.0 / (1.0 + log(count)) for group, count in counts.items()}


def _thinned(marks: Sequence[Mark]) -> list[Mark]:
    seen: Counter[int] = Counter()
    kept = []
    for mark in marks:
        seen[mark.group] += 1
        if seen[mark.group] <= MAX_MARKS_PER_GROUP:
            kept.append(mark)
    return kept


def _windows(text: str, marks: Sequence[Mark]) -> Iterator[_Window]:
    """For each mark, the window that begins with it and stays within its paragraph."""
    block_end = -1
    last = 0
    counts: Counter[int] = Counter()
    for first, mark in enumerate(marks):
        if mark.start >= block_end:
            block_end = _block(text, mark.start)[1]
        last = max(last, first)
        if not counts:
            counts[mark.group] += 1
        while last + 1 < len(marks) and marks[last + 1].end <= mark.start + REACH and marks[last + 1].start < block_end:
            last += 1
            counts[marks[last].group] += 1
        yield _Window(first, last, dict(counts))
        counts[mark.group] -= 1
        counts = +counts


def _worth(window: _Window, weights: Mapping[int, float], shown: set[int]) -> float:
    return sum(
        weights[group] * (SEEN if group in shown else 1.0) * (1.0 + REPEAT * min(count - 1, 3))
        for group, count in window.counts.items()
    )


def _touches(start: int, end: int, passages: Sequence[Passage]) -> bool:
    return any(start < passage.end and passage.start < end for passage in passages)


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
    inside = tuple(mark for mark in marks if left <= mark.start and mark.end <= right)
    return Passage(left, right, inside)


def _block(text: str, place: int) -> tuple[int, int]:
    """The paragraph or heading that `place` is in: blank lines stand between them."""
    end = text.find("\n\n", place)
    start = text.rfind("\n\n", 0, place)
    return 0 if start < 0 else start + 2, len(text) if end < 0 else end


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
