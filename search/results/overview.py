"""What the archive holds, at a glance: newest articles, sections as a tree, years and months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC
from typing import Final

from search.document import SECTION_SEPARATOR, section_ancestors
from search.engines.base import FacetCounts, FacetPlan, IndexStatus, Plan, Searcher
from search.periods import in_words
from search.query.match import MatchAll
from search.request.request import FacetRequest, Filters, SearchRequest
from search.request.urls import Addresses
from search.results.facets import facet
from search.results.grouping import Row
from search.results.hits import Scene, hits
from search.results.response import IndexInfo, Overview, Period, SectionNode

NEWEST: Final = 10
MAX_PERIODS: Final = 12_000
"""Months listed: a thousand years."""
MAX_DEPTH: Final = 12
"""Levels of sections shown; what is filed deeper counts in the last one shown."""


def sections(searcher: Searcher, links: Addresses) -> tuple[SectionNode, ...]:
    """The sections as a tree, the largest first, each with the articles in it and below it."""
    counts = searcher.values("section")
    below: dict[str, set[str]] = defaultdict(set)
    for value in counts:
        top = SECTION_SEPARATOR.join(value.split(SECTION_SEPARATOR, MAX_DEPTH)[:MAX_DEPTH])
        path = section_ancestors(top)
        for parent, child in zip(("", *path), path, strict=False):
            below[parent].add(child)
    return _nodes("", below, counts, links)


def _nodes(
    parent: str, below: Mapping[str, set[str]], counts: Mapping[str, int], links: Addresses
) -> tuple[SectionNode, ...]:
    children = sorted(below.get(parent, ()), key=lambda value: (-counts.get(value, 0), value))
    return tuple(
        SectionNode(
            value=value,
            label=value.rsplit(SECTION_SEPARATOR, 1)[-1],
            count=counts.get(value, 0),
            url=links.search(SearchRequest().with_filters("section", Filters((value,)))),
            children=_nodes(value, below, counts, links),
        )
        for value in children
    )


def overview(searcher: Searcher, links: Addresses, *, time_zone: str = "UTC") -> Overview:
    """The archive as its home page shows it."""
    request = SearchRequest(sort="newest", time_zone=time_zone)
    todo = Plan(
        query=MatchAll(),
        facets=(
            FacetPlan("published", MAX_PERIODS, interval="year"),
            FacetPlan("published", MAX_PERIODS, interval="month"),
            FacetPlan("lang", 100),
        ),
        sort="newest",
        time_zone=time_zone,
        limit=NEWEST,
    )
    results = searcher.search(todo)
    years, months, languages = results.facets
    status = searcher.status()
    scene = Scene(request, todo, status.articles, links, linked=False)
    return Overview(
        newest=hits(searcher, [Row(hit) for hit in results.hits], scene, None),
        sections=sections(searcher, links),
        years=_years(years, months, SearchRequest(time_zone=time_zone), links),
        undated=years.missing,
        languages=facet(SearchRequest(), FacetRequest("lang", 100), languages, links).values,
        index=index_info(status),
    )


def index_info(status: IndexStatus) -> IndexInfo:
    """The state of the index as it is shown, times in UTC."""
    built = status.built_at.astimezone(UTC).isoformat(timespec="seconds")
    return IndexInfo(status.generation, status.articles, built)


def _years(years: FacetCounts, months: FacetCounts, request: SearchRequest, links: Addresses) -> tuple[Period, ...]:
    by_year: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for month, count in sorted(months.values):
        by_year[month[:4]].append((month, count))

    def period(value: str, count: int, inner: tuple[Period, ...] = ()) -> Period:
        return Period(value, in_words(value), count, links.search(request.within(value)), inner)

    return tuple(
        period(year, count, tuple(period(*month) for month in by_year[year]))
        for year, count in sorted(years.values, reverse=True)
    )
