"""Document frequencies of spellings, and the most frequent of many, exactly, although only few of them are counted.

Every segment names its own most frequent candidates. A spelling that none has named occurs in no more articles than the
last ones named have together (Fagin's threshold, "Combining fuzzy information from multiple systems", 1996).

A segment stores in how many of its articles each surface occurs in title, headings, summary or body. That gives bounds;
for exact numbers in other fields, or where articles have been deleted, postings have to be read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.engines.conventions import WORD_FIELDS, Deadline
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.format.arrays import Ints, expand_ranges
from search.engines.disk.reading.segments import ABSENT, FieldPostings
from search.engines.disk.reading.snapshot import LiveSegment

_FEWEST: Final = 64
"""Spellings counted in one step, at least."""

Bounds = tuple[Ints, Ints]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Spellings in order: `numbers[spelling, segment]`, with bounds for the document frequency of each. No other
    candidate exceeds `unseen`."""

    numbers: NDArray[np.int64]
    least: Ints
    most: Ints
    unseen: int = 0


class SpellingCounter:
    """Counts the live articles of some segments that have a spelling in any of some fields.

    A spelling is a row with a number for each segment: that of the surface there, or ABSENT. Raises TimeIsUp.
    """

    def __init__(self, parts: Sequence[LiveSegment], fields: Collection[str], deadline: Deadline) -> None:
        self._parts = parts
        self._fields = fields
        self._deadline = deadline

    def names(self, numbers: NDArray[np.int64]) -> list[str]:
        """The spellings as text."""
        found = dict[int, str]()
        for part, column in zip(self._parts, numbers.T, strict=True):
            rows = np.flatnonzero(column != ABSENT)
            found.update(zip(rows.tolist(), part.segment.vocabulary.spellings(column[rows]), strict=True))
        return [found[row] for row in range(len(numbers))]

    def count(self, numbers: NDArray[np.int64]) -> Ints:
        """The document frequency of each spelling."""
        total = np.zeros(len(numbers), np.int64)
        for part, column in zip(self._parts, numbers.T, strict=True):
            self._require_time()
            there = column != ABSENT
            total[there] += exact(part, column[there], self._fields)
        return total

    def most_frequent(self, candidates: Sequence[Ints], limit: int) -> tuple[NDArray[np.int64], bool]:
        """The `limit` spellings with the highest document frequencies, of ties the first, in no order; and whether any
        other occurs at all. `candidates` are surfaces of each segment, ascending; a spelling is a candidate in all
        segments that have it or in none."""
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

    def _bounds(self, candidates: Sequence[Ints]) -> list[Bounds]:
        found = []
        for part, numbers in zip(self._parts, candidates, strict=True):
            self._require_time()
            found.append(bounds(part, numbers, self._fields))
        return found

    def _look(self, candidates: Sequence[Ints], bounds: Sequence[Bounds], size: int) -> _Seen:
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
                found = part.segment.surface_numbers(missing).tolist()
                column.update((name, number) for name, number in zip(missing, found, strict=True) if number != ABSENT)
            numbers[:, at] = [column.get(name, ABSENT) for name in names]
            there = numbers[:, at] != ABSENT
            indices = np.searchsorted(own, numbers[there, at])
            least[there] += bound[0][indices]
            most[there] += bound[1][indices]
        unseen = sum(int(np.delete(bound[1], top).max(initial=0)) for bound, top in zip(bounds, tops, strict=True))
        return _Seen(numbers, least, most, unseen)

    def _settle(self, seen: _Seen, limit: int) -> Ints:
        """The rows of the `limit` most frequent. Only what could go either way is counted exactly."""
        least, most = seen.least, seen.most
        while True:
            floor = _nth_highest(least, limit)
            ceiling = _nth_highest(most, limit + 1)
            open_ = np.flatnonzero((least < most) & (most >= floor) & (least <= ceiling))
            if not len(open_):
                return np.sort(np.lexsort((np.arange(len(most)), -most))[:limit])
            self._make_exact(seen, open_[_highest(most[open_], max(limit, _FEWEST))])

    def _make_exact(self, seen: _Seen, rows: Ints) -> None:
        seen.least[rows] = seen.most[rows] = self.count(seen.numbers[rows])

    def _others(self, seen: _Seen, rows: Ints) -> bool:
        """Whether any spelling besides these rows occurs at all."""
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


