"""The front page: the newest articles, the sections, and a calendar of the archive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from search.periods import MONTHS
from search.results.response import Hit, Overview, Period, SectionNode

MAX_OPEN_YEARS: Final = 12
"""Years that are shown open, with their months; older ones are folded into decades."""
MAX_OPEN_SECTIONS: Final = 14
"""Top-level sections that are listed openly; those after them are folded away."""
SHADES: Final = 4
"""Shades of a month in the calendar."""


@dataclass(frozen=True, slots=True)
class Month:
    """A cell of the calendar. `shade` is from 1 to SHADES by the number of articles, 0 if there are none."""

    short: str
    label: str
    count: int
    url: str
    shade: int


@dataclass(frozen=True, slots=True)
class Year:
    """A row of the calendar: always twelve months, empty ones included."""

    label: str
    count: int
    url: str
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class Decade:
    """The folded years of one decade, the newest first."""

    label: str
    count: int
    years: tuple[Year, ...]


@dataclass(frozen=True, slots=True)
class HomeView:
    """Everything that the front page shows. `tally` says in words what the archive holds."""

    tally: str
    articles: int
    newest: tuple[Hit, ...]
    sections: tuple[SectionNode, ...]
    more_sections: tuple[SectionNode, ...]
    years: tuple[Year, ...]
    decades: tuple[Decade, ...]
    undated: int


def home_view(overview: Overview) -> HomeView:
    """The view of the archive."""
    busiest = max((month.count for year in overview.years for month in year.months), default=1)
    years = [_year(year, busiest) for year in overview.years]
    folded = years[MAX_OPEN_YEARS:]
    return HomeView(
        tally=_tally(overview),
        articles=overview.index.articles,
        newest=overview.newest,
        sections=overview.sections[:MAX_OPEN_SECTIONS],
        more_sections=overview.sections[MAX_OPEN_SECTIONS:],
        years=tuple(years[:MAX_OPEN_YEARS]),
        decades=tuple(_decades(folded)),
        undated=overview.undated,
    )


def _tally(overview: Overview) -> str:
    articles = overview.index.articles
    text = f"{articles:,} {'article' if articles == 1 else 'articles'}"
    if overview.years:
        newest, oldest = overview.years[0].label, overview.years[-1].label
        text += f" from {newest}" if newest == oldest else f" from {oldest} to {newest}"
    if len(overview.languages) > 1:
        text += f" in {len(overview.languages)} languages"
    return text


def _year(year: Period, busiest: int) -> Year:
    filled = {int(month.value[5:7]): month for month in year.months}
    months = tuple(_month(name, filled.get(number), busiest) for number, name in enumerate(MONTHS, start=1))
    return Year(year.label, year.count, year.url, months)


def _month(name: str, month: Period | None, busiest: int) -> Month:
    short = name[:3]
    if month is None or not month.count:
        return Month(short, name, 0, "", 0)
    shade = min(SHADES, 1 + (SHADES * (month.count - 1)) // busiest)
    return Month(short, month.label, month.count, month.url, shade)


def _decades(years: Iterable[Year]) -> Iterable[Decade]:
    """Years by decade. The label names the years that are there: some of the decade may be among the open ones."""
    for _, group in groupby(years, key=lambda year: int(year.label) // 10):
        held = tuple(group)
        newest, oldest = held[0].label, held[-1].label
        label = newest if newest == oldest else f"{oldest}–{newest}"
        yield Decade(label, sum(year.count for year in held), held)
