"""The positions of a phrase's terms, side by side: articles that have all terms, one behind the other in one array.

Every position of these articles is a *slot* of the block, and each term has one byte for every slot. So terms that
follow each other in a text are bytes that follow each other in the block, whichever article they are in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.arrays import Array, Docs, Ints, expand_ranges, intersect, union
from search.engines.disk.reading.segments import FieldPostings

Levels = NDArray[np.uint8]
"""How well a term matches, for each of some slots: EXACT as it is spelled, FORM in another form, 0 not at all."""

EXACT: Final = 2
FORM: Final = 1

_SLOTS: Final = 1 << 21
"""About how many slots a block has."""
_MOST_OF_ALL: Final = 4
"""If each term occurs in at least one in this many articles, blocks hold all articles: choosing some would take
longer."""
_SPARSE: Final = 16
"""If terms occur in fewer than one in this many slots, the slots between them are closed up."""
_MANY: Final = 1 << 23
"""Smaller blocks are not worth closing up; larger ones come only from fields with many values, far apart."""


@dataclass(frozen=True, slots=True, eq=False)
class PhraseTerm:
    """One term of a phrase in one field: the rows of its words in the field's postings, each with its level, and in how
    many articles they occur at most."""

    rows: tuple[tuple[int, int], ...]
    max_docs: int


@dataclass(frozen=True, slots=True, eq=False)
class PositionBlock:
    """Some articles side by side: article i begins at slot `starts[i]`. There are `size` slots; before the first
    article and behind each there is a gap without a term. `slots` has for each term those of its words, with their
    levels.
    """

    docs: Docs
    starts: Ints
    size: int
    slots: tuple[tuple[tuple[Ints, int], ...], ...]

    def owners(self, slots: Ints) -> Ints:
        """The indices in `docs` of the articles that some slots belong to."""
        return np.searchsorted(self.starts, slots, "right") - 1

    def levels(self, term: int) -> Levels:
        """The level of a term at every slot."""
        levels = np.zeros(self.size, np.uint8)
        for slots, level in sorted(self.slots[term], key=lambda word: word[1]):
            levels[slots] = level
        return levels

    def count(self, term: int) -> int:
        """How often a term occurs in the block."""
        return sum(len(slots) for slots, _ in self.slots[term])


class _Cursor:
    """Reads the postings of one word on and on: next is posting `at`, whose positions begin at `ahead`."""

    def __init__(self, postings: FieldPostings, row: int) -> None:
        extent = postings.extent(row)
        self._postings = postings
        self._at = extent.start
        self._end = extent.stop
        self._ahead = int(postings.position_starts[row])

    def read(self, docs: Docs, *, gapless: bool) -> _Positions:
        """The positions in the next articles, ascending; `gapless`: no article is ever left out."""
        postings = self._postings
        until = self._at + int(np.searchsorted(postings.docs[self._at : self._end], docs[-1], "right"))
        own, counts = postings.docs[self._at : until], postings.counts[self._at : until]
        ends = np.cumsum(counts, dtype=np.int64)
        ahead, read = self._ahead, int(ends[-1]) if len(ends) else 0
        self._at, self._ahead = until, ahead + read
        if gapless:
            return _Positions((own - docs[0]).astype(np.intp), counts, ends, postings.positions[ahead : ahead + read])
        chosen, owners = intersect(own, docs)
        if len(chosen) == len(own):
            return _Positions(owners, counts, ends, postings.positions[ahead : ahead + read])
        sizes = counts[chosen]
        at = expand_ranges(ahead + ends[chosen] - sizes, sizes, len(postings.positions))
        return _Positions(owners, sizes, np.cumsum(sizes, dtype=np.int64), postings.positions[at])


@dataclass(frozen=True, slots=True, eq=False)
class _Positions:
    """The positions of one word in those of some articles that have it: `sizes[i]` of them in article `owners[i]`,
    ending before `ends[i]`."""

    owners: Ints
    sizes: Array
    ends: Ints
    positions: Array

    def last(self) -> Ints:
        """The last position in each article."""
        return self.positions[self.ends - 1].astype(np.int64)

    def slots(self, starts: Ints) -> Ints:
        """The same positions as slots of a block whose articles begin at these slots."""
        slots = np.repeat(starts[self.owners], self.sizes)
        slots += self.positions
        return slots


def _docs_with_all(postings: FieldPostings, terms: Sequence[PhraseTerm]) -> Docs:
    """The articles that have all of the terms in the field, ascending."""
    rarest, *others = sorted(terms, key=lambda term: term.max_docs)
    docs = union([postings.docs[postings.extent(row)] for row, _ in rarest.rows])
    for term in others:
        held = np.zeros(len(docs), np.bool_)
        for row, _ in term.rows:
            held[intersect(postings.docs[postings.extent(row)], docs)[1]] = True
        docs = docs[held]
    return docs


def positions_to_read(postings: FieldPostings, terms: Sequence[PhraseTerm]) -> tuple[Docs, Ints]:
    """The articles that have all of the terms, ascending, and how many positions the terms have in each."""
    docs = _docs_with_all(postings, terms)
    found = np.zeros(len(docs), np.int64)
    for term in terms:
        for row, _ in term.rows:
            extent = postings.extent(row)
            chosen, at = intersect(postings.docs[extent], docs)
            found[at] += postings.counts[extent][chosen]
    return docs, found


def position_blocks(
    postings: FieldPostings, terms: Sequence[PhraseTerm], lengths: NDArray[np.uint32], gap: int
) -> Iterator[PositionBlock]:
    """Blocks of the articles that have all of the terms, perhaps among others, with `gap` free slots behind each.

    `lengths` are those of the field in all articles of the segment, in tokens.
    """
    cursors = {row: _Cursor(postings, row) for term in terms for row, _ in term.rows}
    gapless = min(term.max_docs for term in terms) * _MOST_OF_ALL >= len(lengths)
    docs = np.arange(len(lengths), dtype=np.uint32) if gapless else _docs_with_all(postings, terms)
    before = np.cumsum(lengths[docs] + np.int64(gap))
    first = 0
    while first < len(docs):
        done = int(before[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(before, done + _SLOTS, "right")))
        some = docs[first:last]
        found = {row: cursor.read(some, gapless=gapless) for row, cursor in cursors.items()}
        yield _block(some, terms, found, gap)
        first = last


def _block(docs: Docs, terms: Sequence[PhraseTerm], found: Mapping[int, _Positions], gap: int) -> PositionBlock:
    extents = np.zeros(len(docs), np.int64)
    for own in found.values():
        extents[own.owners] = np.maximum(extents[own.owners], own.last() + 1)
    ends = np.cumsum(extents + gap) + gap
    size = int(ends[-1])
    starts = ends - extents - gap
    slots = {row: own.slots(starts) for row, own in found.items()}
    if size > max(_MANY, _SPARSE * sum(map(len, slots.values()))):
        slots, starts, size = _closed_up(slots, starts, gap)
    return PositionBlock(
        docs, starts, size, tuple(tuple((slots[row], level) for row, level in term.rows) for term in terms)
    )


def _closed_up(slots: Mapping[int, Ints], starts: Ints, gap: int) -> tuple[dict[int, Ints], Ints, int]:
    """The same slots, starts and size with no more than `gap` slots between one occurrence and the next."""
    used = np.unique(np.concatenate(list(slots.values())))
    moved = gap + np.concatenate((np.zeros(1, np.int64), np.cumsum(np.minimum(np.diff(used), gap))))
    closer: dict[int, Ints] = {row: moved[np.searchsorted(used, own)] for row, own in slots.items()}
    size = int(moved[-1]) + 1 + gap
    return closer, np.append(moved, size)[np.searchsorted(used, starts)], size
