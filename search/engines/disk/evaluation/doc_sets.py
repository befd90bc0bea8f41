"""The articles that a query is evaluated for: all of a snapshot, or the few that can match at all.

What is known of them stands in arrays with one item for each. Those of a frame with all articles take the least time
for each article; those of a small frame take time for few. A large archive is evaluated tile by tile: the arrays of a
tile stay in the processor's cache, from one word of the query to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.arrays import Docs, Ints
from search.engines.disk.reading.snapshot import LiveSegment, Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class FramePart:
    """The share of segment `number`: `docs` as the segment numbers them, None for all from `first` to before `end`,
    and where they stand among those of the frame."""

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
        """`first` and `end`, to be looked for among articles."""
        return np.array((self.first, self.end), np.uint32)

    def column(self, values: NDArray[Any]) -> NDArray[Any]:
        """Of values of all articles of the segment those of the frame."""
        own: NDArray[Any] = values[self.first : self.end] if self.docs is None else values[self.docs]
        return own


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """`docs` are articles by their numbers in the snapshot, rising, none deleted; None are all from `first` on, with
    the deleted. `is_whole`: it has all articles of the snapshot."""

    docs: Ints | None
    size: int
    parts: tuple[FramePart, ...]
    first: int = 0
    is_whole: bool = False

    @property
    def span(self) -> slice:
        """The numbers of its articles in the snapshot, where `docs` is None."""
        return slice(self.first, self.first + self.size)

    def numbers(self, places: Ints) -> Ints:
        """The articles at some places of the frame."""
        return places + self.first if self.docs is None else self.docs[places]

    def of_all(self, values: NDArray[Any]) -> NDArray[Any]:
        """Of values of all articles of the snapshot those of the frame."""
        own: NDArray[Any] = values[self.span] if self.docs is None else values[self.docs]
        return own

    def gather(self, dtype: Any, column: Callable[[FramePart], NDArray[Any]]) -> NDArray[Any]:
        """One item for each article, part by part."""
        found = np.empty(self.size, dtype)
        for part in self.parts:
            found[part.span] = column(part)
        return found

    def chosen(self, mask: NDArray[np.bool_]) -> Ints:
        """The articles of a mask over the frame."""
        return self.numbers(np.flatnonzero(mask))


def whole_frame(snapshot: Snapshot) -> Frame:
    """All articles."""
    return _range(snapshot, 0, snapshot.size)


def tiles(snapshot: Snapshot, size: int) -> Iterator[Frame]:
    """All articles, so many at a time."""
    for first in range(0, snapshot.size, size):
        yield _range(snapshot, first, min(first + size, snapshot.size))


def _range(snapshot: Snapshot, first: int, end: int) -> Frame:
    parts = []
    for number, part in enumerate(snapshot.segments):
        own, last = max(first - part.base, 0), min(end - part.base, part.segment.size)
        if own < last:
            span = slice(part.base + own - first, part.base + last - first)
            parts.append(FramePart(number, part, span, None, own, last))
    return Frame(None, end - first, tuple(parts), first, is_whole=end - first == snapshot.size)


def frame_of(snapshot: Snapshot, docs: Ints) -> Frame:
    """Some articles."""
    return Frame(docs, len(docs), tuple(divided(snapshot, docs)))


def divided(snapshot: Snapshot, docs: Ints) -> Iterator[FramePart]:
    """Some articles, rising, segment by segment; those without any are left out."""
    cuts = np.searchsorted(docs, [part.base for part in snapshot.segments]).tolist()
    for number, (first, last) in enumerate(pairwise([*cuts, len(docs)])):
        if first < last:
            part = snapshot.segments[number]
            yield FramePart(number, part, slice(first, last), (docs[first:last] - part.base).astype(np.uint32))
