"""The facets there are, how their values read, and what a click on one of them asks for.

To add a facet: one row in `FACETS` (and its field in `search/schema.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from search.analysis import language_name
from search.document import SECTION_SEPARATOR
from search.engines.base import FacetCounts, FacetPlan, Interval
from search.errors import ParameterError
from search.periods import first_day, in_words, last_day, period_of
from search.request.links import LinkMaker
from search.request.request import Conditions, FacetRequest, Filters, SearchRequest
from search.results.response import Facet, FacetValue
from search.schema import KEYWORD_FIELDS, MISSING


@dataclass(frozen=True, slots=True)
class FacetKind:
    """A facet: the keyword field it counts, or the interval by which it counts the request's date."""

    name: str
    label: str
    value_label: Callable[[str], str] = str
    keyword: str | None = None
    interval: Interval | None = None


def type_label(value: str) -> str:
    """A content type as a word: "news-brief" is "News brief"."""
    words = value.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


FACETS: Final[dict[str, FacetKind]] = {
    row.name: row
    for row in (
        FacetKind("section", "Section", keyword="section"),
        FacetKind("author", "Author", keyword="author"),
        FacetKind("tag", "Tag", keyword="tag"),
        FacetKind("lang", "Language", language_name, keyword="lang"),
        FacetKind("type", "Type", type_label, keyword="type"),
        FacetKind("year", "Year", in_words, interval="year"),
        FacetKind("month", "Month", in_words, interval="month"),
        FacetKind("day", "Day", in_words, interval="day"),
    )
}


def value_label(name: str, value: str) -> str:
    """How a value of that facet or keyword field reads: "English", "July 2024"; "none" for articles without one."""
    if value == MISSING:
        return "none"
    return FACETS[name].value_label(value) if name in FACETS else value


def facet_kind(name: str) -> FacetKind:
    """The facet of that name; raises ParameterError naming those there are."""
    if name not in FACETS:
        raise ParameterError("facets", f"there is no facet {name!r}; choose from {', '.join(FACETS)}")
    return FACETS[name]


def facet_plan(request: SearchRequest, asked: FacetRequest) -> FacetPlan:
    """What the engine has to count for one facet of the request."""
    kind = facet_kind(asked.name)
    return FacetPlan(
        field=kind.keyword or request.date,
        size=asked.size,
        selected=tuple(value for value in selected_values(request, kind) if value != MISSING),
        interval=kind.interval,
    )


def selected_values(request: SearchRequest, kind: FacetKind) -> tuple[str, ...]:
    """The values of the facet that the request asks for, each once."""
    if kind.keyword is not None:
        return tuple(dict.fromkeys(request.filters(kind.keyword).include))
    period = selected_period(request)
    return (period,) if period is not None and _interval(period) == kind.interval else ()


def selected_period(request: SearchRequest) -> str | None:
    """The year, month or day that the request's dates are, exactly; None if they are none."""
    start, end = request.start, request.end
    if start is None or end is None or isinstance(start, datetime) or isinstance(end, datetime):
        return None
    return period_of(start, end)


def _interval(period: str) -> Interval:
    intervals: tuple[Interval, ...] = ("year", "month", "day")
    return intervals[period.count("-")]


def within(request: SearchRequest, period: str) -> SearchRequest:
    """The request for that year, month or day, in place of any other dates."""
    return dated(request, first_day(period), last_day(period))


def dated(request: SearchRequest, start: date | None, end: date | None) -> SearchRequest:
    """The request with other dates, from the first page."""
    return replace(request, start=start, end=end, page=1, cursor=None)


def toggle(request: SearchRequest, name: str, value: str) -> SearchRequest:
    """The request after a click on that value: added, or taken away if it is selected.

    In a hierarchical field a section takes the place of the sections above and below it,
    since beside them it would change nothing.
    """
    kind = facet_kind(name)
    return request.under(_toggled(request, kind, value, selected_values(request, kind)))


def _toggled(request: SearchRequest, kind: FacetKind, value: str, selected: Collection[str]) -> Conditions:
    if kind.keyword is None:
        bounds = (None, None) if value in selected else (first_day(value), last_day(value))
        return Conditions(request.keywords, *bounds)
    filters = request.filters(kind.keyword)
    if value in filters.include:
        kept = tuple(other for other in filters.include if other != value)
        return request.conditions(kind.keyword, Filters(kept, filters.exclude))
    hierarchical = KEYWORD_FIELDS[kind.keyword].hierarchical
    kept = tuple(other for other in filters.include if not (hierarchical and _related(other, value)))
    exclude = tuple(other for other in filters.exclude if other != value)
    return request.conditions(kind.keyword, Filters((*kept, value), exclude))


def _related(section: str, other: str) -> bool:
    below, above = section + SECTION_SEPARATOR, other + SECTION_SEPARATOR
    return other.startswith(below) or section.startswith(above)


def facet(request: SearchRequest, asked: FacetRequest, counts: FacetCounts, addresses: LinkMaker) -> Facet:
    """The engine's counts, labelled and linked; "has no value" is listed as a value where it is selected."""
    kind = facet_kind(asked.name)
    selected = selected_values(request, kind)
    listed = [*counts.values]
    if kind.keyword is not None:
        listed.append((MISSING, counts.missing))
    clicks = [_toggled(request, kind, value, selected) for value, _ in listed]
    values = [
        FacetValue(value, value_label(kind.name, value), count, value in selected, url)
        for (value, count), url in zip(listed, addresses.searches(request, clicks), strict=True)
    ]
    missing_url = None
    if kind.keyword is not None:
        missing_url = values[-1].toggle_url
        if MISSING not in selected:
            values.pop()
    return Facet(kind.name, kind.label, tuple(values), counts.missing, counts.other, counts.truncated, missing_url)
