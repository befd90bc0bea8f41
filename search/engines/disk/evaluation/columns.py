"""Counts of what some articles have in columns of values, all columns in one pass over the articles of a segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from search import native
from search.engines.disk.format.arrays import Ints, expand_ranges
from search.engines.disk.format.container import DamagedFile
from search.engines.disk.reading.snapshot import Snapshot

NONE: Final = -1
"""The ordinal of an article without a value, in a column of one for each."""


@dataclass(frozen=True, slots=True, eq=False)
class ColumnPart:
    """The share of one segment in a column. Article d has `ordinals[starts[d]:starts[d + 1]]`, or without starts the
    one `ordinals[d]` (int32). `numbers[ordinal]` (int32) is its number in the column; without numbers the same."""

    starts: NDArray[np.uint32] | None
    ordinals: NDArray[np.uint32] | NDArray[np.int32]
    numbers: NDArray[np.int32] | None = None


class Column(Protocol):
    """Numbered values, from 0 to before `size`, of the articles of each segment of a snapshot."""

    @property
    def size(self) -> int: ...

    @property
    def parts(self) -> Sequence[ColumnPart]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """How many of some articles have each value, and how many have none."""

    counts: Ints
    missing: int

    def out_of(self, whole: Tally) -> Tally:
        """The counts of all other articles."""
        return Tally(whole.counts - self.counts, whole.missing - self.missing)


def tally(snapshot: Snapshot, docs: Ints, columns: Sequence[Column]) -> list[Tally]:
    """The tally of some articles (doc ids in the snapshot, ascending) in each column."""
    totals = [np.zeros(column.size, np.int64) for column in columns]
    missing = [0] * len(columns)
    if not columns:
        return []
    cuts = [*np.searchsorted(docs, [part.base for part in snapshot.segments]).tolist(), len(docs)]
    for number, part in enumerate(snapshot.segments):
        first, last = cuts[number : number + 2]
        if first < last:
            own = [column.parts[number] for column in columns]
            for at, count in enumerate(_add(docs[first:last], part.base, own, totals)):
                missing[at] += count
    return [Tally(counts, without) for counts, without in zip(totals, missing, strict=True)]


def _add(docs: Ints, base: int, parts: Sequence[ColumnPart], totals: Sequence[Ints]) -> Sequence[int]:
    """Adds articles of one segment to the totals of each column; returns how many of them have none."""
    if native.kernel is not None:
        columns = tuple(
            (part.starts, part.ordinals, part.numbers, counts) for part, counts in zip(parts, totals, strict=True)
        )
        missing: Sequence[int] = native.kernel.count_values(docs, base, columns)
        return missing
    own = docs - base
    return [_add_by_numpy(own, part, counts) for part, counts in zip(parts, totals, strict=True)]


def _add_by_numpy(docs: Ints, part: ColumnPart, totals: Ints) -> int:
    if part.starts is None:
        counts = np.bincount(part.ordinals[docs] + 1, minlength=len(totals) + 1)  # NONE, and what follows it
        totals += counts[1:]
        return int(counts[0])
    firsts = part.starts[docs]
    sizes = part.starts[docs + 1] - firsts
    ordinals = part.ordinals[_ordinals_at(firsts, sizes, len(part.ordinals))]
    if part.numbers is None:
        totals += _counts(ordinals, len(totals))
    else:
        totals[part.numbers] += _counts(ordinals, len(part.numbers))
    return len(docs) - int(np.count_nonzero(sizes))


def _counts(ordinals: NDArray[Any], values: int) -> NDArray[np.intp]:
    """How often each of so many values occurs. `np.bincount` makes as many as the largest ordinal says, which in a
    damaged file may be any number."""
    if ordinals.max(initial=0) >= max(1, values):
        raise DamagedFile("an article has a value that is not there")
    return np.bincount(ordinals, minlength=values)


def _ordinals_at(firsts: NDArray[np.uint32], sizes: NDArray[np.uint32], most: int) -> NDArray[np.intp]:
    """The indices of all ordinals of some rows; quickly found where no article has more than one."""
    if sizes.max(initial=0) <= 1:
        return firsts[sizes > 0].astype(np.intp)
    return expand_ranges(firsts, sizes, most)
