"""What facets and the timeline are counted by: global ordinals of keyword values, and date histograms.

Each segment numbers its own values. *Global ordinals* number those of all segments in one order, so that counts of
several segments can be added and only the values that are shown need to be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.dates import EPOCH_ORDINAL, bucket, choose_interval
from search.engines.disk.evaluation.columns import NONE, ColumnPart, Tally, tally
from search.engines.disk.evaluation.doc_sets import all_docs
from search.engines.disk.format.arrays import Ints
from search.engines.disk.format.layout import from_bytes
from search.engines.disk.format.sorted_strings import MergedStrings, merge_strings
from search.engines.disk.reading.segments import UNDATED
from search.engines.disk.reading.snapshot import Snapshot
from search.engines.results import Timeline
from search.periods import Interval

_UNITS: Final[dict[Interval, str]] = {"year": "M8[Y]", "month": "M8[M]", "day": "M8[D]"}
_YEARS: Final[dict[Interval, int]] = {"decade": 10, "century": 100}
_LABELS: Final = 4096
"""Values of a field that are kept as text: the same few are shown again and again."""


@dataclass(frozen=True, eq=False)
class Buckets:
    """The days of a histogram by year, month or day: bucket i begins with the day at index `starts[i]`."""

    interval: Interval
    starts: Ints
    days: Ints

    def label(self, number: int) -> str:
        """The name of a bucket, such as `2024-07`."""
        return self.labels[number]

    @cached_property
    def labels(self) -> list[str]:
        """The names of all buckets."""
        return [bucket(day, self.interval) for day in self.days[self.starts].tolist()]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each bucket by its name."""
        return {label: number for number, label in enumerate(self.labels)}

    def add_up(self, counts: Ints) -> Ints:
        """Counts by bucket, from counts by day."""
        if not len(self.starts):
            return np.zeros(0, np.int64)
        found: Ints = np.add.reduceat(counts, self.starts)
        return found


class DateHistogram:
    """The days of one date field in one time zone: a column of the days with any live article (`days`, ascending).
    `archive`: how many live articles each has, and how many have no date."""

    def __init__(self, snapshot: Snapshot, field: int, time_zone: str) -> None:
        columns = [part.segment.days(field, time_zone) for part in snapshot.segments]
        own = (column[part.live] for column, part in zip(columns, snapshot.segments, strict=True))
        found, counts = _counted(list(own))
        dated = found != UNDATED
        self.days: Ints = found[dated]
        self.size = len(self.days)
        self.archive = Tally(counts[dated], int(counts[~dated].sum()))
        self.parts = tuple(ColumnPart(None, self._ordinals(column)) for column in columns)
        self._buckets: dict[Interval, Buckets] = {}
        self._around: dict[Interval, Ints] = {}

    def _ordinals(self, days: NDArray[np.int32]) -> NDArray[np.int32]:
        """The number of each article's day; NONE for the days of deleted articles alone."""
        if not self.size:
            return np.full(len(days), NONE, np.int32)
        at = np.minimum(np.searchsorted(self.days, days), self.size - 1)
        return np.where(self.days[at] == days, at, NONE).astype(np.int32)

    def buckets(self, interval: Interval) -> Buckets:
        """The days by century, decade, year, month or day."""
        if (known := self._buckets.get(interval)) is None:
            units = (self.days - EPOCH_ORDINAL).astype("M8[D]").astype(_UNITS.get(interval, "M8[Y]")).astype(np.int64)
            if interval in _YEARS:
                units = (units + 1970) // _YEARS[interval]
            starts = np.flatnonzero(np.diff(units, prepend=units[:1] - 1))
            known = self._buckets[interval] = Buckets(interval, starts, self.days)
        return known

    def _archive_by(self, interval: Interval) -> Ints:
        if (known := self._around.get(interval)) is None:
            known = self._around[interval] = self.buckets(interval).add_up(self.archive.counts)
        return known

    def timeline(self, hits: Ints, max_buckets: int) -> Timeline:
        """Hits by bucket, from hits by day, in buckets of a suitable size; the archive from the first to the last
        hit."""
        dated = np.flatnonzero(hits)
        if not len(dated):
            return Timeline("year", {}, {})
        interval = choose_interval(int(self.days[dated[0]]), int(self.days[dated[-1]]), max_buckets)
        buckets = self.buckets(interval)
        counts, around = buckets.add_up(hits), self._archive_by(interval)
        filled = np.flatnonzero(counts)
        first, last = int(filled[0]), int(filled[-1]) + 1
        labels = buckets.labels
        return Timeline(
            interval,
            {labels[at]: count for at, count in zip(filled.tolist(), counts[filled].tolist(), strict=True)},
            dict(zip(labels[first:last], around[first:last].tolist(), strict=True)),
        )


def _counted(columns: list[NDArray[np.int32]]) -> tuple[Ints, Ints]:
    """The distinct values of all columns, ascending, and how often each occurs."""
    found = [np.unique(column, return_counts=True) for column in columns]
    values, which = np.unique(np.concatenate([np.empty(0, np.int64), *(own for own, _ in found)]), return_inverse=True)
    counts = np.zeros(len(values), np.int64)
    np.add.at(counts, which, np.concatenate([np.empty(0, np.int64), *(own for _, own in found)]))
    return values, counts


class GlobalOrdinals:
    """The values of one keyword field as a column. `archive`: how many live articles have each, and how many none."""

    def __init__(self, snapshot: Snapshot, field: str) -> None:
        columns = tuple(part.segment.keywords(field) for part in snapshot.segments)
        self._columns = columns
        self._merged = _merged(snapshot, field) if len(columns) > 1 else None
        self._labels: dict[int, str] = {}
        self.size = len(self._merged) if self._merged else sum(len(column.values) for column in columns)
        numbers = [own.astype(np.int32) for own in self._merged.numbers] if self._merged else [None] * len(columns)
        self.parts = tuple(
            ColumnPart(column.starts, column.ordinals, own) for column, own in zip(columns, numbers, strict=True)
        )
        live = np.flatnonzero(all_docs(snapshot).gather(np.bool_, lambda part: part.live.live))
        self.archive = tally(snapshot, live, (self,))[0]

    def label(self, number: int) -> str:
        """The value with this ordinal."""
        if (known := self._labels.get(number)) is None:
            if len(self._labels) >= _LABELS:
                self._labels.clear()
            known = self._labels[number] = self._read_label(number)
        return known

    def _read_label(self, number: int) -> str:
        if self._merged is None:
            return self._columns[0].values[number]
        return from_bytes(self._merged.strings.raw(int(self._merged.chosen[number])))

    def number(self, value: str) -> int | None:
        """The ordinal of a value; None if no article has it."""
        for segment, column in enumerate(self._columns):
            if (ordinal := column.ordinal(value)) is not None:
                return ordinal if self._merged is None else int(self._merged.numbers[segment][ordinal])
        return None


def _merged(snapshot: Snapshot, field: str) -> MergedStrings:
    tables = []
    for part in snapshot.segments:
        array, name = part.segment.container.array, f"kw.{field}.values"
        starts = array(f"{name}.starts")
        tables.append((array(f"{name}.bytes"), starts, np.ones(len(starts) - 1, np.bool_)))
    return merge_strings(tables)
