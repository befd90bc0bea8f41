"""Which of many searches find which of the new articles: the same that each search finds in the archive.

A search is resolved against the archive, as it always is; only then are the new articles asked, all at once and in
memory. A required word that none of them has ends the search there, which is what most of ten thousand come to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from search.alerts.batch import Batch
from search.alerts.texts import Articles
from search.dates import zone_named
from search.engines.outcome import leaves
from search.engines.plan import After, DateFilter, Filter, KeywordFilter, PeriodFilter, Plan
from search.engines.protocols import Searcher
from search.engines.results import Results
from search.errors import EngineError
from search.query.match import (
    Match,
    MatchAll,
    MatchAny,
    MatchBest,
    MatchDates,
    MatchEvery,
    MatchKeyword,
    MatchNone,
    MatchNot,
    MatchPhrase,
    MatchTerm,
)
from search.request.planning import Planner
from search.request.request import SearchRequest
from search.request.wording import not_whole


def matching(planner: Planner, request: SearchRequest, batch: Batch) -> list[str]:
    """The ids of the articles of the batch that have all that the request asks for, in the order of the batch.

    Raises QuerySyntaxError, ParameterError, EngineError.
    """
    plan = planner.counting_plan(planner.resolve(request), request)
    return batch.ids_of(found_in(planner.searcher, plan, batch))


def found_in(searcher: Searcher, plan: Plan, batch: Batch) -> Articles:
    """The articles of the batch that a plan counts in the archive, which has them all. Raises EngineError.

    A pattern stands for the most frequent words of the archive alone if it fits too many, and only the archive knows
    which these are: where that could matter, it is asked.
    """
    found = found_by(plan, batch)
    patterns = [leaf for leaf in leaves(plan.query) if not isinstance(leaf, MatchTerm | MatchPhrase)]
    if not patterns or not (found or _negates(plan.query)):
        return found
    if not _whole(searcher.search(plan)).cut:
        return found
    numbers = {name: number for number, name in enumerate(batch.ids)}
    within = replace(plan, filters=(*plan.filters, *_span(batch)))
    return sum(1 << numbers[name] for name in _all_hits(searcher, within) if name in numbers)


def _span(batch: Batch) -> tuple[DateFilter, ...]:
    """A filter that keeps all articles of the batch and, since new articles are mostly recent, few others."""
    span = batch.span
    return (DateFilter("published", *span),) if span else ()


def _negates(match: Match) -> bool:
    match match:
        case MatchNot(child):
            return any(True for _ in leaves(child))
        case MatchEvery(children) | MatchAny(children) | MatchBest(children):
            return any(map(_negates, children))
        case _:
            return False


def _all_hits(searcher: Searcher, plan: Plan) -> Iterator[str]:
    """The ids of all articles that a plan finds."""
    after: After | None = None
    while True:
        hits = _whole(searcher.search(replace(plan, sort="newest", limit=_AT_ONCE, after=after))).hits
        yield from (hit.id for hit in hits)
        if len(hits) < _AT_ONCE:
            return
        after = After(hits[-1].sort_key, hits[-1].id, hits[-1].preferred)


def _whole(results: Results) -> Results:
    """The results, which must not be short: an article that is not found now is never looked at again."""
    if results.timed_out or results.partial:
        raise EngineError(not_whole())
    return results


def found_by(plan: Plan, batch: Batch) -> Articles:
    """The articles of the batch that a plan counts."""
    asking = _Asking(batch, zone_named(plan.time_zone))
    keywords = [rule for rule in plan.filters if isinstance(rule, KeywordFilter)]
    among = batch.everything
    for rule in keywords:
        among = batch.with_values(rule, among)
    among = asking.found(plan.query, among) if among else 0
    for dates in _dates(plan.filters):
        among = batch.dated(dates, asking.zone, among)
    return among


def _dates(filters: Iterable[Filter]) -> Iterator[DateFilter | PeriodFilter]:
    return (rule for rule in filters if not isinstance(rule, KeywordFilter))


_AT_ONCE: Final = 10_000
"""Hits that are asked for at once."""

_CHEAP: Final = (MatchTerm, MatchKeyword, MatchNone)
_DEAR: Final = (MatchNot, MatchDates, MatchPhrase)


def _effort(match: Match) -> int:
    """Which conditions are asked first: a word costs least, and what is looked at article by article most."""
    return 0 if isinstance(match, _CHEAP) else 2 if isinstance(match, _DEAR) else 1


@dataclass(frozen=True, slots=True)
class _Asking:
    """A query that is put to a batch; `zone` decides on which day an instant falls."""

    batch: Batch
    zone: ZoneInfo

    def found(self, match: Match, among: Articles) -> Articles:
        """Those among the articles that match."""
        match match:
            case MatchAll():
                return among
            case MatchNone():
                return 0
            case MatchKeyword():
                return self.batch.with_values(match, among)
            case MatchDates():
                return self.batch.dated(match, self.zone, among)
            case MatchNot(child):
                return among & ~self.found(child, among)
            case MatchEvery(children):
                for child in sorted(children, key=_effort):
                    among = self.found(child, among) if among else 0
                return among
            case MatchAny(children, least):
                return self._at_least(least, children, among)
            case MatchBest(children):
                return self._at_least(1, children, among)
            case _:
                return self.batch.with_leaf(match, among)

    def _at_least(self, least: int, children: tuple[Match, ...], among: Articles) -> Articles:
        """Those that match so many of the children. `counted[n]` are those that match more than n of them so far."""
        counted = [0] * max(least, 1)
        for child in children:
            found = self.found(child, among & ~counted[-1])
            for level in range(len(counted) - 1, 0, -1):
                counted[level] |= counted[level - 1] & found
            counted[0] |= found
        return counted[-1]
