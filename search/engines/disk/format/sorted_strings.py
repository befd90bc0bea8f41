"""Sorting and merging the strings of several segments without making a Python object of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.arrays import Array, Ints, Mask

_BLOCK: Final = 7
"""Bytes compared at once; the eighth byte of a key says how many of them there were."""

_FEW_LEFT: Final = 700
"""Strings that agree in this many bytes are compared one by one: they are few, except in hostile input."""

_GATHERED: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class ByteStrings:
    """Strings in several arrays of bytes: string i is `raws[part[i]][begin[i] : begin[i] + length[i]]`."""

    raws: tuple[NDArray[np.uint8], ...]
    part: NDArray[np.uint8] | NDArray[np.uint16]
    begin: Ints
    length: Ints

    @classmethod
    def of(cls, parts: Sequence[tuple[NDArray[np.uint8], NDArray[Any], NDArray[Any]]]) -> ByteStrings:
        """All strings of several parts, each (bytes, begins, lengths), one part after the other."""
        counts = [len(begin) for _, begin, _ in parts]
        return cls(
            raws=tuple(raw for raw, _, _ in parts),
            part=np.repeat(np.arange(len(parts), dtype=np.uint16), counts),
            begin=np.concatenate([np.asarray(begin, np.int64) for _, begin, _ in parts] or [np.zeros(0, np.int64)]),
            length=np.concatenate([np.asarray(length, np.int64) for *_, length in parts] or [np.zeros(0, np.int64)]),
        )

    def __len__(self) -> int:
        return len(self.begin)

    def raw(self, number: int) -> bytes:
        """The bytes of one string."""
        begin = int(self.begin[number])
        return self.raws[int(self.part[number])][begin : begin + int(self.length[number])].tobytes()

    def order(self) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The strings in ascending order, ties as they come, and for each whether it differs from the one before."""
        count = len(self)
        order = np.arange(count, dtype=np.int32)
        first = np.zeros(count, np.bool_)
        first[:1] = True
        tied, depth = np.arange(count if count > 1 else 0, dtype=np.int32), 0
        while len(tied):
            if depth >= _FEW_LEFT:
                self._order_one_by_one(order, first, tied)
                break
            tied = self._refine(order, first, tied, depth)
            depth += _BLOCK
        return order, first

    def _refine(
        self, order: NDArray[np.int32], first: NDArray[np.bool_], tied: NDArray[np.int32], depth: int
    ) -> NDArray[np.int32]:
        """Sorts by the next block of bytes those indices `tied` of the order whose strings agree with a neighbour up to
        `depth`. Returns those still tied whose strings go on."""
        items = order[tied]
        key = self._keys(items, depth)
        if depth:
            group = np.cumsum(first[tied], dtype=np.int32)
            by_key = np.lexsort((key, group))
            new = np.append(True, np.diff(group) > 0)  # groups stay where they are
        else:
            by_key = np.argsort(key, kind="stable")
            new = np.zeros(len(tied), np.bool_)
        key = key[by_key]
        new[1:] |= key[1:] != key[:-1]
        order[tied] = items[by_key]
        first[tied] |= new
        alone = new & np.append(new[1:], True)
        going_on: NDArray[np.int32] = tied[~alone & (key.astype(np.uint8) > _BLOCK)]
        return going_on

    def _keys(self, items: NDArray[np.int32], depth: int) -> NDArray[np.uint64]:
        """Numbers that sort like the seven bytes of each string from `depth` on, shorter strings first."""
        rest = np.clip(self.length[items] - depth, 0, _BLOCK + 1)
        begin = self.begin[items] + depth
        key = np.zeros(len(items), np.uint64)
        part = self.part[items]
        for number, raw in enumerate(self.raws):
            mine = slice(None) if len(self.raws) == 1 else np.flatnonzero(part == number)
            key[mine] = _eight_bytes(raw, begin[mine])
        beyond = (8 * (8 - np.minimum(rest, _BLOCK))).astype(np.uint64)
        kept = np.where(rest > 0, key >> np.minimum(beyond, 63) << np.minimum(beyond, 63), 0)
        return kept.astype(np.uint64) | rest.astype(np.uint64)

    def _order_one_by_one(self, order: NDArray[np.int32], first: NDArray[np.bool_], tied: NDArray[np.int32]) -> None:
        group = np.cumsum(first[tied])
        ends = np.append(np.flatnonzero(np.diff(group)) + 1, len(tied))
        begin = 0
        for end in ends.tolist():
            indices = tied[begin:end]
            strings = sorted((self.raw(item), item) for item in order[indices].tolist())
            order[indices] = [item for _, item in strings]
            first[indices[1:]] = [a[0] != b[0] for a, b in pairwise(strings)]
            begin = end

    def gather(self, chosen: NDArray[Any]) -> Iterator[NDArray[np.uint8]]:
        """The bytes of the chosen strings, one after the other, about a megabyte at a time."""
        ends = np.cumsum(self.length[chosen])
        begin = 0
        while begin < len(chosen):
            done = int(ends[begin - 1]) if begin else 0
            end = max(begin + 1, int(np.searchsorted(ends, done + _GATHERED, "right")))
            yield self._bytes_of(chosen[begin:end])
            begin = end

    def _bytes_of(self, chosen: NDArray[Any]) -> NDArray[np.uint8]:
        length, part, begin = self.length[chosen], self.part[chosen], self.begin[chosen]
        starts = np.cumsum(length) - length
        out = np.empty(int(length.sum()), np.uint8)
        for number, raw in enumerate(self.raws):
            mine = np.flatnonzero(part == number)
            sizes = length[mine]
            within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            out[np.repeat(starts[mine], sizes) + within] = raw[np.repeat(begin[mine], sizes) + within]
        return out


