"""What a merge reads and writes: the segments with their live docs, and the file in the making."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.arrays import Array, Mask, starts_of
from search.engines.disk.format.container import Container, ContainerWriter
from search.engines.disk.format.sorted_strings import ByteStrings

Progress = Callable[[int, int], None]
"""Is told how much is done, and how much there is in all."""

SLICE: Final = 1 << 18
"""Items processed in one step: they stay in the processor's cache, and memory stays small."""

RESIDENT_BYTES: Final = 1 << 24
"""So much is written between two times that mapped files are let out of memory."""


@dataclass(frozen=True, slots=True)
class MergeInput:
    """A segment that is merged: which of its articles are `live`, how many are `kept`, and the doc id that each gets in
    the result (`renumbered`)."""

    container: Container
    live: Mask
    kept: int
    renumbered: NDArray[np.uint32]

    @property
    def whole(self) -> bool:
        """Whether nothing of it is deleted."""
        return self.kept == len(self.live)

    def array(self, name: str) -> Array:
        """One of its sections."""
        return self.container.array(name)

    def kept_of(self, values: Array) -> Array:
        """The values of the live articles, out of one value (or row) for each article."""
        return values if self.whole else values[self.live]


def merge_inputs(segments: Iterable[tuple[Container, Mask]]) -> list[MergeInput]:
    """Segments to be merged, given with their live docs, in the order of the result."""
    parts, base = [], 0
    for container, live in segments:
        kept = int(np.count_nonzero(live))
        numbers = np.arange(base, base + len(live)) if kept == len(live) else base + np.cumsum(live) - 1
        parts.append(MergeInput(container, live, kept, numbers.astype(np.uint32)))
        base += kept
    return parts


class Sink:
    """The file that is written; reports `progress` in bytes of arrays.

    What was read of the files in `parts` meanwhile is let out of memory, where it would be all of them in the end.
    """

    def __init__(
        self, writer: ContainerWriter, parts: Sequence[MergeInput], expected_bytes: int, progress: Progress | None
    ) -> None:
        self.writer = writer
        self._parts = parts
        self._expected = max(1, expected_bytes)
        self._progress = progress
        self._done = self._let_go = 0

    def write(self, name: str, dtype: Any, chunks: Iterable[Array]) -> None:
        """Writes a section whose items come some at a time."""
        self.writer.begin(name, dtype)
        for chunk in chunks:
            self.writer.write(chunk)
            self._done += len(chunk) * np.dtype(dtype).itemsize
            if self._done - self._let_go >= RESIDENT_BYTES:
                self._let_go_of_parts()
            if self._progress:
                self._progress(min(self._done, self._expected), self._expected)
        self.writer.end()

    def _let_go_of_parts(self) -> None:
        self._let_go = self._done
        for part in self._parts:
            part.container.let_go()

    def put(self, name: str, array: Array) -> None:
        """Writes a whole section."""
        self.write(name, array.dtype, [array])


def write_strings(sink: Sink, name: str, strings: ByteStrings, chosen: Array) -> None:
    """Writes the chosen strings, in that order."""
    starts = starts_of(strings.length[chosen])
    sink.write(f"{name}.bytes", np.uint8, strings.gather(chosen))
    sink.put(f"{name}.starts", starts)
