"""What searches that are compared find, and what they are compared with, before any of it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from search.assist.significant_values import VALUE_FIELDS, VALUES_COUNTED
from search.assist.term_counts import Background
from search.engines.conventions import Deadline
from search.engines.plan import DateFilter, FacetPlan, Plan, TimelinePlan
from search.engines.results import FacetCounts, Results
from search.query.match import MatchAll
from search.request.filling import Filled, searched
from search.request.planning import Planner, ResolvedQuery
from search.request.request import SearchRequest
from search.results.series import Frame, frame_of
from search.schema import MISSING

_COUNTED: Final = (
    FacetPlan("lang", 100, among="hits"),
    *(FacetPlan(field, VALUES_COUNTED, among="hits") for field in VALUE_FIELDS),
)


@dataclass(frozen=True, slots=True)
class FoundSearch:
    """A search, and what it finds."""

    request: SearchRequest
    resolved: ResolvedQuery
    filled: Filled

    @property
    def results(self) -> Results:
        """What was counted."""
        return self.filled.results

    @property
    def facets(self) -> dict[str, FacetCounts]:
        """The counts of languages, sections, tags and authors; none if the engine has no facets."""
        return {plan.field: counts for plan, counts in zip(_COUNTED, self.results.facets, strict=False)}


@dataclass(frozen=True, slots=True)
class Around:
    """What all searches are compared with: the periods they share and the archive in these, none without a timeline;
    the articles of the archive under their conditions, and its counts of values."""

    frame: Frame | None
    held: Results | None
    background: Background
    values: Mapping[str, FacetCounts]


def counted(planner: Planner, request: SearchRequest, deadline: Deadline) -> FoundSearch:
    """How many articles the search finds, over time, by language and by value."""
    resolved = planner.resolve(request)
    plan = planner.plan(resolved, replace(request, per_page=0), limit=0, deadline=deadline.left())
    plan = replace(plan, facets=_COUNTED if "facets" in planner.capabilities else ())
    return FoundSearch(request, resolved, searched(planner, resolved, request, plan))


def around_of(planner: Planner, shared: SearchRequest, found: Sequence[FoundSearch], deadline: Deadline) -> Around:
    """What these searches are compared with; `shared` is the search for everything under their conditions."""
    frame = frame_of([each.results.timeline for each in found if each.results.timeline])
    held = _held(planner, shared, frame, deadline) if frame else None
    resolved = planner.resolve(shared)
    plan = replace(planner.plan(resolved, shared, limit=0, deadline=deadline.left()), timeline=None)
    facets = (_COUNTED[0], *(_selecting(facet, found) for facet in _COUNTED[1:]))
    facets = facets if "facets" in planner.capabilities else ()
    results = planner.searcher.search(replace(plan, facets=facets))
    values = {facet.field: counts for facet, counts in zip(facets, results.facets, strict=False)}
    return Around(frame, held, Background(shared, results.total, by_language(values)), values)


def by_language(facets: Mapping[str, FacetCounts]) -> dict[str, int]:
    """The number of articles in each language, those without one included."""
    counts = facets.get("lang")
    if counts is None:
        return {}
    missing = {MISSING: counts.missing} if counts.missing else {}
    return {tag: count for tag, count in counts.values if count} | missing


def _held(planner: Planner, shared: SearchRequest, frame: Frame, deadline: Deadline) -> Results:
    """What the archive holds in the periods, whatever the conditions are: as beside the timeline of a search."""
    first, last = frame.days
    return planner.searcher.search(
        Plan(
            MatchAll(),
            (DateFilter(shared.date, first, last),),
            timeline=TimelinePlan(),
            sort="newest",
            date_field=shared.date,
            time_zone=shared.time_zone,
            limit=0,
            deadline=deadline.left(),
        )
    )


def _selecting(facet: FacetPlan, found: Iterable[FoundSearch]) -> FacetPlan:
    """The facet with the values that the searches have."""
    values = (value for each in found if facet.field in each.facets for value, _ in each.facets[facet.field].values)
    return replace(facet, size=0, selected=tuple(dict.fromkeys(values)))
