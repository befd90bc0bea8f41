"""The most frequent of many words over several segments, exactly, though only few of them are looked at.

Every segment names its own most frequent candidates; what none of them named cannot stand in more articles than the
last named ones together (Fagin's threshold, "Combining fuzzy information from multiple systems", 1996).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.engines.conventions import Deadline
from search.engines.disk.dictionary import counts
from search.engines.disk.dictionary.wildcards import Numbers
from search.engines.disk.evaluation.places import TimeIsUp
from search.engines.disk.reading.snapshot import LiveSegment

ABSENT: Final = -1
"""Stands for the number of a word in a segment that does not have it."""
_FEWEST: Final = 64
"""Words that are looked at in one step at least."""

Bounds = tuple[Numbers, Numbers]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Words in order: `numbers[word, segment]`, and in how many articles each stands at least and at most.
    `unseen` is what any other candidate has at most."""

    numbers: NDArray[np.int64]
    least: Numbers
    most: Numbers
    unseen: int = 0


class WordCounter:
    """Counts words in the articles of some segments that are not deleted, in any of some fields.

    Words are rows of numbers, one for each segment: the surface's there, or ABSENT. Raises TimeIsUp.
    """

    def __init__(self, parts: Sequence[LiveSegment], fields: Collection[str], deadline: Deadline) -> None:
        self._parts = parts
        self._fields = fields
        self._deadline = deadline

    def names(self, numbers: NDArray[np.int64]) -> list[str]:
        """How the words are spelled."""
        found = dict[int, str]()
        for part, column in zip(self._parts, numbers.T, strict=True):
            rows = np.flatnonzero(column != ABSENT)
            found.update(zip(rows.tolist(), part.segment.vocabulary.spellings(column[rows]), strict=True))
        return [found[row] for row in range(len(numbers))]

    def count(self, numbers: NDArray[np.int64]) -> Numbers:
        """In how many articles each word stands."""
        total = np.zeros(len(numbers), np.int64)
        for part, column in zip(self._parts, numbers.T, strict=True):
            self._require_time()
            there = column != ABSENT
            total[there] += counts.exact(part, column[there], self._fields)
        return total

    def most_frequent(self, candidates: Sequence[Numbers], limit: int) -> tuple[NDArray[np.int64], bool]:
        """The words that stand in most articles, of equal ones the first, in no order; and whether others stand in any.
        `candidates` are surfaces of each segment, rising; a spelling is among those of all segments or of none."""
        bounds = self._bounds(candidates)
        size = max(2 * limit, _FEWEST)
        while True:
            self._require_time()
            seen = self._look(candidates, bounds, size)
            rows = self._settle(seen, limit)
            others = self._others(seen, rows)
            if not seen.unseen or (others and seen.least[rows].min() > seen.unseen):
                return seen.numbers[rows], others
            size *= 4

    def _bounds(self, candidates: Sequence[Numbers]) -> list[Bounds]:
        found = []
        for part, numbers in zip(self._parts, candidates, strict=True):
            self._require_time()
            found.append(counts.bounds(part, numbers, self._fields))
        return found

    def _look(self, candidates: Sequence[Numbers], bounds: Sequence[Bounds], size: int) -> _Seen:
        if len(candidates) == 1:
            return _Seen(candidates[0][:, np.newaxis], bounds[0][0].copy(), bounds[0][1].copy())
        tops = [_highest(most, size) for _, most in bounds]
        columns = [
            dict(zip(part.segment.vocabulary.spellings(numbers[top]), numbers[top].tolist(), strict=True))
            for part, numbers, top in zip(self._parts, candidates, tops, strict=True)
        ]
        names = sorted(set().union(*columns))
        numbers = np.full((len(names), len(columns)), ABSENT, np.int64)
        least, most = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
        for at, (part, column, own, bound) in enumerate(zip(self._parts, columns, candidates, bounds, strict=True)):
            if len(column) < len(own):
                missing = [name for name in names if name not in column]
                found = part.segment.vocabulary.surface_numbers(missing)
                column.update((name, number) for name, number in zip(missing, found, strict=True) if number is not None)
            numbers[:, at] = [column.get(name, ABSENT) for name in names]
            there = numbers[:, at] != ABSENT
            places = np.searchsorted(own, numbers[there, at])
            least[there] += bound[0][places]
            most[there] += bound[1][places]
        unseen = sum(int(np.delete(bound[1], top).max(initial=0)) for bound, top in zip(bounds, tops, strict=True))
        return _Seen(numbers, least, most, unseen)

    def _settle(self, seen: _Seen, limit: int) -> Numbers:
        """The rows that have most; exact counts are made only of those that might or might not be among them."""
        least, most = seen.least, seen.most
        while True:
            floor = _nth_highest(least, limit)
            ceiling = _nth_highest(most, limit + 1)
            open_ = np.flatnonzero((least < most) & (most >= floor) & (least <= ceiling))
            if not len(open_):
                return np.sort(np.lexsort((np.arange(len(most)), -most))[:limit])
            self._make_exact(seen, open_[_highest(most[open_], max(limit, _FEWEST))])

    def _make_exact(self, seen: _Seen, rows: Numbers) -> None:
        seen.least[rows] = seen.most[rows] = self.count(seen.numbers[rows])

    def _others(self, seen: _Seen, rows: Numbers) -> bool:
        """Whether a word besides these rows stands in any article."""
        rest = np.ones(len(seen.most), np.bool_)
        rest[rows] = False
        while not (seen.least[rest] > 0).any():
            open_ = np.flatnonzero(rest & (seen.most > 0))
            if not len(open_):
                return False
            self._make_exact(seen, open_[_highest(seen.most[open_], _FEWEST)])
        return True

    def _require_time(self) -> None:
        if self._deadline.passed():
            raise TimeIsUp


def _highest(values: Numbers, count: int) -> Numbers:
    """The places of the highest values, rising."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.sort(np.argpartition(values, -count)[-count:])


def _nth_highest(values: Numbers, nth: int) -> int:
    """The value that as many are at least as high as; below all if there are fewer."""
    return int(np.partition(values, -nth)[-nth]) if 0 < nth <= len(values) else -1
