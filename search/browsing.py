"""Browsing an archive without a question: by day, by author, and through the years on one day."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Final
from urllib.parse import quote

from search.analysis.scripts import is_unspaced
from search.engines.plan import FacetPlan, PeriodFilter, Plan
from search.errors import EngineError
from search.linking import linked_hits
from search.periods import in_words
from search.query.match import MatchAll
from search.request.planning import Planner
from search.request.request import MAX_VALUES, Filters, SearchRequest
from search.request.urls import Addresses
from search.results.answer import HitContext
from search.results.browsing import (
    Author,
    AuthorsAnswer,
    CalendarAnswer,
    CalendarMonth,
    Letter,
    OnThatDay,
    OnThisDayAnswer,
)
from search.results.overview import MAX_PERIODS, counted_whole, index_info
from search.results.response import Hit, Period
from search.translation import gettext as _
from search.translation import month_day_in_words

AUTHORS_AT_ONCE: Final = 200
"""Authors on a page."""
MAX_AUTHORS: Final = 50_000
"""Authors that are listed, those with the most articles first."""
HITS_A_YEAR: Final = 5
"""Articles given of each year, of those that are read."""
MAX_HITS: Final = 200
"""Articles that are read for one day of the year, the newest first."""
OTHER: Final = "#"

LEAP_YEAR: Final = 2000
"""A year that has all days."""


def calendar_year(planner: Planner, year: str, addresses: Addresses, deadline: float) -> CalendarAnswer:
    """The days of a year ("2024"); "" is the newest that has articles. Raises EngineError."""
    years = _years(planner, deadline)
    shown = year or max(years, default="")
    days = _days_of(planner, shown, deadline) if shown in years else {}
    by_month: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for day, count in sorted(days.items()):
        by_month[day[:7]].append((day, count))
    request = SearchRequest(time_zone=addresses.time_zone)

    def period(value: str, count: int) -> Period:
        return Period(value, in_words(value), count, addresses.search(request.within(value)))

    def month(value: str, inner: list[tuple[str, int]]) -> CalendarMonth:
        count = sum(number for _, number in inner)
        return CalendarMonth(
            value, in_words(value), count, addresses.search(request.within(value)), tuple(period(*day) for day in inner)
        )

    return CalendarAnswer(
        year=shown,
        count=years.get(shown, 0),
        url=addresses.search(request.within(shown) if shown else request),
        months=tuple(month(*each) for each in by_month.items()),
        years=tuple(period(*each) for each in sorted(years.items(), reverse=True)),
        index=index_info(planner.status),
    )


def _years(planner: Planner, deadline: float) -> dict[str, int]:
    return _counts(planner, (), FacetPlan("published", MAX_PERIODS, interval="year"), deadline)


def _days_of(planner: Planner, year: str, deadline: float) -> dict[str, int]:
    within = PeriodFilter("published", "year", (year,))
    return _counts(planner, (within,), FacetPlan("published", 366, interval="day"), deadline)


def _counts(planner: Planner, filters: tuple[PeriodFilter, ...], facet: FacetPlan, deadline: float) -> dict[str, int]:
    if "facets" not in planner.capabilities:
        raise EngineError(_("this engine counts no dates, so there is no calendar; search by dates instead"))
    plan = Plan(MatchAll(), filters, (facet,), sort="newest", time_zone=planner.time_zone, limit=0, deadline=deadline)
    return dict(counted_whole(planner.searcher, plan).facets[0].values)


def authors(planner: Planner, letter: str, page: int, addresses: Addresses, own: str) -> AuthorsAnswer:
    """The authors of a letter; "" is the first. `own` is the address of this list, without parameters."""
    found = planner.searcher.top_values("author", MAX_AUTHORS)
    by_letter = Counter(letter_of(name) for name, _ in found)
    letters = sorted(by_letter, key=lambda each: (each == OTHER, each))
    shown = letter or next(iter(letters), "")
    named = sorted((pair for pair in found if letter_of(pair[0]) == shown), key=lambda pair: _alphabetical(pair[0]))
    first = (page - 1) * AUTHORS_AT_ONCE
    request = SearchRequest(time_zone=addresses.time_zone)
    more = first + AUTHORS_AT_ONCE < len(named)
    return AuthorsAnswer(
        letter=shown,
        letters=tuple(Letter(each, by_letter[each], _letter_address(own, each)) for each in letters),
        authors=tuple(
            Author(name, count, addresses.search(request.with_filters("author", Filters((name,)))))
            for name, count in named[first : first + AUTHORS_AT_ONCE]
        ),
        total=len(named),
        page=page,
        per_page=AUTHORS_AT_ONCE,
        truncated=len(found) >= MAX_AUTHORS,
        next=f"{_letter_address(own, shown)}&page={page + 1}" if more else None,
        index=index_info(planner.status),
    )


def _letter_address(own: str, letter: str) -> str:
    return f"{own}?letter={quote(letter)}"


def letter_of(name: str) -> str:
    """The letter under which a name stands: the first, as a capital without diacritics; OTHER if that is none of an
    alphabet."""
    first = next((character for character in name if character.isalnum()), "")
    plain = unicodedata.normalize("NFKD", first)[:1].upper()[:1]
    return plain if plain.isalpha() and not is_unspaced(plain) else OTHER


def _alphabetical(name: str) -> tuple[str, str]:
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return plain.casefold(), name


def on_this_day(planner: Planner, day: str, addresses: Addresses, deadline: float) -> OnThisDayAnswer:
    """What appeared on a day of the year ("07-03"), in all years. Raises ValueError if there is no such day, and
    EngineError."""
    label = day_of_year(day)
    days = tuple(value for year in _years(planner, deadline) if _is_a_day(value := f"{year}-{day}"))
    counts = _counts_of(planner, days, deadline)
    request = replace(SearchRequest(time_zone=addresses.time_zone), periods=tuple(sorted(counts)))
    by_year = (
        {year: tuple(hits) for year, hits in _hits_by_year(planner, request, addresses, deadline)} if counts else {}
    )
    return OnThisDayAnswer(
        on=day,
        label=label,
        total=sum(counts.values()),
        url=addresses.search(request) if 0 < len(counts) <= MAX_VALUES else None,
        years=tuple(
            OnThatDay(
                value[:4], in_words(value), count, addresses.search(request.within(value)), by_year.get(value[:4], ())
            )
            for value, count in sorted(counts.items(), reverse=True)
        ),
        index=index_info(planner.status),
    )


def day_of_year(day: str) -> str:
    """ "3 July" for "07-03". Raises ValueError if there is no such day in any year."""
    if len(day) != 5 or not _is_a_day(f"{LEAP_YEAR}-{day}"):
        raise ValueError(f"not a day of the year: {day[:20]!r}")
    return month_day_in_words(int(day[:2]), int(day[3:]))


def _is_a_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _counts_of(planner: Planner, days: tuple[str, ...], deadline: float) -> dict[str, int]:
    if not days:
        return {}
    within = PeriodFilter("published", "day", days)
    counts = _counts(planner, (within,), FacetPlan("published", 1, selected=days, interval="day"), deadline)
    return {day: counts[day] for day in days if counts.get(day)}


def _hits_by_year(
    planner: Planner, request: SearchRequest, addresses: Addresses, deadline: float
) -> list[tuple[str, Sequence[Hit]]]:
    """The first articles of each year, of those that are read."""
    plan = Plan(
        MatchAll(),
        (PeriodFilter("published", "day", request.periods),),
        sort="newest",
        time_zone=planner.time_zone,
        limit=MAX_HITS,
        bring="head",
        deadline=deadline,
    )
    context = HitContext(replace(request, sort="newest"), plan, planner.status.articles)
    shown = linked_hits(counted_whole(planner.searcher, plan).hits, context, addresses)
    dated = [(hit.published[:4], hit) for hit in shown if hit.published]
    return [(year, [hit for _, hit in group][:HITS_A_YEAR]) for year, group in groupby(dated, key=itemgetter(0))]
