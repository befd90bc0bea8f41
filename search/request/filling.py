"""All words first, then most of them: whether a list is filled up, and with what.

It is filled up if fewer than ENOUGH articles of the whole archive have all words of the query. Filters, facets, the
order and the page have no part in that, so that every page, cursor, feed and count of a query goes by the same list,
and a filter never makes it longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from search.engines.conventions import Deadline
from search.engines.plan import Plan
from search.engines.results import Results
from search.query.match import Match, MatchDates, MatchEvery, MatchKeyword, MatchNot
from search.request.planning import Planner, ResolvedQuery
from search.request.request import SearchRequest

ENOUGH: Final = 10
"""Articles with all words that make a list of their own: a page."""
LEAST_WORDS: Final = 2
"""Words that an article needs to fill up a list; of two words, one.

Measured on three judged sets of 1,000 to 6,000 articles, with questions of 10 to 26 words: nDCG@10 is that of matching
any word (.407, .511, .709); if only articles with as many words as still fill a page are let in, it falls to .348,
.307 and .685. Two neighbouring words of the same questions that fewer than ENOUGH articles have both: .180, .088, .291
with articles that have one of them, .115, .016, .077 without.
"""


@dataclass(frozen=True, slots=True)
class Filling:
    """How a list is filled up: with articles that have at least `least` of the `words`, unspaced runs in part.

    With one word, that is an unspaced run of which a part is enough.
    """

    words: int
    least: int


@dataclass(frozen=True, slots=True)
class Filled:
    """The answer to a plan, the plan that it was given to, and how the list is filled up; None if it is not."""

    plan: Plan
    results: Results
    filling: Filling | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many articles a search finds, and how many of them have all words."""

    total: int
    all_words: int


def filling_of(resolved: ResolvedQuery) -> Filling | None:
    """How a list for this query would be filled up; None if all of it is required."""
    words = len(resolved.words)
    return Filling(words, max(1, min(LEAST_WORDS, words - 1))) if words else None


def searched(planner: Planner, resolved: ResolvedQuery, request: SearchRequest, plan: Plan) -> Filled:
    """The answer to the request's `plan`, which requires all words, or to one that fills its list up.

    One trip if enough articles have all words. Raises EngineError.
    """
    deadline = Deadline(plan.deadline)
    results = planner.searcher.search(plan)
    filling = filling_of(resolved)
    if filling is None or results.total >= ENOUGH or results.timed_out:
        return Filled(plan, results)
    everywhere = _with_all_words(resolved, plan)
    if everywhere is not None:
        [count] = planner.searcher.count_many([everywhere], deadline.left())
        if count is None:
            return Filled(plan, replace(results, timed_out=True))
        if count >= ENOUGH:
            return Filled(plan, results)
    wider = replace(_filled_up(planner, resolved, request, filling, plan), deadline=deadline.left())
    return Filled(wider, planner.searcher.search(wider), filling)


def counts(
    planner: Planner, searches: Sequence[tuple[ResolvedQuery, SearchRequest]], seconds: float | None
) -> list[Counted | None]:
    """What each search would find; None for one that could not be counted in time.

    One trip for all, and another for those that may have to be filled up.
    """
    deadline = Deadline(seconds)
    strict = [planner.counting_plan(resolved, request) for resolved, request in searches]
    found = planner.searcher.count_many(strict, seconds)
    totals = [None if count is None else Counted(count, count) for count in found]
    few = [at for at, count in enumerate(found) if count is not None and count < ENOUGH and filling_of(searches[at][0])]
    plans: list[Plan] = []
    for at in few:
        resolved, request = searches[at]
        filling = filling_of(resolved)
        if filling is not None:
            plans += [
                _with_all_words(resolved, strict[at]) or strict[at],
                _filled_up(planner, resolved, request, filling, strict[at]),
            ]
    recounted = planner.searcher.count_many(plans, deadline.left()) if plans else []
    for place, at in enumerate(few):
        everywhere, filled = recounted[2 * place : 2 * place + 2]
        if everywhere is None or filled is None:
            totals[at] = None
        elif everywhere < ENOUGH:
            totals[at] = Counted(filled, found[at] or 0)
    return totals


def _filled_up(planner: Planner, resolved: ResolvedQuery, request: SearchRequest, filling: Filling, plan: Plan) -> Plan:
    return replace(plan, query=planner.query(resolved.matching(filling.least), request), preferred=resolved.match)


def _with_all_words(resolved: ResolvedQuery, plan: Plan) -> Plan | None:
    """The plan that counts the articles with all words in the whole archive; None if `plan` itself does."""
    telling = tuple(part for part in resolved.required if not _narrows(part))
    match: Match = MatchEvery((*resolved.words, *telling))
    if len(telling) == len(resolved.required) and not plan.filters and plan.query == resolved.match:
        return None
    return Plan(match, limit=0)


def _narrows(part: Match) -> bool:
    """Whether a part of the query is a filter or an exclusion."""
    return isinstance(part, MatchKeyword | MatchDates | MatchNot)
