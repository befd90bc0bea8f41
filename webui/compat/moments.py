"""The dates of the dialects: the ranges that they ask for, and how they write what has no time of day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from search.document import Moment
from search.errors import ParameterError
from search.query.tree import DateRange


def in_utc(moment: Moment) -> datetime:
    """The moment in UTC, to the second. The dialects know no day without a time: a bare day is its first moment."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time.min, UTC)
    return moment.astimezone(UTC).replace(microsecond=0)


def dated(parameter: str, start: Moment | None, end: Moment | None, field: str = "published") -> DateRange:
    """The articles between two moments, both included. Raises ParameterError if the range ends before it begins."""
    if start is not None and end is not None:
        if isinstance(start, datetime) and isinstance(end, datetime):
            is_reversed = start > end
        else:
            is_reversed = _day(start) > _day(end)
        if is_reversed:
            raise ParameterError(parameter, f"the range ends before it begins: {start} is later than {end}")
    return DateRange(start, end, field)


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