def _highest(values: Ints, count: int) -> Ints:
    """The indices of the highest values, ascending."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.sort(np.argpartition(values, -count)[-count:])


def _nth_highest(values: Ints, nth: int) -> int:
    """The nth highest value; -1 if there are fewer."""
    return int(np.partition(values, -nth)[-nth]) if 0 < nth <= len(values) else -1


_STEP: Final = 1 << 20
"""Postings read in one step."""
_LONG: Final = 1 << 12
"""Words with more postings than this are read one by one."""


def bounds(part: LiveSegment, surfaces: Ints, fields: Collection[str]) -> tuple[Ints, Ints]:
    """A lower and an upper bound of how many live articles have each surface in any of the fields."""
    least, most = _in_file(part, surfaces, fields)
    dead = part.segment.size - part.articles
    return np.maximum(least - dead, 0), np.minimum(most, part.articles)


def exact(part: LiveSegment, surfaces: Ints, fields: Collection[str]) -> Ints:
    """How many live articles have each surface in any of the fields."""
    least, most = _in_file(part, surfaces, fields)
    open_ = least < most
    if open_.any():
        least[open_] = _distinct(part, surfaces[open_], fields, part.live)
    if part.articles < part.segment.size:
        known = ~open_ & (least > 0)
        least[known] -= _distinct(part, surfaces[known], fields, ~part.live)
    return least


def _in_file(part: LiveSegment, surfaces: Ints, fields: Collection[str]) -> tuple[Ints, Ints]:
    """The same bounds with deleted articles counted."""
    least = np.zeros(len(surfaces), np.int64)
    most = np.zeros(len(surfaces), np.int64)
    others = set(fields)
    known = part.segment.vocabulary.articles[surfaces].astype(np.int64)
    if others.issuperset(WORD_FIELDS):
        least += known
        most += known
        others.difference_update(WORD_FIELDS)
    words, owners = part.segment.vocabulary.words_of_surfaces(surfaces if others else surfaces[:0])
    for field in others:
        postings = part.segment.field(field)
        rows, found = _rows_of(postings, words)
        lengths = _lengths(postings, rows)
        most += np.bincount(owners[found], lengths, len(surfaces)).astype(np.int64)
        np.maximum.at(least, owners[found], lengths)
    if others.issubset(WORD_FIELDS):
        np.minimum(most, known, out=most)
    return least, most


def _rows_of(postings: FieldPostings, words: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """The rows of the words that a field has, and which of the words these are."""
    rows = np.searchsorted(postings.words, words.astype(np.uint32))
    found = rows < len(postings.words)
    found[found] = postings.words[rows[found]] == words[found]
    return rows[found], found


def _distinct(part: LiveSegment, surfaces: Ints, fields: Collection[str], kept: NDArray[np.bool_]) -> Ints:
    """How many of the articles `kept` have each surface in any of the fields."""
    words, owners = part.segment.vocabulary.words_of_surfaces(surfaces)
    pairs = [np.empty(0, np.int64)]
    for field in fields:
        postings = part.segment.field(field)
        rows, there = _rows_of(postings, words)
        for docs, which in _articles(postings, rows, owners[there]):
            wanted = kept[docs]
            pairs.append(which[wanted] * part.segment.size + docs[wanted])
    found = np.concatenate(pairs)
    found.sort()  # np.unique hashes, which takes ten times as long on as many different numbers
    found = found[np.diff(found, prepend=-1) > 0]
    return np.bincount(found // max(1, part.segment.size), minlength=len(surfaces))


def _articles(postings: FieldPostings, rows: Ints, owners: Ints) -> Iterator[tuple[NDArray[np.uint32], Ints]]:
    """The articles of some rows of a field, each with the owner of its row, some at a time."""
    starts, lengths = postings.starts[rows].astype(np.int64), _lengths(postings, rows)
    long = lengths > _LONG
    for start, length, owner in zip(starts[long].tolist(), lengths[long].tolist(), owners[long], strict=True):
        yield postings.docs[start : start + length], np.broadcast_to(owner, length)
    starts, lengths, owners = starts[~long], lengths[~long], owners[~long]
    steps = np.cumsum(lengths) // _STEP
    for step in np.unique(steps).tolist():
        own = steps == step
        yield (
            postings.docs[expand_ranges(starts[own], lengths[own], len(postings.docs))],
            np.repeat(owners[own], lengths[own]),
        )


def _lengths(postings: FieldPostings, rows: Ints) -> Ints:
    """How many postings each row has."""
    return postings.starts[rows + 1].astype(np.int64) - postings.starts[rows].astype(np.int64)
