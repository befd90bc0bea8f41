"""Chooses the passages of a text to show: short, of whole sentences where they fit, each for what it adds."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop
from itertools import accumulate
from math import log
from typing import Final

from search.highlight.characters import classes_of
from search.highlight.layout import MAX_LENGTH, Extent, filled, torn
from search.highlight.marking import Mark, Span, block_end
from search.highlight.sentences import BEFORE, BEHIND, MAX_SENTENCE, TITLES, sentence_end, sentence_start
from search.native import kernel

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

CUT: Final = 0.45
"""The factor for a passage that cuts sentences which would fit by themselves: two words near each other are not worth
two torn sentences, since each can have a passage of its own."""

LONG: Final = 0.8
"""The factor for a piece of a sentence that is longer than a passage: a whole sentence with as much is better."""

IN_HEADING: Final = 0.5
"""The factor for a match in a heading: what stands under it has to be shown in its place."""

_TRIED: Final = 6
"""Windows that are laid out as passages before the best of them is taken."""


_Window = tuple[int, int, int, int, int]
"""Start and end in characters, the marks inside as a range of indexes, and the number of marks of each group, packed:
`_BITS` bits for each group, counted up to _COUNTED."""

_Layout = tuple[Extent, float, tuple[tuple[int, int], ...]]
"""A piece of the text that may show a window, the factor of its worth, and how many marks of each group it has."""

_FAR: Final = 2 * MAX_SENTENCE + MAX_LENGTH
"""Characters beyond which a passage has no influence on where another begins and ends."""

_BITS: Final = 3
_ALL_BITS: Final = (1 << _BITS) - 1
_COUNTED: Final = 1 + MAX_REPEATS

_REPEATED: Final = tuple(1.0 + REPEAT * repeats for repeats in range(_COUNTED))
"""What one match of a word is worth, two, three... as a factor of the word's weight."""


