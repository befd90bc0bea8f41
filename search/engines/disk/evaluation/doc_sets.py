"""The articles that a query is evaluated for: all of a snapshot, a block of them, or the few that can match at all.

Masks and scores are arrays with one item for each article of a doc set. A doc set of all articles costs the least per
article; a doc set of a few costs little altogether. A large archive is evaluated block by block, so that the arrays of
a block stay in the processor's cache from one term of the query to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from search.engines.disk.format.arrays import Array, Docs, Ints, Mask
from search.engines.disk.reading.snapshot import LiveSegment, Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class SegmentDocs:
    """The share of one segment (`number`) in a doc set: `docs` by their ids in the segment, ascending, or if that is
    None all from `first` to before `end`. `span` is where they stand in the arrays of the doc set."""

    number: int
    live: LiveSegment
    span: slice
    docs: Docs | None
    first: int = 0
    end: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether these are all articles of the segment."""
        return self.docs is None and self.end - self.first == self.live.segment.size

    @property
    def bounds(self) -> Docs:
        """`first` and `end`, to be searched for among doc ids."""
        return np.array((self.first, self.end), np.uint32)

    def column(self, values: Array) -> Array:
        """The values of these articles, out of one value for each article of the segment."""
        own: Array = values[self.first : self.end] if self.docs is None else values[self.docs]
        return own


@dataclass(frozen=True, slots=True, eq=False)
class DocSet:
    """Articles by their doc ids in the snapshot, ascending. Either `docs`, of which none is deleted, or if that is None
    all `size` articles from `first` on, deleted ones included. `is_whole`: it has every article of the snapshot."""

    docs: Ints | None
    size: int
    parts: tuple[SegmentDocs, ...]
    first: int = 0
    is_whole: bool = False

    @property
    def span(self) -> slice:
        """The doc ids, where `docs` is None."""
        return slice(self.first, self.first + self.size)

    def numbers(self, indices: Ints) -> Ints:
        """The doc ids at some indices of the doc set."""
        return indices + self.first if self.docs is None else self.docs[indices]

    def of_all(self, values: Array) -> Array:
        """The values of these articles, out of one value for each article of the snapshot."""
        own: Array = values[self.span] if self.docs is None else values[self.docs]
        return own

    def gather(self, dtype: Any, column: Callable[[SegmentDocs], Array]) -> Array:
        """One value for each article, computed segment by segment."""
        found = np.empty(self.size, dtype)
        for part in self.parts:
            found[part.span] = column(part)
        return found

    def chosen(self, mask: Mask) -> Ints:
        """The doc ids where a mask over the doc set is true."""
        return self.numbers(np.flatnonzero(mask))


def all_docs(snapshot: Snapshot) -> DocSet:
    """Every article of a snapshot."""
    return _range(snapshot, 0, snapshot.size)


def blocks(snapshot: Snapshot, size: int) -> Iterator[DocSet]:
    """Every article of a snapshot, `size` at a time."""
    for first in range(0, snapshot.size, size):
        yield _range(snapshot, first, min(first + size, snapshot.size))


def _range(snapshot: Snapshot, first: int, end: int) -> DocSet:
    parts = []
    for number, part in enumerate(snapshot.segments):
        own, last = max(first - part.base, 0), min(end - part.base, part.segment.size)
        if own < last:
            span = slice(part.base + own - first, part.base + last - first)
            parts.append(SegmentDocs(number, part, span, None, own, last))
    return DocSet(None, end - first, tuple(parts), first, is_whole=end - first == snapshot.size)


def doc_set_of(snapshot: Snapshot, docs: Ints) -> DocSet:
    """These articles: doc ids in the snapshot, ascending, none deleted."""
    return DocSet(docs, len(docs), tuple(split_by_segment(snapshot, docs)))


def split_by_segment(snapshot: Snapshot, docs: Ints) -> Iterator[SegmentDocs]:
    """Doc ids of the snapshot, ascending, segment by segment; segments without any are left out."""
    cuts = np.searchsorted(docs, [part.base for part in snapshot.segments]).tolist()
    for number, (first, last) in enumerate(pairwise([*cuts, len(docs)])):
        if first < last:
            part = snapshot.segments[number]
            yield SegmentDocs(number, part, slice(first, last), (docs[first:last] - part.base).astype(np.uint32))
