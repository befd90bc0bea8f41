"""Merging postings: for each word the rows of the parts, one after the other, with new doc ids.

Some words are merged at a time. Rows with few postings are scattered to where they belong in one step; a long row is
copied, part by part. So nothing is done posting by posting, and no step needs more memory than a slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.arrays import Array, Ints, distinct, row_ranges, starts_of
from search.engines.disk.format.layout import smallest_type
from search.engines.disk.writing.merge_dictionary import RemainingInField, remaining_in_field, remaining_postings
from search.engines.disk.writing.merge_state import SLICE, MergeInput, Sink
from search.schema import TEXT_FIELDS


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of postings in the sections `name.…` of one part of which anything remains.

    `targets`: their rows in the result; `postings`, `positions`: how many of these remain of each.
    """

    part: MergeInput
    name: str
    rows: NDArray[np.uint32]
    targets: NDArray[np.uint32]
    postings: Array
    positions: Array

    def array(self, name: str) -> Array:
        return self.part.array(f"{self.name}.{name}")

    def docs_of(self, first: int, last: int) -> Iterator[Array]:
        """The new doc ids in the rows of the part from `first` to before `last`."""
        docs, starts = self.array("docs"), self.array("starts")
        for begin, end in _portions(starts, first, last, SLICE):
            some = docs[begin:end]
            if self.part.whole:
                yield some + self.part.renumbered[0]
            else:
                yield self.part.renumbered[some[self.part.live[some]]]

    def counts_of(self, first: int, last: int) -> Iterator[Array]:
        """The counts of these articles."""
        counts, docs, starts = self.array("counts"), self.array("docs"), self.array("starts")
        for begin, end in _portions(starts, first, last, SLICE):
            some = counts[begin:end]
            yield some if self.part.whole else some[self.part.live[docs[begin:end]]]

    def positions_of(self, first: int, last: int) -> Iterator[Array]:
        """The positions in these articles."""
        positions, starts = self.array("positions"), self.array("position_starts")
        if self.part.whole:
            yield from (positions[begin:end] for begin, end in _portions(starts, first, last, SLICE))
            return
        docs, counts = self.array("docs"), self.array("counts")
        at = int(starts[first])
        for begin, end in _portions(self.array("starts"), first, last, SLICE // 16):
            some = counts[begin:end]
            until = at + int(some.sum(dtype=np.int64))
            yield positions[at:until][np.repeat(self.part.live[docs[begin:end]], some)]
            at = until


def _portions(starts: Array, first: int, last: int, most: int) -> Iterator[tuple[int, int]]:
    begin, end = int(starts[first]), int(starts[last])
    for at in range(begin, end, most):
        yield at, min(at + most, end)


def merge_postings(parts: Sequence[MergeInput], numbers: Sequence[Ints], sink: Sink) -> None:
    """Writes the postings of every text field. `numbers` has for each part the new numbers of its words."""
    for field in TEXT_FIELDS:
        _merge_field(field, parts, numbers, sink)
        _merge_compounds(f"{field}.joined", parts, numbers, sink)


def _merge_field(field: str, parts: Sequence[MergeInput], numbers: Sequence[Ints], sink: Sink) -> None:
    keys = [number[part.array(f"{field}.words")] for part, number in zip(parts, numbers, strict=True)]
    words, sources = _merged_rows(field, parts, keys, (remaining_in_field(part, field) for part in parts))
    sink.put(f"{field}.words", words.astype(np.uint32))
    _write_postings(field, len(words), sources, sink)
    sizes = np.zeros(len(words), np.int64)
    for own in sources:
        sizes[own.targets] += own.positions
    starts = starts_of(sizes)
    sink.put(f"{field}.position_starts", starts)
    kind = _widest(sources, "positions")
    positions = _interleaved(sources, starts, lambda own: own.positions, _Rows.positions_of, kind)
    sink.write(f"{field}.positions", kind, positions)


def _merge_compounds(name: str, parts: Sequence[MergeInput], numbers: Sequence[Ints], sink: Sink) -> None:
    keys = [
        number[part.array(f"{name}.words")] << 32 | number[part.array(f"{name}.firsts")]
        for part, number in zip(parts, numbers, strict=True)
    ]
    postings = (remaining_postings(part, name) for part in parts)
    pairs, sources = _merged_rows(name, parts, keys, (RemainingInField(each, each) for each in postings))
    sink.put(f"{name}.words", (pairs >> 32).astype(np.uint32))
    sink.put(f"{name}.firsts", pairs.astype(np.uint32))
    _write_postings(name, len(pairs), sources, sink)


def _merged_rows(
    name: str, parts: Sequence[MergeInput], keys: Sequence[Ints], remaining: Iterable[RemainingInField]
) -> tuple[Ints, list[_Rows]]:
    """The keys of all rows of which anything remains, ascending, and the rows that each part has of them."""
    narrow = [_narrow_rows(rest) for rest in remaining]
    united = distinct(np.concatenate([key[own.rows] for key, own in zip(keys, narrow, strict=True)]))
    return united, [
        _Rows(
            part, name, own.rows, np.searchsorted(united, key[own.rows]).astype(np.uint32), own.postings, own.positions
        )
        for part, own, key in zip(parts, narrow, keys, strict=True)
    ]


class _NarrowRows(NamedTuple):
    rows: NDArray[np.uint32]
    postings: Array
    positions: Array


def _narrow_rows(rest: RemainingInField) -> _NarrowRows:
    rows = np.flatnonzero(rest.postings)
    return _NarrowRows(rows.astype(np.uint32), _narrow(rest.postings[rows]), _narrow(rest.positions[rows]))


def _narrow(values: Ints) -> Array:
    """The same numbers in the smallest type: there are some for every word of every part, all at once."""
    return values.astype(smallest_type(int(values.max(initial=0))))


def _write_postings(name: str, rows: int, sources: Sequence[_Rows], sink: Sink) -> None:
    sizes = np.zeros(rows, np.int64)
    for own in sources:
        sizes[own.targets] += own.postings
    starts = starts_of(sizes)
    sink.put(f"{name}.starts", starts)
    kind = np.dtype(np.uint32)
    sink.write(f"{name}.docs", kind, _interleaved(sources, starts, lambda own: own.postings, _Rows.docs_of, kind))
    kind = _widest(sources, "counts")
    sink.write(f"{name}.counts", kind, _interleaved(sources, starts, lambda own: own.postings, _Rows.counts_of, kind))


def _widest(sources: Sequence[_Rows], name: str) -> np.dtype[Any]:
    return max((own.array(name).dtype for own in sources), key=lambda kind: kind.itemsize)


def _interleaved(
    sources: Sequence[_Rows],
    starts: Array,
    sizes: Callable[[_Rows], Array],
    read: Callable[[_Rows, int, int], Iterator[Array]],
    kind: np.dtype[Any],
) -> Iterator[Array]:
    """The items of each row of the result: those of the first part, then those of the second, and so on."""
    for begin, end in row_ranges(starts, SLICE):
        taken = [(own, *np.searchsorted(own.targets, np.array([begin, end], np.uint32)).tolist()) for own in sources]
        taken = [(own, first, last) for own, first, last in taken if first < last]
        if len(taken) == 1 or end - begin == 1:
            for own, first, last in taken:
                yield from read(own, int(own.rows[first]), int(own.rows[last - 1]) + 1)
            continue
        at = (starts[begin:end] - starts[begin]).astype(np.int64)
        items = np.empty(int(starts[end] - starts[begin]), kind)
        for own, first, last in taken:
            targets = own.targets[first:last].astype(np.int64) - begin
            size = sizes(own)[first:last].astype(np.int64)
            target = np.repeat(at[targets] - (np.cumsum(size) - size), size)
            target += np.arange(len(target))
            items[target] = np.concatenate(list(read(own, int(own.rows[first]), int(own.rows[last - 1]) + 1)))
            at[targets] += size
        yield items