_RULES: Final = (
    (REACH, MAX_MARKS_PER_GROUP, _TRIED, MAX_LENGTH, MAX_SENTENCE, BEHIND, BEFORE),
    (SEEN, CUT, LONG, IN_HEADING),
)
_compiled: Final = kernel.PassageChooser(classes_of, tuple(TITLES), _REPEATED, *_RULES) if kernel else None


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
    unless it has the weightiest of those shown.
    A passage in a heading is one more, and does not count as showing its words: what stands under it may show them too.
    `marks` must be ordered by position, and their groups numbered below 65,536. `weights` says how much each group is
    worth, such as by its rarity in the archive; without, groups that are rare in this text weigh more. `headings` are
    the places of headings, in order. `titled` are the groups that the title shows: they are no news after the first
    passage.
    """
    if weights is None:
        weights = _weights(marks)
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
    considered = _thinned(marks)
    windows = _distinct(_windows(text, considered, list(weights)), _TRIED * (limit + 1))
    choice = _Choice(text, marks, considered, weights, _in_headings(windows, headings), titled)
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

    def best(self, windows: Sequence[_Window]) -> Extent | None:
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
                if worth > most and self._text[extent.start : extent.end] not in self._texts:
                    best, most, is_heading = extent, worth, in_heading
        return self._taken(best, is_heading=is_heading) if best else None

    def _taken(self, extent: Extent, *, is_heading: bool) -> Extent | None:
        start, end, *_ = extent
        groups = {mark[2] for mark in marks_within(self._marks, start, end)}
        shown = self._shown | self._named if is_heading else self._shown
        if not groups - shown and (is_heading or not self._has_weightiest(groups)):
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

    def _has_weightiest(self, groups: set[int]) -> bool:
        """Whether one of the groups weighs as much as any that a passage shows."""
        shown = max(map(self._weights.__getitem__, self._in_passages), default=0.0)
        return max(map(self._weights.__getitem__, groups)) >= shown

    def _by_worth(self, windows: Sequence[_Window]) -> Iterable[tuple[float, _Window]]:
        """The first windows by falling worth, then by place; none that begins inside one before."""
        worths = _worths(windows, self._weights, self._shown)
        ranked = [(-worths[window[4]], window) for window in windows]
        if self._in_headings:
            named = _worths(windows, self._weights, self._shown | self._named)
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

    def _layouts(self, window: _Window) -> Sequence[_Layout]:
        place = window[0], window[2]
        layouts = self._laid.get(place)
        if layouts is None:
            layouts = self._laid[place] = tuple(self._laid_out(window))
        return layouts

    def _laid_out(self, window: _Window) -> Iterator[_Layout]:
        """The pieces of the text that may show a window."""
        text, (start, end, first, *_) = self._text, window
        floor, ceiling = self._room(start, end)
        factor = IN_HEADING if start in self._in_headings else 1.0
        left, right = sentence_start(text, start, floor), sentence_end(text, self._considered[first][1], ceiling)
        fits = left is not None and right is not None and right - left <= MAX_LENGTH
        if left is not None and right is not None and fits:
            layout = self._layout(filled(text, left, right, floor, ceiling), factor)
            yield layout
            if layout[0].end >= end:
                return
        yield self._layout(torn(text, start, end, (floor, ceiling), (left, right)), factor * (CUT if fits else LONG))

    def _room(self, start: int, end: int) -> Span:
        """The block around a window, without what other passages show."""
        floor, ceiling = _block(self._text, start)
        ceiling = max(ceiling, end)
        for other in self.passages:
            if other.end <= start:
                floor = max(floor, other.end)
            elif other.start >= end:
                ceiling = min(ceiling, other.start)
        while floor < start and self._text[floor].isspace():
            floor += 1
        return floor, ceiling

    def _layout(self, extent: Extent, factor: float) -> _Layout:
        counts: dict[int, int] = {}
        for mark in marks_within(self._marks, extent.start, extent.end):
            counts[mark[2]] = counts.get(mark[2], 0) + 1
        return extent, factor, tuple(counts.items())

    def _worth(self, counts: Iterable[tuple[int, int]], shown: set[int]) -> float:
        worth = 0.0
        for group, count in counts:
            weight = self._weights[group] * SEEN if group in shown else self._weights[group]
            worth += weight * _REPEATED[min(count, _COUNTED) - 1]
        return worth


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
            if counts[kind] <= _COUNTED:
                packed += units[kind]
            after += 1
        windows.append((start, furthest[after - 1], first, after, packed))
        kind = kinds[first]
        if counts[kind] <= _COUNTED:
            packed -= units[kind]
        counts[kind] -= 1
    return windows


def _distinct(windows: Sequence[_Window], limit: int) -> list[_Window]:
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


def _in_headings(windows: Sequence[_Window], headings: Iterable[Span]) -> frozenset[int]:
    """The starts of those windows that begin in a heading."""
    starts = [window[0] for window in windows]
    found: set[int] = set()
    for start, end in headings:
        found.update(starts[bisect_left(starts, start) : bisect_left(starts, end)])
    return frozenset(found)


def _worths(windows: Sequence[_Window], weights: Mapping[int, float], shown: set[int]) -> dict[int, float]:
    """The worth of every distinct packed count of marks."""
    tables = []
    for group, weight in weights.items():
        weight *= SEEN if group in shown else 1.0
        tables.append([0.0, *(weight * factor for factor in _REPEATED)])
    worths = {}
    for packed in {window[4] for window in windows}:
        rest, worth = packed, 0.0
        for table in tables:
            worth += table[rest & _ALL_BITS]
            rest >>= _BITS
        worths[packed] = worth
    return worths


def marks_within(marks: Sequence[Mark], start: int, end: int) -> list[Mark]:
    """The marks that are completely between `start` and `end`; `marks` must be ordered by position."""
    near = marks[bisect_left(marks, (start,)) : bisect_left(marks, (end,))]
    return [mark for mark in near if mark[1] <= end]


def _block(text: str, place: int) -> tuple[int, int]:
    """Start and end of the paragraph or heading around `place`; blank lines separate them."""
    start = text.rfind("\n\n", 0, place)
    return 0 if start < 0 else start + 2, block_end(text, place)
