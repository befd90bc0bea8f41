"""From a request to an engine's plan: parses the query, resolves it against the archive, and translates the filters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from search.document import Moment
from search.engines.plan import (
    After,
    Bring,
    DateFilter,
    FacetPlan,
    Filter,
    KeywordFilter,
    Meaning,
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
from search.query.meant import words_meant
from search.query.spellings import NOT_RESPELT, Respelt, Spellings
from search.query.tree import Query
from search.query.variants import NO_VARIANTS, Variants
from search.request.facet_counts import facet_plans
from search.request.request import SearchRequest
from search.request.spelling_counts import SpellingCounts
from search.schema import MISSING, TEXT_FIELDS

if TYPE_CHECKING:
    from search.meaning.encoder import Encoder


@dataclass(frozen=True, slots=True)
class ResolvedQuery:
    """A request's query, resolved against one archive: `tree` is what the reader wrote, `match` what an engine matches.

    `expanded`: other words that are searched too. `quoted`: it asks for exact words, so recency does not count.
    `words`, `looser` and `required`: see `search.query.resolve.Resolved`.
    `respelt`: the words and phrases that are searched in other spellings too.
    `dates`: the request's first and last moment, relative times counted back from the planner's `now`.
    """

    tree: Query
    match: Match
    warnings: tuple[str, ...]
    expanded: tuple[str, ...]
    quoted: bool
    dates: tuple[Moment | None, Moment | None]
    words: tuple[Match, ...] = ()
    looser: tuple[Match, ...] = ()
    required: tuple[Match, ...] = ()
    respelt: Respelt = NOT_RESPELT

    def matching(self, least: int) -> Match:
        """What matches at least that many of `looser`, and all of `required`."""
        some = MatchAny(self.looser, least) if len(self.looser) > 1 else self.looser[0]
        return MatchEvery((some, *self.required)) if self.required else some


class Planner:
    """Plans requests for one state of the index. What the searcher's `capabilities` lack is left out of every plan.

    `language` is that of the stop words. `now` is the aware time from which relative dates and recency are measured.
    `time_zone` is the archive's own, for searches that nobody has asked for yet, such as completions.
    `encoder` makes the vectors of questions; without one, nothing is searched by meaning.
    `variants` are the other spellings of names, and `counts` remembers how frequent they are.
    """

    def __init__(
        self,
        searcher: Searcher,
        language: str = "en",
        now: datetime | None = None,
        time_zone: str = "UTC",
        encoder: Encoder | None = None,
        variants: Variants = NO_VARIANTS,
        counts: SpellingCounts | None = None,
    ) -> None:
        self.searcher = searcher
        self.language = language
        self.now = now or datetime.now(UTC)
        self.time_zone = time_zone
        self.encoder = encoder if encoder is not None and "meaning" in searcher.capabilities else None
        self._lacks_meaning = encoder is not None and self.encoder is None
        self.status = searcher.status()
        self.variants = variants
        self._counts = counts or SpellingCounts()
        self.capabilities = searcher.capabilities

    def at(self, now: datetime) -> Planner:
        """The same planner at another moment."""
        other = copy(self)
        other.now = now
        return other

    def resolve(self, request: SearchRequest) -> ResolvedQuery:
        """The query and the dates of the request, resolved. Raises QuerySyntaxError, ParameterError."""
        parsed = parse(request.q, request.operator, now=self.now)
        result = resolve(
            parsed.query,
            fields=request.fields_searched or tuple(TEXT_FIELDS),
            languages=self.status.languages,
            stop_language=self.language,
            values=self.searcher,
            spellings=self._spellings() if self.variants.others else None,
        )
        return ResolvedQuery(
            tree=parsed.query,
            match=result.match,
            warnings=(*parsed.warnings, *result.warnings),
            expanded=result.expanded,
            quoted=result.quoted,
            dates=request.bounds(self.now),
            words=result.words,
            looser=result.looser,
            required=result.required,
            respelt=result.respelt,
        )

    def _spellings(self) -> Spellings:
        def frequencies(parts: Sequence[Match]) -> Sequence[int]:
            return self._counts.of(self.searcher, self.status.generation, parts)

        return Spellings(self.variants, frequencies, self.status.articles)

    def plan(
        self,
        resolved: ResolvedQuery,
        request: SearchRequest,
        *,
        offset: int = 0,
        limit: int = 10,
        after: After | None = None,
        deadline: float | None = None,
    ) -> Plan:
        """The plan for the request. Which hits to return and in what time is not taken from it, but said beside it."""
        recent = wants_recency(resolved, request) and "recency" in self.capabilities
        return Plan(
            query=_with_exclusions(resolved.match, request),
            filters=_filters(resolved, request),
            facets=_facet_plans(request) if self._can("facets") else (),
            timeline=TimelinePlan() if request.timeline and self._can("timeline") else None,
            sort=request.effective_sort(),
            date_field=request.date,
            time_zone=request.time_zone,
            offset=offset,
            limit=limit,
            after=after,
            recency=Recency(self.recency_time()) if recent else None,
            meaning=self._meaning(resolved, request),
            bring=_bring(request),
            group=request.group == "story",
            explain=request.explain and self._can("explain"),
            deadline=deadline,
        )

    def query(self, match: Match, request: SearchRequest) -> Match:
        """What an engine is to match for the request, where `match` stands for its query."""
        return _with_exclusions(match, request)

    def _meaning(self, resolved: ResolvedQuery, request: SearchRequest) -> Meaning | None:
        question = words_meant(resolved.tree) if self.encoder and request.per_page else ""
        if self.encoder is None or not question or not wants_recency(resolved, request):
            return None
        return Meaning(self.encoder.model, self.encoder.question(question))

    def counting_plan(self, resolved: ResolvedQuery, request: SearchRequest) -> Plan:
        """The plan that only counts the articles that the request finds."""
        return Plan(
            query=_with_exclusions(resolved.match, request),
            filters=_filters(resolved, request),
            date_field=request.date,
            time_zone=request.time_zone,
            limit=0,
        )

    def recency_time(self) -> datetime:
        """The beginning of the UTC day: scores stay the same from page to page."""
        return self.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def cursor_time(self, request: SearchRequest) -> datetime:
        """The time that a cursor of this search must keep: `now` if it has relative dates, else `recency_time`.

        So the cursors of most searches are the same all day, as their answers are.
        """
        relative = "now" in request.q or request.resolved(self.now) is not request
        return self.now if relative else self.recency_time()

    def missing_capabilities(self, resolved: ResolvedQuery, request: SearchRequest) -> tuple[str, ...]:
        """The names of the capabilities that the request needs and the engine lacks."""
        needed = {
            "facets": bool(request.facets),
            "timeline": request.timeline,
            "cursor": request.cursor is not None,
            "explain": request.explain,
            "recency": wants_recency(resolved, request),
            "meaning": self._lacks_meaning and wants_recency(resolved, request),
            **_query_needs(resolved.match),
        }
        return tuple(name for name, asked in needed.items() if asked and not self._can(name))

    def _can(self, capability: str) -> bool:
        return capability in self.capabilities


def wants_recency(resolved: ResolvedQuery, request: SearchRequest) -> bool:
    """Whether anything but words affects the order, recency or meaning: if sorted by relevance, unless the query asks
    for exact words."""
    return request.effective_sort() == "relevance" and not resolved.quoted


TEXT_KEYS = frozenset({"title_html", "title_spans", "matched_fields", "snippets", "more_text"})
"""The keys of a hit that are made from the article's text."""


def reads_text(request: SearchRequest) -> bool:
    """Whether the request asks for a key that is made from the article's text."""
    return request.fields is None or not TEXT_KEYS.isdisjoint(request.fields)


def _bring(request: SearchRequest) -> Bring:
    return "text" if reads_text(request) else "head"


def _with_exclusions(match: Match, request: SearchRequest) -> Match:
    """Adds excluded values to the query, not to the filters, which the counts of their own facet would ignore."""
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
            filters.append(KeywordFilter(name, asked.include, without, asked.every))
    start, end = resolved.dates
    if start is not None or end is not None:
        filters.append(DateFilter(request.date, start, end))
    return (*filters, *_period_filters(request))


def _period_filters(request: SearchRequest) -> Iterator[PeriodFilter]:
    for interval in INTERVALS:
        if periods := tuple(period for period in request.periods if interval_of(period) == interval):
            yield PeriodFilter(request.date, interval, periods)


def _facet_plans(request: SearchRequest) -> tuple[FacetPlan, ...]:
    return tuple(plan for asked in request.facets for plan in facet_plans(request, asked))


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
