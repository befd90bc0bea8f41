"""What facets and the timeline are counted by: global ordinals of keyword values, and date histograms.

Each segment numbers its own values. *Global ordinals* number those of all segments in one order, so that counts of
several segments can be added and only the values that are shown need to be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.dates import EPOCH_ORDINAL, bucket, choose_interval
from search.engines.disk.evaluation.doc_sets import SegmentDocs, all_docs, split_by_segment
from search.engines.disk.format.arrays import Ints, expand_ranges
from search.engines.disk.format.layout import from_bytes
from search.engines.disk.format.sorted_strings import MergedStrings, merge_strings
from search.engines.disk.reading.segments import UNDATED, KeywordColumn
from search.engines.disk.reading.snapshot import Snapshot
from search.engines.results import Timeline
from search.periods import Interval

_UNITS: Final[dict[Interval, str]] = {"year": "M8[Y]", "month": "M8[M]", "day": "M8[D]"}
_YEARS: Final[dict[Interval, int]] = {"decade": 10, "century": 100}
_DAYS_PER_ARTICLE: Final = 4
"""A table of all days from the first to the last is used if it has at most this many days for each article."""


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """The days of a histogram by year, month or day: bucket i begins with the day at index `starts[i]`."""

    interval: Interval
    starts: Ints
    days: Ints

    def label(self, number: int) -> str:
        """The name of a bucket, such as `2024-07`."""
        return bucket(int(self.days[self.starts[number]]), self.interval)

    def labels(self) -> dict[str, int]:
        """The number of each bucket by its name."""
        return {self.label(number): number for number in range(len(self.starts))}

    def add_up(self, counts: Ints) -> Ints:
        """Counts by bucket, from counts by day."""
        if not len(self.starts):
            return np.zeros(0, np.int64)
        found: Ints = np.add.reduceat(counts, self.starts)
        return found


class DateHistogram:
    """The days of one date field in one time zone. `days`: those with any live article, ascending; `archive`: how many
    live articles each has; `undated`: how many have no date."""

    def __init__(self, snapshot: Snapshot, field: int, time_zone: str) -> None:
        self._snapshot = snapshot
        self._field = field
        self._time_zone = time_zone
        found, counts = _counted([part.segment.days(field, time_zone)[part.live] for part in snapshot.segments])
        dated = found != UNDATED
        self.days: Ints = found[dated]
        self.archive: Ints = counts[dated]
        self.undated = int(counts[~dated].sum())
        self._buckets: dict[Interval, Buckets] = {}

    def count(self, docs: Ints) -> tuple[Ints, int]:
        """How many of some articles (ascending, not deleted) each day has, and how many have no date."""
        totals = np.zeros(len(self.days), np.int64)
        for part in split_by_segment(self._snapshot, docs):
            days = part.column(part.live.segment.days(self._field, self._time_zone))
            totals += self._count(days)
        return totals, len(docs) - int(totals.sum())

    def _count(self, days: NDArray[np.int32]) -> Ints:
        if not len(self.days):
            return np.zeros(0, np.int64)
        first, last = int(self.days[0]), int(self.days[-1])
        if last - first <= _DAYS_PER_ARTICLE * len(days) + 1000:
            counts = np.bincount(np.maximum(days - (first - 1), 0), minlength=last - first + 2)
            own: Ints = counts[self.days - (first - 1)]
            return own
        return np.bincount(np.searchsorted(self.days, days[days != UNDATED]), minlength=len(self.days))

    def buckets(self, interval: Interval) -> Buckets:
        """The days by century, decade, year, month or day."""
        if (known := self._buckets.get(interval)) is None:
            units = (self.days - EPOCH_ORDINAL).astype("M8[D]").astype(_UNITS.get(interval, "M8[Y]")).astype(np.int64)
            if interval in _YEARS:
                units = (units + 1970) // _YEARS[interval]
            starts = np.flatnonzero(np.diff(units, prepend=units[:1] - 1))
            known = self._buckets[interval] = Buckets(interval, starts, self.days)
        return known

    def timeline(self, hits: Ints, max_buckets: int) -> Timeline:
        """Hits by bucket, from hits by day, in buckets of a suitable size; the archive from the first to the last
        hit."""
        dated = np.flatnonzero(hits)
        if not len(dated):
            return Timeline("year", {}, {})
        interval = choose_interval(int(self.days[dated[0]]), int(self.days[dated[-1]]), max_buckets)
        buckets = self.buckets(interval)
        counts, around = buckets.add_up(hits), buckets.add_up(self.archive)
        filled = np.flatnonzero(counts).tolist()
        return Timeline(
            interval,
            {buckets.label(at): int(counts[at]) for at in filled},
            {buckets.label(at): int(around[at]) for at in range(filled[0], filled[-1] + 1)},
        )


def _counted(columns: list[NDArray[np.int32]]) -> tuple[Ints, Ints]:
    """The distinct values of all columns, ascending, and how often each occurs."""
    found = [np.unique(column, return_counts=True) for column in columns]
    values, which = np.unique(np.concatenate([np.empty(0, np.int64), *(own for own, _ in found)]), return_inverse=True)
    counts = np.zeros(len(values), np.int64)
    np.add.at(counts, which, np.concatenate([np.empty(0, np.int64), *(own for _, own in found)]))
    return values, counts


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """How many of some articles of one segment have each of its ordinals, and how many have none."""

    counts: Ints
    missing: int


class GlobalOrdinals:
    """The values of one keyword field. `archive`: how many live articles have each; `missing`: how many have none."""

    def __init__(self, snapshot: Snapshot, field: str) -> None:
        self._snapshot = snapshot
        self._columns = tuple(part.segment.keywords(field) for part in snapshot.segments)
        self._merged = _merged(snapshot, field) if len(self._columns) > 1 else None
        self._size = len(self._merged) if self._merged else sum(len(column.values) for column in self._columns)
        live = np.flatnonzero(all_docs(snapshot).gather(np.bool_, lambda part: part.live.live))
        self.archive, self.missing = self.count(live)

    def label(self, number: int) -> str:
        """The value with this ordinal."""
        if self._merged is None:
            return self._columns[0].values[number]
        return from_bytes(self._merged.strings.raw(int(self._merged.chosen[number])))

    def number(self, value: str) -> int | None:
        """The ordinal of a value; None if no article has it."""
        for segment, column in enumerate(self._columns):
            if (ordinal := column.ordinal(value)) is not None:
                return ordinal if self._merged is None else int(self._merged.numbers[segment][ordinal])
        return None

    def count(self, docs: Ints) -> tuple[Ints, int]:
        """How many of some articles, ascending, have each value, and how many have none."""
        totals, missing = np.zeros(self._size, np.int64), 0
        for part in split_by_segment(self._snapshot, docs):
            found = _count(part, self._columns[part.number])
            if self._merged is None:
                totals += found.counts
            else:
                totals[self._merged.numbers[part.number]] += found.counts
            missing += found.missing
        return totals, missing


def _merged(snapshot: Snapshot, field: str) -> MergedStrings:
    tables = []
    for part in snapshot.segments:
        array, name = part.segment.container.array, f"kw.{field}.values"
        starts = array(f"{name}.starts")
        tables.append((array(f"{name}.bytes"), starts, np.ones(len(starts) - 1, np.bool_)))
    return merge_strings(tables)


def _count(part: SegmentDocs, column: KeywordColumn) -> _Counted:
    firsts, counts = column.rows(part.column)
    missing = len(counts) - int(np.count_nonzero(counts))
    ordinals = column.ordinals[_ordinals_at(firsts, counts, len(column.ordinals))]
    return _Counted(np.bincount(ordinals, minlength=len(column.values)), missing)


def _ordinals_at(firsts: NDArray[np.uint32], counts: NDArray[np.uint32], most: int) -> NDArray[np.intp]:
    """The indices of all ordinals of some rows; quickly found where no article has more than one."""
    if counts.max(initial=0) <= 1:
        return firsts[counts > 0].astype(np.intp)
    return expand_ranges(firsts, counts, most)
