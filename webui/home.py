"""The front page: the newest articles, the sections, and a calendar of the archive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from search.results.response import Hit, OtherVersion, Overview, Period, SectionNode
from search.translation import month_names, ngettext, number

MAX_OPEN_YEARS: Final = 12
"""Years that are shown open, with their months; older ones are folded into decades."""
MAX_OPEN_SECTIONS: Final = 14
"""Top-level sections that are listed openly; those after them are folded away."""
MAX_VERSIONS: Final = 6
"""Other versions of an article that are named; those after them are counted."""
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
class Newest:
    """One of the newest stories: the article shown, the other versions that are named, and how many there are more."""

    hit: Hit
    also_in: tuple[OtherVersion, ...]
    more: int


@dataclass(frozen=True, slots=True)
class HomeView:
    """Everything that the front page shows. `tally` says in words what the archive holds."""

    tally: str
    articles: int
    newest: tuple[Newest, ...]
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
        newest=tuple(map(_newest, overview.newest, overview.also_in)),
        sections=overview.sections[:MAX_OPEN_SECTIONS],
        more_sections=overview.sections[MAX_OPEN_SECTIONS:],
        years=tuple(years[:MAX_OPEN_YEARS]),
        decades=tuple(_decades(folded)),
        undated=overview.undated,
    )


def _newest(hit: Hit, also_in: Sequence[OtherVersion]) -> Newest:
    return Newest(hit, tuple(also_in[:MAX_VERSIONS]), max(0, len(also_in) - MAX_VERSIONS))


def _tally(overview: Overview) -> str:
    held, languages = _articles(overview.index.articles, overview.years), len(overview.languages)
    if languages < 2:
        return held
    return ngettext(
        "%(articles)s in %(n)s language",
        "%(articles)s in %(n)s languages",
        languages,
        articles=held,
        n=number(languages),
    )


def _articles(count: int, years: Sequence[Period]) -> str:
    """How many articles there are, and of which years."""
    written = number(count)
    if not years:
        return ngettext("%(n)s article", "%(n)s articles", count, n=written)
    newest, oldest = years[0].label, years[-1].label
    if newest == oldest:
        return ngettext("%(n)s article from %(year)s", "%(n)s articles from %(year)s", count, n=written, year=newest)
    return ngettext(
        "%(n)s article from %(first)s to %(last)s",
        "%(n)s articles from %(first)s to %(last)s",
        count,
        n=written,
        first=oldest,
        last=newest,
    )


def _year(year: Period, busiest: int) -> Year:
    filled = {int(month.value[5:7]): month for month in year.months}
    names = zip(month_names(), month_names(short=True), strict=True)
    months = tuple(_month(*both, filled.get(place), busiest) for place, both in enumerate(names, start=1))
    return Year(year.label, year.count, year.url, months)


def _month(name: str, short: str, month: Period | None, busiest: int) -> Month:
    if month is None or not month.count:
        return Month(short, name, 0, "", 0)
    return Month(short, month.label, month.count, month.url, shade_of(month.count, busiest))


def shade_of(count: int, busiest: int) -> int:
    """The shade of a period with `count` articles, beside one with the most of all."""
    return min(SHADES, 1 + SHADES * (count - 1) // busiest)


def _decades(years: Iterable[Year]) -> Iterable[Decade]:
    """Years by decade. The label names the years that are there: some of the decade may be among the open ones."""
    for _, group in groupby(years, key=lambda year: int(year.label) // 10):
        held = tuple(group)
        newest, oldest = held[0].label, held[-1].label
        label = newest if newest == oldest else f"{oldest}–{newest}"
        yield Decade(label, sum(year.count for year in held), held)
