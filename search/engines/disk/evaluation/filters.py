"""Which articles a filter or a condition of a query lets through. The latest answers are cached.

Both ask the same two questions: does an article have one of some keyword values, and is it dated within a range.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final

import numpy as np

from search.dates import epoch, is_floating
from search.document import Moment
from search.engines.disk.cache import LruCache
from search.engines.disk.evaluation.doc_sets import DocSet, SegmentDocs
from search.engines.disk.format.arrays import Array, Mask, expand_ranges
from search.engines.disk.format.layout import DATE_ORDINALS
from search.engines.disk.reading.segments import UNDATED, KeywordColumn, Segment
from search.engines.plan import DateFilter, Filter, KeywordFilter, PeriodFilter
from search.periods import first_day, last_day
from search.query.match import MatchDates, MatchKeyword
from search.schema import MISSING

_CACHED_BYTES: Final = 16 * 1024 * 1024


class FilterCache:
    """Masks of the articles of one snapshot. Deleted articles are treated like others."""

    def __init__(self) -> None:
        self._masks = LruCache[Mask](_CACHED_BYTES, at_least=1)

    def holds(self, condition: MatchKeyword | MatchDates, doc_set: DocSet, time_zone: str) -> Mask:
        """Which articles of a doc set a condition of a query holds for."""
        if isinstance(condition, MatchKeyword):
            return self._having(condition.field, condition.values, doc_set, missing=False)
        return self._within(condition.field, condition.start, condition.end, doc_set, time_zone)

    def passes(self, filter: Filter, doc_set: DocSet, time_zone: str) -> Mask:
        """Which articles of a doc set a filter lets through."""
        if isinstance(filter, DateFilter):
            return self._within(filter.field, filter.start, filter.end, doc_set, time_zone)
        if isinstance(filter, PeriodFilter):
            within: Mask = np.zeros(doc_set.size, np.bool_)
            for period in filter.include:
                within |= self._within(filter.field, first_day(period), last_day(period), doc_set, time_zone)
            return within
        mask: Mask = np.ones(doc_set.size, np.bool_)
        for values in _together(filter):
            mask &= self._having(filter.field, values, doc_set, missing=MISSING in values)
        if filter.exclude:
            mask &= ~self._having(filter.field, filter.exclude, doc_set, missing=MISSING in filter.exclude)
        return mask

    def _having(self, field: str, values: Sequence[str], doc_set: DocSet, *, missing: bool) -> Mask:
        """Which articles have one of the values; with `missing` also those that have none at all."""
        wanted = tuple(sorted(set(values)))

        def having(part: SegmentDocs) -> Mask:
            column = part.live.segment.keywords(field)
            if part.docs is None:
                return part.column(_having_all(column, wanted, missing))
            return _having(column, wanted, missing, part)

        return self._cached((field, wanted, missing), doc_set, having)

    def _within(self, field: str, start: Moment | None, end: Moment | None, doc_set: DocSet, time_zone: str) -> Mask:
        ordinal = DATE_ORDINALS[field]

        def within(part: SegmentDocs) -> Mask:
            mask: Mask = part.column(part.live.segment.days(ordinal, time_zone)) != UNDATED
            if start is not None:
                mask &= _distance(part, ordinal, start, time_zone) >= 0
            if end is not None:
                mask &= _distance(part, ordinal, end, time_zone) <= 0
            return mask

        return self._cached((field, start, end, _kinds(start, end), time_zone), doc_set, within)

    def _cached(self, key: Hashable, doc_set: DocSet, column: Callable[[SegmentDocs], Mask]) -> Mask:
        """Only masks of all articles are kept. A mask of fewer is cut out of one, or quickly computed."""
        if (known := self._masks.get(key)) is not None:
            return doc_set.of_all(known)
        mask: Mask = doc_set.gather(np.bool_, column)
        if doc_set.is_whole:
            mask.flags.writeable = False
            self._masks.put(key, mask, mask.nbytes)
        return mask


def _together(filter: KeywordFilter) -> Sequence[tuple[str, ...]]:
    """The values that a filter includes, in groups of which an article needs one value each."""
    if filter.every:
        return [(value,) for value in filter.include]
    return [filter.include] if filter.include else []


def _kinds(*moments: Moment | None) -> tuple[bool, ...]:
    """Tells days from instants, for cache keys: to Python a day and an instant may be equal."""
    return tuple(moment is not None and is_floating(moment) for moment in moments)


def _having_all(column: KeywordColumn, values: Sequence[str], missing: bool) -> Mask:
    """For all articles of a segment: counts wanted ordinals from the start, and compares the count of each row's
    ends."""
    hits = _wanted(column, values)[column.ordinals]
    before = np.zeros(len(hits) + 1, np.uint32)
    np.cumsum(hits, out=before[1:])
    at = before[column.starts.astype(np.intp)]
    mask: Mask = at[1:] != at[:-1]
    return mask | (column.starts[1:] == column.starts[:-1]) if missing else mask


def _having(column: KeywordColumn, values: Sequence[str], missing: bool, part: SegmentDocs) -> Mask:
    """For a few articles of a segment: looks at their rows alone."""
    firsts, counts = column.rows(part.column)
    hits = _wanted(column, values)[column.ordinals[expand_ranges(firsts, counts, len(column.ordinals))]]
    mask: Mask = np.zeros(len(counts), np.bool_)
    mask[np.repeat(np.arange(len(counts)), counts)[hits]] = True
    return mask | (counts == 0) if missing else mask


def _wanted(column: KeywordColumn, values: Sequence[str]) -> Mask:
    """Which ordinals of a column stand for one of the values."""
    wanted: Mask = np.zeros(len(column.values), np.bool_)
    for value in values:
        if (ordinal := column.ordinal(value)) is not None:
            wanted[ordinal] = True
    return wanted


def _distance(part: SegmentDocs, field: int, bound: Moment, time_zone: str) -> Array:
    """How long after a bound each article is dated: in local days if the bound is a day, in seconds if an instant."""
    segment: Segment = part.live.segment
    if is_floating(bound):
        return part.column(segment.days(field, time_zone)) - bound.toordinal()
    return part.column(segment.epochs(field)) - epoch(bound)
