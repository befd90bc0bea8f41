"""From a request to an engine's plan: parse the query, resolve it against the archive, turn filters into the seam's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from search.document import Moment
from search.engines.plan import (
    Bring,
    DateFilter,
    FacetPlan,
    Filter,
    KeywordFilter,
    PeriodFilter,
    Plan,
    Recency,
    TimelinePlan,
)
from search.engines.protocols import Searcher
from search.periods import INTERVALS, interval_of
from search.query import parse, resolve
from search.query.match import (
    Match,
    MatchAny,
    MatchBest,
    MatchEvery,
    MatchFuzzy,
    MatchKeyword,
    MatchNot,
    MatchPhrase,
    MatchPrefix,
    MatchWildcard,
)
from search.query.tree import Query
from search.request.facets import facet_kind
from search.request.request import FacetRequest, SearchRequest
from search.schema import MISSING, TEXT_FIELDS


@dataclass(frozen=True, slots=True)
class ResolvedQuery:
    """A request's query as this archive understands it: the reader's tree and what an engine is to match.

    `expanded`: other words that are searched too. `quoted`: it asks for exact words, so recency must not reorder them.
    `dates`: the request's first and last moment, relative times counted back from now.
    """

    tree: Query
    match: Match
    warnings: tuple[str, ...]
    expanded: tuple[str, ...]
    quoted: bool
    dates: tuple[Moment | None, Moment | None]


class Planner:
    """Plans requests for one state of the index.

    `language` is that of the stop words; `now` (aware) is the time that relative dates and recency are measured from.
    `capabilities` are the searcher's: what it lacks is left out of every plan.
    """

    def __init__(self, searcher: Searcher, language: str = "en", now: datetime | None = None) -> None:
        self.searcher = searcher
        self.language = language
        self.now = now or datetime.now(UTC)
        self.status = searcher.status()
        self.capabilities = searcher.capabilities

    def resolve(self, request: SearchRequest) -> ResolvedQuery:
        """The query and the dates of the request, resolved. Raises QuerySyntaxError, ParameterError."""
        parsed = parse(request.q, request.operator, now=self.now)
        result = resolve(
            parsed.query,
            fields=request.fields_searched or tuple(TEXT_FIELDS),
            languages=self.status.languages,
            stop_language=self.language,
            values=self.searcher,
        )
        return ResolvedQuery(
            tree=parsed.query,
            match=result.match,
            warnings=(*parsed.warnings, *result.warnings),
            expanded=result.expanded,
            quoted=result.quoted,
            dates=request.bounds(self.now),
        )

    def plan(self, resolved: ResolvedQuery, request: SearchRequest, recency_time: datetime | None = None) -> Plan:
        """All that the engine is to do, but for which hits to return.

        `recency_time`: when recency is measured, if not at the beginning of today.
        """
        recent = wants_recency(resolved, request) and "recency" in self.capabilities
        return Plan(
            query=_with_exclusions(resolved.match, request),
            filters=_filters(resolved, request),
            facets=tuple(_facet_plan(request, asked) for asked in request.facets) if self._can("facets") else (),
            timeline=TimelinePlan() if request.timeline and self._can("timeline") else None,
            sort=request.effective_sort(),
            date_field=request.date,
            time_zone=request.time_zone,
            recency=Recency(recency_time or self.recency_time()) if recent else None,
            bring=_bring(request),
            group=request.group == "story",
            explain=request.explain and self._can("explain"),
        )

    def counting_plan(self, resolved: ResolvedQuery, request: SearchRequest) -> Plan:
        """The plan that only counts what the request finds."""
        return Plan(
            query=_with_exclusions(resolved.match, request),
            filters=_filters(resolved, request),
            date_field=request.date,
            time_zone=request.time_zone,
            limit=0,
        )

    def recency_time(self) -> datetime:
        """The beginning of the UTC day, so that scores stand still from page to page."""
        return self.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def missing_capabilities(self, resolved: ResolvedQuery, request: SearchRequest) -> tuple[str, ...]:
        """What the request asks for that the engine cannot do, by name."""
        needed = {
            "facets": bool(request.facets),
            "timeline": request.timeline,
            "cursor": request.cursor is not None,
            "explain": request.explain,
            "recency": wants_recency(resolved, request),
            **_query_needs(resolved.match),
        }
        return tuple(name for name, asked in needed.items() if asked and not self._can(name))

    def _can(self, capability: str) -> bool:
        return capability in self.capabilities


def wants_recency(resolved: ResolvedQuery, request: SearchRequest) -> bool:
    """Whether recent articles are favoured: by relevance, and unless exact words were asked for."""
    return request.effective_sort() == "relevance" and not resolved.quoted


TEXT_KEYS = frozenset({"title_html", "title_spans", "matched_fields", "snippets", "more_text"})
"""Keys of a hit for which the article's text is read."""


def reads_text(request: SearchRequest) -> bool:
    """Whether the hits that the request asks for show anything of the article's text."""
    return request.fields is None or not TEXT_KEYS.isdisjoint(request.fields)


def _bring(request: SearchRequest) -> Bring:
    return "text" if reads_text(request) else "head"


def _with_exclusions(match: Match, request: SearchRequest) -> Match:
    """Excluded values go into the query: so the counts of their own facet leave those articles out as well."""
    excluded = tuple(
        MatchNot(MatchKeyword(name, values))
        for name, filters in request.keywords
        if (values := tuple(value for value in filters.exclude if value != MISSING))
    )
    return MatchEvery((match, *excluded)) if excluded else match


def _filters(resolved: ResolvedQuery, request: SearchRequest) -> tuple[Filter, ...]:
    filters: list[Filter] = []
    for name, asked in request.keywords:
        without = (MISSING,) if MISSING in asked.exclude else ()
        if asked.include or without:
            filters.append(KeywordFilter(name, asked.include, without))
    start, end = resolved.dates
    if start is not None or end is not None:
        filters.append(DateFilter(request.date, start, end))
    return (*filters, *_period_filters(request))


def _period_filters(request: SearchRequest) -> Iterator[PeriodFilter]:
    for interval in INTERVALS:
        if periods := tuple(period for period in request.periods if interval_of(period) == interval):
            yield PeriodFilter(request.date, interval, periods)


def _facet_plan(request: SearchRequest, asked: FacetRequest) -> FacetPlan:
    """What the engine has to count for one facet of the request."""
    kind = facet_kind(asked.name)
    return FacetPlan(
        field=kind.keyword or request.date,
        size=asked.size,
        selected=tuple(value for value in request.selected(kind) if value != MISSING),
        interval=kind.interval,
    )


def _query_needs(match: Match) -> dict[str, bool]:
    match match:
        case MatchPhrase(slop=slop):
            return {"phrase" if slop is None else "near": True}
        case MatchPrefix():
            return {"prefix": True}
        case MatchWildcard():
            return {"wildcard": True}
        case MatchFuzzy():
            return {"fuzzy": True}
        case MatchEvery(children) | MatchAny(children) | MatchBest(children):
            return {name: True for child in children for name in _query_needs(child)}
        case MatchNot(child):
            return _query_needs(child)
        case _:
            return {}
