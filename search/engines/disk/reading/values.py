"""The values of a keyword field over all segments, numbered in their order, and how many of some articles have each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.evaluation.conditions import ordinal_of, rows_of
from search.engines.disk.evaluation.frames import FramePart, divided, whole_frame
from search.engines.disk.files.layout import from_bytes
from search.engines.disk.reading.postings import Ints, ranges
from search.engines.disk.reading.segments import KeywordColumn
from search.engines.disk.reading.snapshot import Snapshot
from search.engines.disk.writing.merge_parts import Union, unite


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """Of some articles of one segment: for each of its ordinals how many have it, and how many have none."""

    counts: Ints
    missing: int


class KeywordValues:
    """The values of one field. `archive`: in how many articles each stands; `missing`: how many have none."""

    def __init__(self, snapshot: Snapshot, field: str) -> None:
        self._snapshot = snapshot
        self._columns = tuple(part.segment.keywords(field) for part in snapshot.segments)
        self._united = _unite(snapshot, field) if len(self._columns) > 1 else None
        self._size = len(self._united) if self._united else sum(len(column.values) for column in self._columns)
        live = np.flatnonzero(whole_frame(snapshot).gather(np.bool_, lambda part: part.live.live))
        self.archive, self.missing = self.count(live)

    def label(self, number: int) -> str:
        """How a value is written."""
        if self._united is None:
            return self._columns[0].values[number]
        return from_bytes(self._united.strings.raw(int(self._united.chosen[number])))

    def number(self, value: str) -> int | None:
        """The number of a value; None if no article has it."""
        for segment, column in enumerate(self._columns):
            if (ordinal := ordinal_of(column, value)) is not None:
                return ordinal if self._united is None else int(self._united.numbers[segment][ordinal])
        return None

    def count(self, docs: Ints) -> tuple[Ints, int]:
        """How many of some articles, rising, have each value, and how many have none."""
        totals, missing = np.zeros(self._size, np.int64), 0
        for part in divided(self._snapshot, docs):
            found = _count(part, self._columns[part.number])
            if self._united is None:
                totals += found.counts
            else:
                totals[self._united.numbers[part.number]] += found.counts
            missing += found.missing
        return totals, missing


def _unite(snapshot: Snapshot, field: str) -> Union:
    tables = []
    for part in snapshot.segments:
        array, name = part.segment.container.array, f"kw.{field}.values"
        starts = array(f"{name}.starts")
        tables.append((array(f"{name}.bytes"), starts, np.ones(len(starts) - 1, np.bool_)))
    return unite(tables)


def _count(part: FramePart, column: KeywordColumn) -> _Counted:
    firsts, counts = rows_of(column, part.column)
    missing = len(counts) - int(np.count_nonzero(counts))
    ordinals = column.ordinals[_places(firsts, counts, len(column.ordinals))]
    return _Counted(np.bincount(ordinals, minlength=len(column.values)), missing)


def _places(firsts: NDArray[np.uint32], counts: NDArray[np.uint32], most: int) -> NDArray[np.intp]:
    if counts.max(initial=0) <= 1:
        return firsts[counts > 0].astype(np.intp)
    return ranges(firsts, counts, most)
