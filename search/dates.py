"""How engines interpret dates: the day of a date, its bucket, and whether it is within a range.

A datetime is an instant, and its day depends on the time zone.
A bare date is a floating day: the same day in every zone. Where an instant is needed (to sort, or to compare with
another instant), it counts as midnight UTC of that day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from search.document import Moment
from search.errors import ParameterError
from search.periods import INTERVALS, Interval, label_of, number_of
from search.translation import gettext as _

DAY_SECONDS: Final = 86_400

MOST_DAYS: Final = 123
"""A timeline of up to this many days shows days, of any four months: months would be four bars, or fewer."""

MOST_MONTHS: Final = 150
"""A timeline of up to this many months shows months: twelve and a half years."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH).total_seconds()
_LAST: Final = (datetime.max.replace(tzinfo=UTC, microsecond=0) - _EPOCH).total_seconds()
EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone of that name; raises ParameterError if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        message = _(
            "%(name)s is no time zone; use an IANA name such as %(example)s",
            name=repr(name[:64]),
            example="Europe/Paris",
        )
        raise ParameterError("tz", message) from error


def epoch(moment: Moment) -> float:
    """Seconds since 1970 in UTC; a naive datetime is taken as UTC.

    An instant that is outside the calendar in UTC is clamped to its first or last instant.
    """
    if not isinstance(moment, datetime):
        return float((moment.toordinal() - EPOCH_ORDINAL) * DAY_SECONDS)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((aware - _EPOCH).total_seconds(), _FIRST), _LAST)


def is_floating(moment: Moment) -> bool:
    """True for a bare date."""
    return not isinstance(moment, datetime)


def utc_offset(seconds: float, zone: ZoneInfo) -> float:
    """Seconds that local time is ahead of UTC at that instant; 0 at the ends of the calendar."""
    try:
        offset = datetime.fromtimestamp(seconds, UTC).astimezone(zone).utcoffset()
    except (OverflowError, ValueError, OSError):
        return 0.0
    return offset.total_seconds() if offset else 0.0


def local_day(moment: Moment, zone: ZoneInfo) -> int:
    """The day of the moment in that zone, as a proleptic ordinal (`date.toordinal`)."""
    if not isinstance(moment, datetime):
        return moment.toordinal()
    seconds = epoch(moment)
    return int((seconds + utc_offset(seconds, zone)) // DAY_SECONDS) + EPOCH_ORDINAL


def within(moment: Moment | None, start: Moment | None, end: Moment | None, zone: ZoneInfo) -> bool:
    """Whether the moment is between both ends, included.

    An end that is None is open, and one that is a bare date includes that whole day. A moment of None never is.
    """
    if moment is None:
        return False
    return (start is None or _compare(moment, start, zone) >= 0) and (end is None or _compare(moment, end, zone) <= 0)


def _compare(moment: Moment, bound: Moment, zone: ZoneInfo) -> float:
    if isinstance(bound, datetime):
        return epoch(moment) - epoch(bound)
    return local_day(moment, zone) - bound.toordinal()


@lru_cache(maxsize=100_000)
def bucket(day: int, interval: Interval) -> str:
    """The label of the period that a day (an ordinal) falls in: see `search.periods.label_of`."""
    return label_of(interval, date.fromordinal(day))


def choose_interval(first: int, last: int, max_buckets: int) -> Interval:
    """The finest interval that draws the days (ordinals) from first to last well, in at most `max_buckets` buckets.

    Centuries where even they are more.
    """
    start, end = date.fromordinal(first), date.fromordinal(last)
    most: dict[Interval, int] = {"day": MOST_DAYS, "month": MOST_MONTHS}
    for interval in INTERVALS:
        buckets = number_of(interval, end) - number_of(interval, start) + 1
        if buckets <= min(most.get(interval, max_buckets), max_buckets):
            return interval
    return INTERVALS[-1]
