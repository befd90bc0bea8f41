"""From when on an article may be shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from search.document import Moment

LAST: Final = datetime(2200, 12, 31, tzinfo=UTC)
"""A later moment is a mistake or means "never"; the calendar ends before some zones can say it."""


def shown_from(embargo: datetime | None, published: Moment | None, zone: str) -> datetime | None:
    """The later of the embargo and the beginning of the publication, in UTC; None if neither is stated.

    A bare date begins with its day in `zone`, and a time without a zone is of that zone.
    """
    return max((_instant(moment, zone) for moment in (embargo, published) if moment is not None), default=None)


def between(days: tuple[date, date] | None, zone: str) -> tuple[datetime, datetime] | None:
    """The moments in UTC at which two days begin in `zone`."""
    return (_instant(days[0], zone), _instant(days[1], zone)) if days else None


def _instant(moment: Moment, zone: str) -> datetime:
    if moment.year > LAST.year:
        return LAST
    if not isinstance(moment, datetime):
        moment = datetime.combine(date(moment.year, moment.month, moment.day), time.min)
    aware = moment if moment.utcoffset() is not None else moment.replace(tzinfo=ZoneInfo(zone))
    try:
        return aware.astimezone(UTC)
    except OverflowError:  # in the year 1
        return datetime.min.replace(tzinfo=UTC)
