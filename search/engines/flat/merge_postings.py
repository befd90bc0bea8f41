"""Merging postings: of each word the slices of the parts, one after the other, articles numbered anew.

Words are taken some at a time. Those with few postings are scattered into place together; one with many is copied
through, part by part. So no step is taken for each posting, and none needs more memory than a slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.engines.flat.merge_parts import SLICE, Array, Part, Sink, slices, starts_of
from search.engines.flat.merge_words import Left
from search.schema import TEXT_FIELDS

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """What one part gives to a field: those of its rows (words of the field) of which something is left.

    `places`: where their words stand among the words of the result; `postings`, `positions`: how many are left.
    """

    part: Part
    field: str
    rows: Numbers
    places: Numbers
    postings: Numbers
    positions: Numbers

    def array(self, name: str) -> Array:
        return self.part.array(f"{self.field}.{name}")

    def docs_of(self, first: int, last: int) -> Iterator[Array]:
        """The articles in the rows of the part from `first` to before `last`, as they are numbered in the result."""
        docs, starts = self.array("docs"), self.array("starts")
        for begin, end in _pieces(starts, first, last, SLICE):
            some = docs[begin:end]
            yield (
                some + self.part.renumbered[0] if self.part.whole else self.part.renumbered[some[self.part.live[some]]]
            )

    def counts_of(self, first: int, last: int) -> Iterator[Array]:
        """How often the word stands in each of these articles."""
        counts, docs, starts = self.array("counts"), self.array("docs"), self.array("starts")
        for begin, end in _pieces(starts, first, last, SLICE):
            some = counts[begin:end]
            yield some if self.part.whole else some[self.part.live[docs[begin:end]]]

    def positions_of(self, first: int, last: int) -> Iterator[Array]:
        """Where it stands in each of them."""
        positions, starts = self.array("positions"), self.array("position_starts")
        if self.part.whole:
            yield from (positions[begin:end] for begin, end in _pieces(starts, first, last, SLICE))
            return
        docs, counts = self.array("docs"), self.array("counts")
        at = int(starts[first])
        for begin, end in _pieces(self.array("starts"), first, last, SLICE // 16):
            some = counts[begin:end]
            until = at + int(some.sum(dtype=np.int64))
            yield positions[at:until][np.repeat(self.part.live[docs[begin:end]], some)]
            at = until


def _pieces(starts: Array, first: int, last: int, most: int) -> Iterator[tuple[int, int]]:
    begin, end = int(starts[first]), int(starts[last])
    for piece in range(begin, end, most):
        yield piece, min(piece + most, end)


def merge_postings(parts: Sequence[Part], left: Sequence[Left], numbers: Sequence[Numbers], sink: Sink) -> None:
    """Writes the postings of every text field; `numbers` are those of the words of each part in the result."""
    for field in TEXT_FIELDS:
        _merge_field(field, parts, left, numbers, sink)


def _merge_field(
    field: str, parts: Sequence[Part], left: Sequence[Left], numbers: Sequence[Numbers], sink: Sink
) -> None:
    words, sources = _rows_of_field(field, parts, left, numbers)
    postings, positions = np.zeros(len(words), np.int64), np.zeros(len(words), np.int64)
    for own in sources:
        postings[own.places] += own.postings
        positions[own.places] += own.positions
    starts, position_starts = starts_of(postings), starts_of(positions)
    sink.put(f"{field}.words", words.astype(np.uint32))
    sink.put(f"{field}.starts", starts)
    docs = interleaved(sources, starts, lambda own: own.postings, Rows.docs_of, np.dtype(np.uint32))
    sink.write(f"{field}.docs", np.uint32, docs)
    kind = widest(sources, "counts")
    sink.write(f"{field}.counts", kind, interleaved(sources, starts, lambda own: own.postings, Rows.counts_of, kind))
    sink.put(f"{field}.position_starts", position_starts)
    kind = widest(sources, "positions")
    sink.write(
        f"{field}.positions",
        kind,
        interleaved(sources, position_starts, lambda own: own.positions, Rows.positions_of, kind),
    )


def _rows_of_field(
    field: str, parts: Sequence[Part], left: Sequence[Left], numbers: Sequence[Numbers]
) -> tuple[Numbers, list[Rows]]:
    """The words of the field in the result, and what each part gives to them."""
    rows = [np.flatnonzero(rest.fields[field].postings) for rest in left]
    words = [number[part.array(f"{field}.words")[own]] for part, number, own in zip(parts, numbers, rows, strict=True)]
    united = np.unique(np.concatenate(words))
    return united, [
        Rows(
            part=part,
            field=field,
            rows=own,
            places=np.searchsorted(united, number),
            postings=rest.fields[field].postings[own],
            positions=rest.fields[field].positions[own],
        )
        for part, rest, own, number in zip(parts, left, rows, words, strict=True)
    ]


def widest(sources: Sequence[Rows], name: str) -> np.dtype[np.unsignedinteger]:
    return max((own.array(name).dtype for own in sources), key=lambda kind: kind.itemsize)


def interleaved(
    sources: Sequence[Rows],
    starts: Array,
    sizes: Callable[[Rows], Numbers],
    read: Callable[[Rows, int, int], Iterator[Array]],
    kind: np.dtype[np.unsignedinteger],
) -> Iterator[Array]:
    """The items of each word of the result, of the first part, of the second, and so on."""
    for begin, end in slices(starts):
        taken = [(own, *np.searchsorted(own.places, [begin, end]).tolist()) for own in sources]
        taken = [(own, first, last) for own, first, last in taken if first < last]
        if len(taken) == 1 or end - begin == 1:
            for own, first, last in taken:
                yield from read(own, int(own.rows[first]), int(own.rows[last - 1]) + 1)
            continue
        at = (starts[begin:end] - starts[begin]).astype(np.int64)
        items = np.empty(int(starts[end] - starts[begin]), kind)
        for own, first, last in taken:
            places, size = own.places[first:last] - begin, sizes(own)[first:last]
            target = np.repeat(at[places] - (np.cumsum(size) - size), size)
            target += np.arange(len(target))
            items[target] = np.concatenate(list(read(own, int(own.rows[first]), int(own.rows[last - 1]) + 1)))
            at[places] += size
        yield items
