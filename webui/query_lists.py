"""What the desk shows of the query log: two lists, each query with its counts by day as a small picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from search.query_log.report import CountedQuery, QueryReport
from search.translation import day_in_words, gettext_noop, number
from search.translation import gettext as _

PERIODS: Final = ((7, gettext_noop("7 days")), (30, gettext_noop("30 days")), (365, gettext_noop("A year")))
WIDTH: Final = 90
HEIGHT: Final = 20
"""Of a picture, in pixels."""
_MOST_BARS: Final = 31
"""Bars of one day each; of a longer time, each is a week."""
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class SmallBar:
    """A bar of a picture, in its pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class QueryRow:
    """A query of a list. `count` is how often it was asked or, in the list of those without a hit, found nothing.

    `peak` says in words what the picture shows. `variant_url` leads to spellings for it, "" if it finds something now.
    """

    query: str
    url: str
    count: int
    bars: tuple[SmallBar, ...]
    peak: str
    finds: int
    variant_url: str = ""


@dataclass(frozen=True, slots=True)
class QueryLists:
    """Everything on the page."""

    days: int
    first: str
    last: str
    least: int
    counting: bool
    top: tuple[QueryRow, ...]
    missed: tuple[QueryRow, ...]


def query_lists(days: int, top: QueryReport, missed: QueryReport, variant_path: str) -> QueryLists:
    """The lists of two reports about the same days. `variant_path` is the page that proposes spellings."""
    return QueryLists(
        days=days,
        first=day_in_words(date.fromisoformat(top.start)),
        last=day_in_words(date.fromisoformat(top.end)),
        least=top.least,
        counting=top.counting,
        top=tuple(_row(row, [each.times for each in row.days], top) for row in top.queries),
        missed=tuple(_row(row, [each.no_hits for each in row.days], missed, variant_path) for row in missed.queries),
    )


def _row(row: CountedQuery, counts: Sequence[int], report: QueryReport, variant_path: str = "") -> QueryRow:
    by_day = {date.fromisoformat(each.day): count for each, count in zip(row.days, counts, strict=True)}
    most = max(by_day, key=lambda day: (by_day[day], day))
    return QueryRow(
        query=row.query,
        url=row.url,
        count=sum(counts),
        bars=_bars(by_day, date.fromisoformat(report.start), date.fromisoformat(report.end)),
        peak=_("most on %(day)s: %(n)s", day=day_in_words(most), n=number(by_day[most])),
        finds=row.articles or 0,
        variant_url=f"{variant_path}?{urlencode({'q': row.query})}" if variant_path and not row.articles else "",
    )


def _bars(by_day: dict[date, int], first: date, last: date) -> tuple[SmallBar, ...]:
    """A bar for each day that has a count, or for each week, as high as its part of the highest."""
    days = (last - first).days + 1
    step = 1 if days <= _MOST_BARS else _WEEK
    sums: dict[int, int] = {}
    for day, count in by_day.items():
        place = (day - first) // timedelta(days=step)
        sums[place] = sums.get(place, 0) + count
    slot = WIDTH / -(-days // step)
    most = max(sums.values(), default=0) or 1
    return tuple(
        SmallBar(
            round(place * slot, 2),
            round(HEIGHT - height, 2),
            round(max(slot - (1 if slot > 2 else 0.3), 1), 2),
            height,
        )
        for place, count in sorted(sums.items())
        if count and (height := round(max(HEIGHT * count / most, 1.5), 2))
    )
