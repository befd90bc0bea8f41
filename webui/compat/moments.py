"""The dates of the dialects: the ranges that they ask for, and how they write what has no time of day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

from search.dates import zone_named
from search.document import Moment
from search.errors import ParameterError
from search.query.tree import DateRange


def in_utc(moment: Moment) -> datetime:
    """The moment in UTC, to the second. The dialects know no day without a time: a bare day is its first moment."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time.min, UTC)
    return moment.astimezone(UTC).replace(microsecond=0)


def local(moment: datetime, time_zone: str) -> Moment:
    """The moment in that time zone, as which it is taken if it has none: so its day is one that bare days are compared
    with. The query language knows offsets in minutes, which clocks did not always have.

    In the first and the last year of the calendar it is the whole day, which clients write for an open end.
    """
    if not date.min.year < moment.year < date.max.year:
        return moment.date()
    zone = zone_named(time_zone)
    aware = moment.replace(microsecond=0) if moment.tzinfo else moment.replace(microsecond=0, tzinfo=zone)
    offset = aware.astimezone(zone).utcoffset() or timedelta()
    return aware.astimezone(timezone(timedelta(minutes=offset // timedelta(minutes=1))))


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
