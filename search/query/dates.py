"""Dates as readers write them in a query: a year, a month, a day, an instant, or a time ago."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Final

from search.document import Moment

FORMS: Final = "2024, 2024-07, 2024-07-03, 2024-07-03T09:30:00Z or now-7d (h, d, w, M, y)"
"""The forms that `parse_period` accepts, for messages."""

_DAYS = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_AGO = re.compile(r"now(?:-([0-9]{1,6})([hdwMy]))?")
_EARLIEST = datetime(1, 1, 3, tzinfo=UTC)  # leaves room to convert to any time zone within the calendar
_LATEST = datetime(9999, 12, 29, tzinfo=UTC)


def parse_period(text: str, *, now: datetime | None = None) -> tuple[Moment, Moment]:
    """The first and the last moment of the period that `text` names: "2024-07" gives 1 and 31 July 2024, as dates.

    For an RFC 3339 instant or `now-7d`, both are the same aware datetime. `now` (aware) defaults to the current time.
    Months and years ago keep the day of the month, or take the last day of a shorter month.
    Raises ValueError, with a message that says what is accepted.
    """
    text = text.strip()
    if match := _DAYS.fullmatch(text):
        return _days(text, *match.groups())
    if match := _INSTANT.fullmatch(text):
        moment = _instant(text, match[1])
    elif match := _AGO.fullmatch(text):
        moment = _ago(text, now or datetime.now(UTC), int(match[1] or 0), match[2] or "d")
    else:
        raise ValueError(f'"{shortened(text)}" is not a date; write {FORMS}')
    return moment, moment


def shortened(text: str) -> str:
    """At most 60 characters of `text`, for a message."""
    return text if len(text) <= 60 else text[:59] + "…"


def _days(text: str, year: str, month: str | None, day: str | None) -> tuple[date, date]:
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise ValueError(f'"{text}" is not in the calendar; write {FORMS}') from None
    if day:
        return first, first
    if month:
        return first, first.replace(day=monthrange(first.year, first.month)[1])
    return first, first.replace(month=12, day=31)


def _instant(text: str, offset: str | None) -> datetime:
    if not offset:
        raise ValueError(f'"{text}" needs a time zone: end it with Z or an offset such as +02:00')
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError(f'"{text}" is not in the calendar; write {FORMS}') from None
    return _within_calendar(text, moment)


def _ago(text: str, now: datetime, count: int, unit: str) -> datetime:
    now = now.replace(microsecond=0)
    try:
        if unit in "My":
            return _within_calendar(text, _months_before(now, count * (12 if unit == "y" else 1)))
        return _within_calendar(text, now - count * _UNITS[unit])
    except (OverflowError, ValueError):
        raise ValueError(f'"{text}" is before the calendar begins; write {FORMS}') from None


_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def _months_before(now: datetime, months: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    if year < 1:
        raise ValueError("before the year 1")
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def _within_calendar(text: str, moment: datetime) -> datetime:
    try:
        inside = _EARLIEST <= moment.astimezone(UTC) <= _LATEST
    except OverflowError:
        inside = False
    if not inside:
        raise ValueError(f'"{text}" is too close to the ends of the calendar')
    return moment
