"""Every hit of a search, a batch at a time, from one commit: in the memory of a batch, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from search.answering import out_of_time
from search.engines.plan import After, Plan
from search.engines.results import Hit as FoundHit
from search.engines.results import Results
from search.errors import EngineError
from search.request.filling import searched
from search.request.planning import Planner, reads_text
from search.request.request import SearchRequest
from search.request.validation import check
from search.request.wording import not_whole
from search.results.answer import HitContext

BATCH: Final = 1_000
"""Hits that are read at once. Every batch is a search of its own, which costs the more the smaller it is."""
TEXT_BATCH: Final = 200
"""The same where the text of each is read for its snippets."""


def walked(
    planner: Planner, request: SearchRequest, most: int, deadline: float | None
) -> Iterator[tuple[Results, HitContext]]:
    """The results of the search, its first `most` hits in batches; at least one, even if nothing is found.

    Raises QuerySyntaxError, ParameterError; EngineError also if a batch is not whole, since hits would be missing.
    """
    request = replace(request, cursor=None, page=1, facets=(), explain=False)
    check(request)
    size = TEXT_BATCH if reads_text(request) else BATCH
    resolved = planner.resolve(request)
    plan = planner.plan(resolved, request, limit=min(size, most), deadline=deadline)
    found = searched(planner, resolved, request, plan)
    plan, results, done = found.plan, found.results, 0
    by_cursor = "cursor" in planner.capabilities and request.group == "none"
    while True:
        _require_whole(results, deadline)
        yield results, HitContext(request, plan, planner.status.articles, results.frequencies)
        done += len(results.hits)
        if done >= most or len(results.hits) < plan.limit:
            return
        plan = _following(plan, results.hits[-1], min(size, most - done), done, deadline, by_cursor=by_cursor)
        results = planner.searcher.search(plan)


def _following(plan: Plan, last: FoundHit, limit: int, done: int, deadline: float | None, *, by_cursor: bool) -> Plan:
    if by_cursor:
        after = After(last.sort_key, last.id, last.preferred)
        return replace(plan, offset=0, after=after, limit=limit, deadline=deadline)
    return replace(plan, offset=done, limit=limit, deadline=deadline)


def _require_whole(results: Results, deadline: float | None) -> None:
    if results.timed_out:
        raise EngineError(out_of_time(deadline))
    if results.partial:
        raise EngineError(not_whole())
