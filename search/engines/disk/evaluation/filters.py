"""Filters and conditions: which articles hold a value, or are dated within a range. The latest are remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.dates import epoch, is_floating
from search.document import Moment
from search.engines.base import DateFilter, Filter
from search.engines.disk.evaluation.doc_sets import Frame, FramePart
from search.engines.disk.format.arrays import Mask, expand_ranges
from search.engines.disk.format.layout import DATE_ORDINALS
from search.engines.disk.reading.segments import UNDATED, KeywordColumn, Segment
from search.query.match import MatchDates, MatchKeyword
from search.schema import MISSING

_CACHED_BYTES: Final = 16 * 1024 * 1024


class Conditions:
    """What holds for the articles of one snapshot. Deleted articles are treated like others."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Mask] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def holds(self, condition: MatchKeyword | MatchDates, frame: Frame, time_zone: str) -> Mask:
        """Which articles of a frame a condition of a query holds for."""
        if isinstance(condition, MatchKeyword):
            return self._having(condition.field, condition.values, frame, missing=False)
        return self._within(condition.field, condition.start, condition.end, frame, time_zone)

    def passes(self, filter: Filter, frame: Frame, time_zone: str) -> Mask:
        """Which articles of a frame a filter keeps."""
        if isinstance(filter, DateFilter):
            return self._within(filter.field, filter.start, filter.end, frame, time_zone)
        mask: Mask = np.ones(frame.size, np.bool_)
        if filter.include:
            mask &= self._having(filter.field, filter.include, frame, missing=MISSING in filter.include)
        if filter.exclude:
            mask &= ~self._having(filter.field, filter.exclude, frame, missing=MISSING in filter.exclude)
        return mask

    def _having(self, field: str, values: Sequence[str], frame: Frame, *, missing: bool) -> Mask:
        wanted = tuple(sorted(set(values)))

        def having(part: FramePart) -> Mask:
            column = part.live.segment.keywords(field)
            if part.docs is None:
                return part.column(_having_all(column, wanted, missing))
            return _having(column, wanted, missing, part)

        return self._remembered((field, wanted, missing), frame, having)

    def _within(self, field: str, start: Moment | None, end: Moment | None, frame: Frame, time_zone: str) -> Mask:
        ordinal = DATE_ORDINALS[field]

        def within(part: FramePart) -> Mask:
            mask: Mask = part.column(part.live.segment.days(ordinal, time_zone)) != UNDATED
            if start is not None:
                mask &= _distance(part, ordinal, start, time_zone) >= 0
            if end is not None:
                mask &= _distance(part, ordinal, end, time_zone) <= 0
            return mask

        return self._remembered((field, start, end, _kinds(start, end), time_zone), frame, within)

    def _remembered(self, key: Hashable, frame: Frame, column: Callable[[FramePart], Mask]) -> Mask:
        """Masks of all articles are kept; others are made of those, or in little time."""
        with self._lock:
            if (known := self._known.get(key)) is not None:
                self._known.move_to_end(key)
                return frame.of_all(known)
        mask: Mask = frame.gather(np.bool_, column)
        if frame.is_whole:
            self._remember(key, mask)
        return mask

    def _remember(self, key: Hashable, mask: Mask) -> None:
        mask.flags.writeable = False
        with self._lock:
            if key not in self._known:
                self._known[key] = mask
                self._size += mask.nbytes
            while self._size > _CACHED_BYTES and len(self._known) > 1:
                self._size -= self._known.popitem(last=False)[1].nbytes


def _kinds(*moments: Moment | None) -> tuple[bool, ...]:
    """Tells a day from an instant: both may be equal to Python."""
    return tuple(moment is not None and is_floating(moment) for moment in moments)


def _having_all(column: KeywordColumn, values: Sequence[str], missing: bool) -> Mask:
    hits = _wanted(column, values)[column.ordinals]
    before = np.zeros(len(hits) + 1, np.uint32)
    np.cumsum(hits, out=before[1:])
    at = before[column.starts.astype(np.intp)]
    mask: Mask = at[1:] != at[:-1]
    return mask | (column.starts[1:] == column.starts[:-1]) if missing else mask


def _having(column: KeywordColumn, values: Sequence[str], missing: bool, part: FramePart) -> Mask:
    firsts, counts = column.rows(part.column)
    hits = _wanted(column, values)[column.ordinals[expand_ranges(firsts, counts, len(column.ordinals))]]
    mask: Mask = np.zeros(len(counts), np.bool_)
    mask[np.repeat(np.arange(len(counts)), counts)[hits]] = True
    return mask | (counts == 0) if missing else mask


def _wanted(column: KeywordColumn, values: Sequence[str]) -> Mask:
    """Which values of a column are among the given ones."""
    wanted: Mask = np.zeros(len(column.values), np.bool_)
    for value in values:
        if (ordinal := column.ordinal(value)) is not None:
            wanted[ordinal] = True
    return wanted


def _distance(part: FramePart, field: int, bound: Moment, time_zone: str) -> NDArray[Any]:
    """How far behind a bound each article is dated: in local days from a day, in seconds from an instant."""
    segment: Segment = part.live.segment
    if is_floating(bound):
        return part.column(segment.days(field, time_zone)) - bound.toordinal()
    return part.column(segment.epochs(field)) - epoch(bound)
