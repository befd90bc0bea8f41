"""From a request to an engine's plan: parse, resolve against the archive's languages and values, filter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from search.document import Moment
from search.engines.base import DateFilter, FacetPlan, Filter, KeywordFilter, Plan, Recency, Searcher
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
class Question:
    """A request's query understood: the reader's tree and what an engine is to match.

    `expanded`: other words that are searched too. `quoted`: it asks for exact words, so recency must not reorder them.
    `dates`: the request's first and last moment, relative times counted back from now.
    """

    tree: Query
    match: Match
    warnings: tuple[str, ...]
    expanded: tuple[str, ...]
    quoted: bool
    dates: tuple[Moment | None, Moment | None]


def understand(searcher: Searcher, request: SearchRequest, language: str, now: datetime | None = None) -> Question:
    """The query of the request, parsed and resolved; `language` is that of its stop words, `now` the time that relative
    dates are counted back from. Raises QuerySyntaxError, ParameterError.
    """
    clock = now or datetime.now(UTC)
    parsed = parse(request.q, request.operator, now=clock)
    result = resolve(
        parsed.query,
        fields=request.fields_searched or tuple(TEXT_FIELDS),
        languages=tuple(searcher.values("lang")),
        stop_language=language,
        keyword_values=searcher.values,
    )
    return Question(
        tree=parsed.query,
        match=result.match,
        warnings=(*parsed.warnings, *result.warnings),
        expanded=tuple(result.expanded),
        quoted=result.quoted,
        dates=request.bounds(clock),
    )


def plan(question: Question, request: SearchRequest, capabilities: Collection[str], now: datetime) -> Plan:
    """All the engine is to do, but for which hits to return. What it cannot do is left out."""
    recent = request.effective_sort() == "relevance" and not question.quoted and "recency" in capabilities
    return Plan(
        query=_with_exclusions(question.match, request),
        filters=_filters(question, request),
        facets=tuple(_facet_plan(request, asked) for asked in request.facets) if "facets" in capabilities else (),
        timeline=request.timeline and "timeline" in capabilities,
        sort=request.effective_sort(),
        date_field=request.date,
        time_zone=request.time_zone,
        recency=Recency(now) if recent else None,
        explain=request.explain and "explain" in capabilities,
    )


def counting_plan(question: Question, request: SearchRequest, deadline: float | None) -> Plan:
    """The plan that only counts what the request finds."""
    return Plan(
        query=_with_exclusions(question.match, request),
        filters=_filters(question, request),
        date_field=request.date,
        time_zone=request.time_zone,
        limit=0,
        deadline=deadline,
    )


def recency_time(now: datetime | None) -> datetime:
    """When recency is measured: the beginning of the UTC day, so that scores stand still from page to page."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _with_exclusions(match: Match, request: SearchRequest) -> Match:
    """Excluded values go into the query: so the counts of their own facet leave those articles out as well."""
    excluded = tuple(
        MatchNot(MatchKeyword(name, values))
        for name, filters in request.keywords
        if (values := tuple(value for value in filters.exclude if value != MISSING))
    )
    return MatchEvery((match, *excluded)) if excluded else match


def _filters(question: Question, request: SearchRequest) -> tuple[Filter, ...]:
    filters: list[Filter] = []
    for name, asked in request.keywords:
        without = (MISSING,) if MISSING in asked.exclude else ()
        if asked.include or without:
            filters.append(KeywordFilter(name, asked.include, without))
    start, end = question.dates
    if start is not None or end is not None:
        filters.append(DateFilter(request.date, start, end))
    return tuple(filters)


def _facet_plan(request: SearchRequest, asked: FacetRequest) -> FacetPlan:
    """What the engine has to count for one facet of the request."""
    kind = facet_kind(asked.name)
    return FacetPlan(
        field=kind.keyword or request.date,
        size=asked.size,
        selected=tuple(value for value in request.selected(kind) if value != MISSING),
        interval=kind.interval,
    )


def lacking(question: Question, request: SearchRequest, capabilities: Collection[str]) -> tuple[str, ...]:
    """A warning for everything the request asks for that the engine cannot do."""
    needed = {
        "facets": bool(request.facets),
        "timeline": request.timeline,
        "cursor": request.cursor is not None,
        "explain": request.explain,
        "recency": request.effective_sort() == "relevance" and not question.quoted,
        **_query_needs(question.match),
    }
    return tuple(
        f"this index cannot do {name}: it is left out or may find too little"
        for name, asked in needed.items()
        if asked and name not in capabilities
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
