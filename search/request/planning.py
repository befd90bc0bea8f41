"""From a request to an engine's plan: parse, resolve against the archive's languages and values, filter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from search.engines.base import DateFilter, Filter, KeywordFilter, Plan, Recency, Searcher
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
from search.request.request import SearchRequest
from search.results.facets import facet_plan
from search.schema import MISSING, TEXT_FIELDS


@dataclass(frozen=True, slots=True)
class Question:
    """A request's query understood: the reader's tree and what an engine is to match.

    `expanded`: other words that are searched too. `quoted`: it asks for exact words, so recency must not reorder them.
    """

    tree: Query
    match: Match
    warnings: tuple[str, ...]
    expanded: tuple[str, ...]
    quoted: bool


def understand(searcher: Searcher, request: SearchRequest, language: str, now: datetime | None = None) -> Question:
    """The query of the request, parsed and resolved; `language` is that of its stop words, `now` the time its dates
    are counted from. Raises QuerySyntaxError.
    """
    parsed = parse(request.q, request.operator, now=now)
    question = resolved(searcher, request, parsed.query, language)
    return replace(question, warnings=(*parsed.warnings, *question.warnings))


def resolved(searcher: Searcher, request: SearchRequest, tree: Query, language: str) -> Question:
    """The tree resolved in this archive, as the request searches it."""
    result = resolve(
        tree,
        fields=request.fields_searched or tuple(TEXT_FIELDS),
        languages=tuple(searcher.values("lang")),
        stop_language=language,
        keyword_values=searcher.values,
    )
    return Question(tree, result.match, tuple(result.warnings), tuple(result.expanded), result.quoted)


def plan(question: Question, request: SearchRequest, capabilities: Collection[str], now: datetime) -> Plan:
    """All the engine is to do, but for which hits to return. What it cannot do is left out."""
    recent = request.effective_sort() == "relevance" and not question.quoted and "recency" in capabilities
    return Plan(
        query=_with_exclusions(question.match, request),
        filters=_filters(request),
        facets=tuple(facet_plan(request, asked) for asked in request.facets) if "facets" in capabilities else (),
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
        filters=_filters(request),
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


def _filters(request: SearchRequest) -> tuple[Filter, ...]:
    filters: list[Filter] = []
    for name, asked in request.keywords:
        without = (MISSING,) if MISSING in asked.exclude else ()
        if asked.include or without:
            filters.append(KeywordFilter(name, asked.include, without))
    if request.start is not None or request.end is not None:
        filters.append(DateFilter(request.date, request.start, request.end))
    return tuple(filters)


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
