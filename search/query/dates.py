"""Dates as people write them: a year, a month, a day, an instant, or a time before now."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, cast

from search.document import Moment
from search.translation import gettext as _

Unit = Literal["h", "d", "w", "M", "y"]

_DAYS = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_AGO = re.compile(r"now(?:-([0-9]{1,6})([hdwMy]))?")
_EARLIEST = datetime(1, 1, 3, tzinfo=UTC)  # leaves room to convert to any time zone within the calendar
_LATEST = datetime(9999, 12, 29, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RelativeTime:
    """A time before now: what "now-7d" says. `str()` writes it back, so that a bookmarked search keeps moving."""

    amount: int = 0
    unit: Unit = "d"

    def __str__(self) -> str:
        return "now" if (self.amount, self.unit) == (0, "d") else f"now-{self.amount}{self.unit}"

    def at(self, now: datetime) -> datetime:
        """The instant, to the second, counted back from `now` (aware).

        Months and years ago keep the day of the month where that month has it.
        Raises ValueError if the instant lies before the calendar begins.
        """
        now = now.replace(microsecond=0)
        try:
            if self.unit in ("M", "y"):
                moment = _months_before(now, self.amount * (12 if self.unit == "y" else 1))
            else:
                moment = now - self.amount * _UNITS[self.unit]
            return _within_calendar(str(self), moment)
        except (OverflowError, ValueError):
            message = _('"%(date)s" is before the calendar begins; write %(forms)s', date=self, forms=forms())
            raise ValueError(message) from None


Bound = Moment | RelativeTime
"""One end of a span of dates: a whole day, an instant, or a time before now."""


def parse_bounds(text: str) -> tuple[Bound, Bound]:
    """The first and the last moment of what `text` names: "2024-07" gives 1 and 31 July 2024, as dates.

    An RFC 3339 instant is one aware datetime and "now-7d" one `RelativeTime`, each given twice.
    Raises ValueError, whose message says what is accepted.
    """
    text = text.strip()
    if match := _DAYS.fullmatch(text):
        return _days(text, *match.groups())
    bound: Bound
    if match := _INSTANT.fullmatch(text):
        bound = _instant(text, match[1])
    elif match := _AGO.fullmatch(text):
        bound = RelativeTime(int(match[1] or 0), cast(Unit, match[2] or "d"))
    else:
        raise ValueError(_('"%(date)s" is not a date; write %(forms)s', date=shortened(text), forms=forms()))
    return bound, bound


def parse_period(text: str, *, now: datetime | None = None) -> tuple[Moment, Moment]:
    """Like `parse_bounds`, with relative times counted back from `now` (aware), which defaults to the clock's."""
    clock = now or datetime.now(UTC)
    first, last = parse_bounds(text)
    return absolute(first, clock), absolute(last, clock)


def absolute(bound: Bound, now: datetime) -> Moment:
    """The bound itself; for a relative one the instant it means at `now`. Raises ValueError like `RelativeTime.at`."""
    return bound.at(now) if isinstance(bound, RelativeTime) else bound


def forms() -> str:
    """The forms that `parse_bounds` reads, for messages."""
    return _("2024, 2024-07, 2024-07-03, 2024-07-03T09:30:00Z or now-7d (h, d, w, M, y)")


def shortened(text: str) -> str:
    """At most 60 characters of `text`, for a message."""
    return text if len(text) <= 60 else text[:59] + "…"


def _days(text: str, year: str, month: str | None, day: str | None) -> tuple[date, date]:
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise ValueError(_not_in_calendar(text)) from None
    if day:
        return first, first
    if month:
        return first, first.replace(day=monthrange(first.year, first.month)[1])
    return first, first.replace(month=12, day=31)


def _instant(text: str, offset: str | None) -> datetime:
    if not offset:
        message = _(
            '"%(date)s" needs a time zone: end it with Z or an offset such as %(offset)s', date=text, offset="+02:00"
        )
        raise ValueError(message)
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError(_not_in_calendar(text)) from None
    return _within_calendar(text, moment)


def _not_in_calendar(text: str) -> str:
    return _('"%(date)s" is not in the calendar; write %(forms)s', date=text, forms=forms())


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
        raise ValueError(_('"%(date)s" is too close to the ends of the calendar', date=text))
    return moment