def _eight_bytes(raw: NDArray[np.uint8], begin: Ints) -> NDArray[np.uint64]:
    """The eight bytes from each offset on, the first the most significant; zeros past the end."""
    if len(raw) < 8:
        raw = np.concatenate([raw, np.zeros(8 - len(raw), np.uint8)])
    last = len(raw) - 8
    at = np.minimum(begin, last)
    windows = np.ndarray((last + 1,), ">u8", raw.data, strides=(1,))
    missing = 8 * np.minimum(begin - at, 8).astype(np.uint64)
    return np.where(missing < 64, windows[at].astype(np.uint64) << np.minimum(missing, 63), 0).astype(np.uint64)


@dataclass(frozen=True, slots=True)
class MergedStrings:
    """The distinct strings of several parts in order: `chosen` are their indices in `strings`. String i of part p has
    the number `numbers[p][i]`, -1 if it was not wanted."""

    strings: ByteStrings
    chosen: NDArray[np.int32]
    numbers: tuple[NDArray[np.int64], ...]

    def __len__(self) -> int:
        return len(self.chosen)


def merge_strings(parts: Sequence[tuple[Array, Array, Mask]], ending: int = 0) -> MergedStrings:
    """Merges the wanted strings of several parts, each (bytes, starts, wanted). The last `ending` bytes of each string
    are ignored."""
    wanted = [np.flatnonzero(mask) for *_, mask in parts]
    strings = ByteStrings.of(
        [
            (raw, starts[:-1][rows], starts[1:][rows].astype(np.int64) - starts[:-1][rows].astype(np.int64) - ending)
            for (raw, starts, _), rows in zip(parts, wanted, strict=True)
        ]
    )
    order, first = strings.order()
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(first) - 1
    numbers, begin = [], 0
    for (*_, mask), rows in zip(parts, wanted, strict=True):
        own = np.full(len(mask), -1)
        own[rows] = number[begin : begin + len(rows)]
        numbers.append(own)
        begin += len(rows)
    return MergedStrings(strings, order[first], tuple(numbers))
