"""The articles that a query is evaluated for: all of a snapshot, or the few that can match at all.

What is known of them stands in arrays with one item for each. Those of a frame with all articles take the least time
for each article; those of a small frame take time for few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.engines.whoosh.reading.postings import Docs, Ints
from search.engines.whoosh.reading.snapshot import LiveSegment, Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class FramePart:
    """The share of segment `number`: `docs` as the segment numbers them, None for all of it, and where they stand
    among those of the frame."""

    number: int
    live: LiveSegment
    span: slice
    docs: Docs | None

    def column(self, values: NDArray[Any]) -> NDArray[Any]:
        """Of values of all articles of the segment those of the frame."""
        if self.docs is None:
            return values
        own: NDArray[Any] = values[self.docs]
        return own


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """`docs` are articles by their numbers in the snapshot, rising, none deleted; None are all, with the deleted."""

    docs: Ints | None
    size: int
    parts: tuple[FramePart, ...]

    def numbers(self, places: Ints) -> Ints:
        """The articles at some places of the frame."""
        return places if self.docs is None else self.docs[places]

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
    parts = tuple(FramePart(number, part, part.span, None) for number, part in enumerate(snapshot.segments))
    return Frame(None, snapshot.size, parts)


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
