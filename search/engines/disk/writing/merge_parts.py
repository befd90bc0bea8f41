"""What the merging of segments reads from and writes to: parts with what is left of them, and a file in the making."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.dictionary.byte_order import ByteStrings
from search.engines.disk.files.container import Container, ContainerWriter
from search.errors import EngineError

Array = NDArray[Any]
Mask = NDArray[np.bool_]
Told = Callable[[int, int], None]

SLICE: Final = 1 << 18
"""So many items are worked on at once: they stay in the processor's cache, and memory stays small."""


@dataclass(frozen=True, slots=True)
class Part:
    """A segment that is merged: which articles of it are `live`, and the number `renumbered` each of them gets."""

    container: Container
    live: Mask
    kept: int
    renumbered: NDArray[np.uint32]

    @property
    def whole(self) -> bool:
        """Nothing of it is deleted."""
        return self.kept == len(self.live)

    def array(self, name: str) -> Array:
        """A section of it."""
        return self.container.array(name)

    def kept_of(self, values: Array) -> Array:
        """Of one value (or row) for each article, those of the live ones."""
        return values if self.whole else values[self.live]


def to_parts(segments: Iterable[tuple[Container, Mask]]) -> list[Part]:
    """The parts with their articles numbered through in order."""
    parts, base = [], 0
    for container, live in segments:
        kept = int(np.count_nonzero(live))
        numbers = np.arange(base, base + len(live)) if kept == len(live) else base + np.cumsum(live) - 1
        parts.append(Part(container, live, kept, numbers.astype(np.uint32)))
        base += kept
    return parts


class Sink:
    """The file that is written, and who is told how far it is."""

    def __init__(self, writer: ContainerWriter, expected_bytes: int, told: Told | None) -> None:
        self.writer = writer
        self._expected = max(1, expected_bytes)
        self._told = told
        self._done = 0

    def write(self, name: str, dtype: Any, chunks: Iterable[Array]) -> None:
        """Writes a section of which the items come some at a time."""
        self.writer.begin(name, dtype)
        for chunk in chunks:
            self.writer.write(chunk)
            self._done += len(chunk) * np.dtype(dtype).itemsize
            if self._told:
                self._told(min(self._done, self._expected), self._expected)
        self.writer.end()

    def put(self, name: str, array: Array) -> None:
        """Writes a whole section."""
        self.write(name, array.dtype, [array])


def slices(starts: Array, most: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows that have up to `most` items together (more only if a single row has), by the rows' starts."""
    begin, rows = 0, len(starts) - 1
    while begin < rows:
        limit = int(starts[begin]) + most
        end = max(begin + 1, int(np.searchsorted(starts, starts.dtype.type(limit), "right")) - 1)
        yield begin, min(end, rows)
        begin = end


def starts_of(counts: Array, largest: Any = np.uint64) -> Array:
    """Where each of so many items begins, and the end of the last; in four bytes if `largest` is `uint32`. Raises
    EngineError if they are too many for that: a start that begins anew at 0 would be a segment nobody can read."""
    if int(np.sum(counts, dtype=np.uint64)) > np.iinfo(largest).max:
        raise EngineError("a merge would make a segment of more words or values than the format holds")
    starts = np.zeros(len(counts) + 1, largest)
    np.cumsum(counts, out=starts[1:])
    return starts


def distinct(values: Array) -> Array:
    """Each value once, rising; several times as fast as `np.unique`, which hashes."""
    values = np.sort(values)
    first = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return values[first]


def write_strings(sink: Sink, name: str, strings: ByteStrings, chosen: Array) -> None:
    """Writes strings that are in memory or mapped, in the order chosen."""
    starts = starts_of(strings.length[chosen])
    sink.write(f"{name}.bytes", np.uint8, strings.gather(chosen))
    sink.put(f"{name}.starts", starts)


@dataclass(frozen=True, slots=True)
class Union:
    """Strings of several segments, each once and in order: `chosen` are their numbers in `strings`;
    string i of part p is number `numbers[p][i]`, -1 if it was not wanted."""

    strings: ByteStrings
    chosen: NDArray[np.int32]
    numbers: tuple[NDArray[np.int64], ...]

    def __len__(self) -> int:
        return len(self.chosen)


def unite(parts: Sequence[tuple[Array, Array, Mask]], ending: int = 0) -> Union:
    """Sorts and unites the wanted strings of (bytes, starts, wanted), regardless of the last `ending` bytes of each."""
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
    return Union(strings, order[first], tuple(numbers))
