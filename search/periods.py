"""Periods as facets and timelines name them: "2024", "2024-07", "2024-07-03"; decades and centuries as "202X", "20XX".

The letter X for digits that are left open is that of EDTF (https://www.loc.gov/standards/datetime/, level 1).

The periods of each kind are numbered consecutively, so that stepping and coarsening are arithmetic.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, date
from functools import lru_cache
from typing import Final, Literal

from search.translation import day_in_words, month_in_words

Interval = Literal["day", "month", "year", "decade", "century"]
"""The kinds of period."""

INTERVALS: Final[tuple[Interval, ...]] = ("day", "month", "year", "decade", "century")
"""From fine to coarse."""

_BY_HYPHENS: Final[tuple[Interval, ...]] = ("year", "month", "day")

_PERIOD: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}|[0-9]{3}X|[0-9]{2}XX")


def label_of(interval: Interval, day: date) -> str:
    """What the period that the day falls in is called."""
    iso = day.isoformat()
    match interval:
        case "day":
            return iso
        case "month":
            return iso[:7]
        case "year":
            return iso[:4]
        case "decade":
            return iso[:3] + "X"
        case "century":
            return iso[:2] + "XX"


def interval_of(period: str) -> Interval:
    """The kind of a period: "year" for "2024"."""
    if "X" in period:
        return "decade" if period.count("X") == 1 else "century"
    return _BY_HYPHENS[period.count("-")]


@lru_cache(maxsize=4096)
def first_day(period: str) -> date:
    """The first day of a period, such as "2024" or "2024-07"; raises ValueError for anything else."""
    if not _PERIOD.fullmatch(period):
        raise ValueError(f"not a period: {period[:40]!r}")
    year, month, day = (*(int(part) for part in period.replace("X", "0").split("-")), 1, 1)[:3]
    try:
        return date(max(year, MINYEAR) if "X" in period else year, month, day)
    except ValueError as error:
        raise ValueError(f"not a period: {period!r}") from error


@lru_cache(maxsize=4096)
def last_day(period: str) -> date:
    """The last day of a period; raises ValueError for anything else."""
    first = first_day(period)
    match period.count("-"):
        case 0:
            return first.replace(year=int(period.replace("X", "9")), month=12, day=31)
        case 1:
            return first.replace(day=monthrange(first.year, first.month)[1])
        case _:
            return first


def period_of(first: date, last: date) -> str | None:
    """The year, month or day that is exactly from `first` to `last`; None if there is none."""
    iso = first.isoformat()
    for period in (iso[:4], iso[:7], iso):
        if (first_day(period), last_day(period)) == (first, last):
            return period
    return None


def in_words(period: str) -> str:
    """ "2024", "July 2024" or "3 July 2024", in the language that is spoken."""
    first = first_day(period)
    match period.count("-"):
        case 0:
            return str(first.year)
        case 1:
            return month_in_words(first)
        case _:
            return day_in_words(first)


def number_of(interval: Interval, day: date) -> int:
    """Which period of its kind the day falls in; the next one's number is one higher."""
    match interval:
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
def bounds_of(interval: Interval, number: int) -> tuple[date, date]:
    """The first and the last day of the period with that number."""
    match interval:
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
