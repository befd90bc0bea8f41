"""Years, months and days as facets and timelines name them: "2024", "2024-07", "2024-07-03".

Each kind of period is numbered without gaps, so that drawing, stepping and coarsening are arithmetic.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, date
from functools import lru_cache
from typing import Final, Literal

Step = Literal["day", "month", "year", "decade", "century"]

STEPS: Final[tuple[Step, ...]] = ("day", "month", "year", "decade", "century")
"""From fine to coarse."""

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_PERIOD: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")


@lru_cache(maxsize=4096)
def first_day(period: str) -> date:
    """The first day of "2024", "2024-07" or "2024-07-03"; raises ValueError for anything else."""
    if not _PERIOD.fullmatch(period):
        raise ValueError(f"not a year, month or day: {period[:40]!r}")
    year, month, day = (*(int(part) for part in period.split("-")), 1, 1)[:3]
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(f"not a year, month or day: {period!r}") from error


@lru_cache(maxsize=4096)
def last_day(period: str) -> date:
    """The last day of "2024", "2024-07" or "2024-07-03"; raises ValueError for anything else."""
    first = first_day(period)
    match period.count("-"):
        case 0:
            return first.replace(month=12, day=31)
        case 1:
            return first.replace(day=monthrange(first.year, first.month)[1])
        case _:
            return first


def period_of(first: date, last: date) -> str | None:
    """The year, month or day that goes from `first` to `last` exactly; None if there is none."""
    iso = first.isoformat()
    for period in (iso[:4], iso[:7], iso):
        if (first_day(period), last_day(period)) == (first, last):
            return period
    return None


def day_in_words(day: date) -> str:
    """ "3 July 2024"."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def in_words(period: str) -> str:
    """ "2024", "July 2024" or "3 July 2024"."""
    first = first_day(period)
    match period.count("-"):
        case 0:
            return str(first.year)
        case 1:
            return f"{MONTHS[first.month - 1]} {first.year}"
        case _:
            return day_in_words(first)


def number_of(step: Step, day: date) -> int:
    """Which period of its kind the day falls in; the next one's number is one higher."""
    match step:
        case "day":
            return day.toordinal()
        case "month":
            return day.year * 12 + day.month - 1
        case "year":
            return day.year
        case "decade":
            return day.year // 10
        case "century":
            return day.year // 100


@lru_cache(maxsize=4096)
def bounds_of(step: Step, number: int) -> tuple[date, date]:
    """The first and the last day of the period with that number."""
    match step:
        case "day":
            day = date.fromordinal(number)
            return day, day
        case "month":
            year, month = divmod(number, 12)
            return date(year, month + 1, 1), date(year, month + 1, monthrange(year, month + 1)[1])
        case "year":
            return _years(number, number)
        case "decade":
            return _years(number * 10, number * 10 + 9)
        case "century":
            return _years(number * 100, number * 100 + 99)


def _years(first: int, last: int) -> tuple[date, date]:
    return date(max(first, MINYEAR), 1, 1), date(min(last, MAXYEAR), 12, 31)
