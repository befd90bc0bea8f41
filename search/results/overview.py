"""The overview of an archive: its newest articles, its sections as a tree, its years and months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from operator import itemgetter
from typing import Final

from search.document import SECTION_SEPARATOR, section_ancestors
from search.engines.plan import FacetPlan, Plan
from search.engines.protocols import Searcher
from search.engines.results import FacetCounts, IndexStatus, Results
from search.engines.results import Hit as FoundHit
from search.errors import EngineError
from search.periods import in_words
from search.query.match import MatchAll
from search.request.planning import Planner
from search.request.request import Filters, SearchRequest
from search.request.urls import Addresses
from search.request.wording import not_whole
from search.results.answer import HitContext
from search.results.response import IndexInfo, Period, SectionNode
from search.sections import BY_COUNT, SectionOrder
from search.translation import gettext as _

NEWEST: Final = 10
"""Stories listed as the newest."""
MAX_LOOKED_AT: Final = 40
"""Articles among which the newest stories are looked for: one of many editions does not take all the places."""
MAX_PERIODS: Final = 12_000
"""Years and months listed: the months of a thousand years."""
MAX_SECTIONS: Final = 10_000
"""Sections listed, the most frequent first."""
MAX_DEPTH: Final = 12
"""Levels of the tree of sections. Articles in deeper sections count at the last level."""

_COUNTED: Final = (
    FacetPlan("published", MAX_PERIODS, interval="year"),
    FacetPlan("published", MAX_PERIODS, interval="month"),
    FacetPlan("lang", 100),
)


@dataclass(frozen=True, slots=True)
class Holdings:
    """The newest articles, with what they are shown by, and the number of articles by section, year, month and
    language."""

    newest: Sequence[FoundHit]
    context: HitContext
    sections: Mapping[str, int]
    years: FacetCounts
    months: FacetCounts
    languages: FacetCounts

    @property
    def language(self) -> str:
        """The language of most articles, "" if none is known."""
        return max(self.languages.values, key=itemgetter(1), default=("", 0))[0]


def holdings(planner: Planner, deadline: float) -> Holdings:
    """What the archive holds, by the planner's time zone. An engine without facets counts only sections.

    Raises EngineError if that takes longer than `deadline` seconds: half an overview would look like a small archive.
    """
    searcher, time_zone, counted = planner.searcher, planner.time_zone, "facets" in planner.capabilities
    request = SearchRequest(sort="newest", time_zone=time_zone)
    plan = Plan(
        query=MatchAll(),
        facets=_COUNTED if counted else (),
        sort="newest",
        time_zone=time_zone,
        limit=MAX_LOOKED_AT,
        bring="text",
        deadline=deadline,
    )
    results = counted_whole(searcher, plan)
    years, months, languages = results.facets if counted else (FacetCounts((), 0, 0, truncated=False),) * 3
    context = HitContext(request, plan, planner.status.articles)
    return Holdings(results.hits, context, section_counts(searcher), years, months, languages)


def counted_whole(searcher: Searcher, plan: Plan) -> Results:
    """What a plan finds and counts. Raises EngineError if that is not all of it, as when its deadline has passed."""
    results = searcher.search(plan)
    if results.timed_out:
        message = _(
            "counting what the archive holds took longer than %(seconds)s s; "
            "try again, or raise the setting %(setting)s",
            seconds=format(plan.deadline or 0, "g"),
            setting="deadline_seconds",
        )
        raise EngineError(message)
    if results.partial:
        raise EngineError(not_whole())
    return results


def section_counts(searcher: Searcher) -> Mapping[str, int]:
    """The number of articles in each section, including the sections below it, the largest first."""
    return dict(searcher.top_values("section", MAX_SECTIONS))


def section_tree(
    counts: Mapping[str, int], addresses: Addresses, order: SectionOrder = BY_COUNT
) -> tuple[SectionNode, ...]:
    """The sections as a tree, at each level first those that the order names, then the largest.

    Each counts its own articles and those of the sections below it.
    """
    below: dict[str, set[str]] = defaultdict(set)
    for value in counts:
        top = SECTION_SEPARATOR.join(value.split(SECTION_SEPARATOR, MAX_DEPTH)[:MAX_DEPTH])
        path = section_ancestors(top)
        for parent, child in zip(("", *path), path, strict=False):
            below[parent].add(child)

    def place(value: str) -> tuple[int, int, str]:
        return order.place(value), -counts.get(value, 0), value

    return _nodes("", {parent: sorted(children, key=place) for parent, children in below.items()}, counts, addresses)


def _nodes(
    parent: str, below: Mapping[str, Sequence[str]], counts: Mapping[str, int], addresses: Addresses
) -> tuple[SectionNode, ...]:
    everything = SearchRequest(time_zone=addresses.time_zone)
    return tuple(
        SectionNode(
            value=value,
            label=value.rsplit(SECTION_SEPARATOR, 1)[-1],
            count=counts.get(value, 0),
            url=addresses.search(everything.with_filters("section", Filters((value,)))),
            children=_nodes(value, below, counts, addresses),
        )
        for value in below.get(parent, ())
    )


def calendar(years: FacetCounts, months: FacetCounts, time_zone: str, addresses: Addresses) -> tuple[Period, ...]:
    """The years, the newest first, each with its months in order. They begin in that time zone."""
    request = SearchRequest(time_zone=time_zone)
    by_year: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for month, count in sorted(months.values):
        by_year[month[:4]].append((month, count))

    def period(value: str, count: int, inner: tuple[Period, ...] = ()) -> Period:
        return Period(value, in_words(value), count, addresses.search(request.within(value)), inner)

    return tuple(
        period(year, count, tuple(period(*month) for month in by_year[year]))
        for year, count in sorted(years.values, reverse=True)
    )


def index_info(status: IndexStatus) -> IndexInfo:
    """The state of the index as it is shown, with its times in UTC."""
    built = status.built_at.astimezone(UTC).isoformat(timespec="seconds")
    return IndexInfo(status.generation, status.articles, built)
