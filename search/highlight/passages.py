"""Chooses the passages of a text to show: short, of whole sentences where they fit, each for what it adds."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop
from itertools import permutations
from typing import Final

from search.highlight.characters import classes_of
from search.highlight.layout import MAX_LENGTH, Extent, filled, torn
from search.highlight.marking import Mark, Span, block_end
from search.highlight.sentences import BEFORE, BEHIND, MAX_SENTENCE, TITLES, sentence_end, sentence_start
from search.highlight.windows import (
    COUNTED,
    MAX_MARKS_PER_GROUP,
    REACH,
    REPEATED,
    SEEN,
    Window,
    distinct,
    in_headings,
    thinned,
    weights_of,
    windows_of,
    worths_of,
)
from search.native import kernel

CUT: Final = 0.45
"""The factor for a passage that cuts sentences which would fit by themselves: two words near each other are not worth
two torn sentences, since each can have a passage of its own."""

LONG: Final = 0.45
"""The factor for a piece of a sentence that is longer than a passage: a whole sentence with half as much is better."""

LEAST_REPEATED: Final = 10
"""Characters of the shortest sentence that two passages of an article must not both have."""

IN_HEADING: Final = 0.5
"""The factor for a match in a heading: what stands under it has to be shown in its place."""

_SPACE: Final = re.compile(r"\s")

_TRIED: Final = 6
"""Windows that are laid out as passages before the best of them is taken."""


_Layout = tuple[Extent, float, tuple[tuple[int, int], ...]]
"""A piece of the text that may show a window, the factor of its worth, and how many marks of each group it has."""

_FAR: Final = 2 * MAX_SENTENCE + MAX_LENGTH
"""Characters beyond which a passage has no influence on where another begins and ends."""

_RULES: Final = (
    (REACH, MAX_MARKS_PER_GROUP, _TRIED, MAX_LENGTH, MAX_SENTENCE, BEHIND, BEFORE, LEAST_REPEATED),
    (SEEN, CUT, LONG, IN_HEADING),
)
_compiled: Final = kernel.PassageChooser(classes_of, tuple(TITLES), REPEATED, *_RULES) if kernel else None


def best_passages(
    text: str,
    marks: Sequence[Mark],
    limit: int,
    weights: Mapping[int, float] | None = None,
    headings: Iterable[Span] = (),
    titled: Collection[int] = (),
) -> list[Extent]:
    """At most `limit` passages without overlaps, and those in headings, the best first.

    Each is the one that adds most: words that no earlier one has shown, by their weight. One that adds none is left out
    unless it is of whole sentences and has the weightiest of those shown. No two have a sentence in common.
    A passage in a heading is one more, and does not count as showing its words: what stands under it may show them too.
    `marks` must be ordered by position, and their groups numbered below 65,536. `weights` says how much each group is
    worth, such as by its rarity in the archive; without, groups that are rare in this text weigh more. `headings` are
    the places of headings, in order. `titled` are the groups that the title shows: they are no news after the first
    passage.
    """
    if weights is None:
        weights = weights_of(marks)
    if _compiled:
        return [Extent(*row) for row in _compiled.best(text, list(marks), limit, weights, headings, titled)]
    return chosen_passages(text, marks, limit, weights, headings, titled)


def chosen_passages(
    text: str,
    marks: Sequence[Mark],
    limit: int,
    weights: Mapping[int, float],
    headings: Iterable[Span],
    titled: Collection[int],
) -> list[Extent]:
    """What `best_passages` promises, without the kernel."""
    weights = {mark[2]: weights[mark[2]] for mark in marks}
    considered = thinned(marks)
    windows = distinct(windows_of(text, considered, list(weights)), _TRIED * (limit + 1))
    choice = _Choice(text, marks, considered, weights, in_headings(windows, headings), titled)
    while windows and len(choice.passages) - choice.headings < limit:
        passage = choice.best(windows)
        if passage is None:
            break
        left, right = passage.start, passage.end
        windows = [window for window in windows if right <= window[0] or window[1] <= left]
    return choice.passages


class _Choice:
    """The passages chosen so far, and the words that they show."""

    def __init__(
        self,
        text: str,
        marks: Sequence[Mark],
        considered: Sequence[Mark],
        weights: Mapping[int, float],
        in_headings: frozenset[int],
        titled: Collection[int],
    ) -> None:
        self._text = text
        self._marks = marks
        self._considered = considered
        self._weights = weights
        self._in_headings = in_headings
        self._titled = titled
        self._shown: set[int] = set()
        self._in_passages: set[int] = set()
        self._named: set[int] = set()
        self.headings = 0
        self._texts: set[str] = set()
        self._laid: dict[tuple[int, int], Sequence[_Layout]] = {}
        self.passages: list[Extent] = []

    def best(self, windows: Sequence[Window]) -> Extent | None:
        """Adds the passage that is worth most, and returns it; None if none is worth showing."""
        best: Extent | None = None
        most, is_heading = 0.0, False
        for bound, window in self._by_worth(windows):
            if best and bound <= most:
                break
            in_heading = window[0] in self._in_headings
            shown = self._shown | self._named if in_heading else self._shown
            for extent, factor, counts in self._layouts(window):
                worth = factor * self._worth(counts, shown)
                if worth > most and not self._is_repeated(extent):
                    best, most, is_heading = extent, worth, in_heading
        return self._taken(best, is_heading=is_heading) if best else None

    def _taken(self, extent: Extent, *, is_heading: bool) -> Extent | None:
        start, end, *_ = extent
        groups = {mark[2] for mark in marks_within(self._marks, start, end)}
        shown = self._shown | self._named if is_heading else self._shown
        is_cut = extent.cut_start or extent.cut_end
        if not groups - shown and (is_heading or is_cut or not self._has_weightiest(groups)):
            return None
        self._texts.add(self._text[start:end])
        if is_heading:
            self._named |= groups
            self.headings += 1
        else:
            self._shown.update(groups, self._titled)
            self._in_passages |= groups
        self.passages.append(extent)
        near = range(start - _FAR, end + _FAR)
        self._laid = {place: layouts for place, layouts in self._laid.items() if place[0] not in near}
        return extent

    def _is_repeated(self, extent: Extent) -> bool:
        """Whether a passage shows the same, or a sentence of it, or the other way round."""
        if self._text[extent.start : extent.end] in self._texts:
            return True
        return any(
            _has_sentence_of(self._text, *pair) for each in self.passages for pair in permutations((extent, each))
        )

    def _has_weightiest(self, groups: set[int]) -> bool:
        """Whether one of the groups weighs as much as any that a passage shows."""
        shown = max(map(self._weights.__getitem__, self._in_passages), default=0.0)
        return max(map(self._weights.__getitem__, groups)) >= shown

    def _by_worth(self, windows: Sequence[Window]) -> Iterable[tuple[float, Window]]:
        """The first windows by falling worth, then by place; none that begins inside one before."""
        worths = worths_of(windows, self._weights, self._shown)
        ranked = [(-worths[window[4]], window) for window in windows]
        if self._in_headings:
            named = worths_of(windows, self._weights, self._shown | self._named)
            for index, window in enumerate(windows):
                if window[0] in self._in_headings:
                    ranked[index] = -IN_HEADING * named[window[4]], window
        heapify(ranked)
        before = -1, -1
        for _ in range(min(_TRIED, len(ranked))):
            worth, window = heappop(ranked)
            if not before[0] < window[0] < before[1]:
                yield -worth, window
                before = window[0], window[1]

    def _layouts(self, window: Window) -> Sequence[_Layout]:
        place = window[0], window[2]
        layouts = self._laid.get(place)
        if layouts is None:
            layouts = self._laid[place] = tuple(self._laid_out(window))
        return layouts

    def _laid_out(self, window: Window) -> Iterator[_Layout]:
        """The pieces of the text that may show a window."""
        text, (start, end, first, *_) = self._text, window
        block, room = self._room(start, end)
        factor = IN_HEADING if start in self._in_headings else 1.0
        left, right = sentence_start(text, start, block[0]), sentence_end(text, self._considered[first][1], block[1])
        left = None if left is None or left < room[0] else left
        right = None if right is None or right > room[1] else right
        fits = left is not None and right is not None and right - left <= MAX_LENGTH
        if left is not None and right is not None and fits:
            extent = filled(text, left, right, block, room)
            yield self._layout(extent, factor)
            if extent != Extent(left, right):
                yield self._layout(Extent(left, right), factor)
            if extent.end >= end:
                return
        yield self._layout(torn(text, start, end, block, room, (left, right)), factor * (CUT if fits else LONG))

    def _room(self, start: int, end: int) -> tuple[Span, Span]:
        """The block around a window, and what of it no other passage shows."""
        floor, ceiling = _block(self._text, start)
        lowest, highest = floor, ceiling = floor, max(ceiling, end)
        for other in self.passages:
            if other.end <= start:
                lowest = max(lowest, other.end)
            elif other.start >= end:
                highest = min(highest, other.start)
        skipped = (self._without_space(place, start) for place in (floor, lowest))
        return (next(skipped), ceiling), (next(skipped), highest)

    def _without_space(self, place: int, end: int) -> int:
        while place < end and self._text[place].isspace():
            place += 1
        return place

    def _layout(self, extent: Extent, factor: float) -> _Layout:
        counts: dict[int, int] = {}
        for mark in marks_within(self._marks, extent.start, extent.end):
            counts[mark[2]] = counts.get(mark[2], 0) + 1
        return extent, factor, tuple(counts.items())

    def _worth(self, counts: Iterable[tuple[int, int]], shown: set[int]) -> float:
        worth = 0.0
        for group, count in counts:
            weight = self._weights[group] * SEEN if group in shown else self._weights[group]
            worth += weight * REPEATED[min(count, COUNTED) - 1]
        return worth


def _has_sentence_of(text: str, extent: Extent, other: Extent) -> bool:
    """Whether a sentence of one passage stands within the other; every white space is the same as any other."""
    shown = _SPACE.sub(" ", text[other.start : other.end])
    start = extent.start
    while start < extent.end:
        found = sentence_end(text, start, extent.end)
        end = extent.end if found is None else max(found, start + 1)
        if end - start >= LEAST_REPEATED and _SPACE.sub(" ", text[start:end]) in shown:
            return True
        start = end
        while start < extent.end and text[start].isspace():
            start += 1
    return False


def marks_within(marks: Sequence[Mark], start: int, end: int) -> list[Mark]:
    """The marks that are completely between `start` and `end`; `marks` must be ordered by position."""
    near = marks[bisect_left(marks, (start,)) : bisect_left(marks, (end,))]
    return [mark for mark in near if mark[1] <= end]


def _block(text: str, place: int) -> tuple[int, int]:
    """Start and end of the paragraph or heading around `place`; blank lines separate them."""
    start = text.rfind("\n\n", 0, place)
    return 0 if start < 0 else start + 2, block_end(text, place)
