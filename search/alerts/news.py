"""What is new for one search: its articles among those that came since a moment, as an answer like any other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from search.engines.plan import Plan
from search.engines.results import Hit, Results
from search.request.planning import Planner
from search.request.request import MAX_PAGE_DEPTH, SearchRequest
from search.results.answer import Answer, HitContext
from search.results.paging import Pages

MOST_NEW: Final = 10_000
"""Arrivals, the last of them, that are looked at."""
USUAL: Final = 50
"""New articles that are shown."""


def news(planner: Planner, request: SearchRequest, ids: Collection[str], limit: int, deadline: float | None) -> Answer:
    """The articles that the request finds among those ids, the newest by date first, at most so many; the total counts
    all of them. Only the newest MAX_PAGE_DEPTH hits of the search are looked at.

    Raises QuerySyntaxError, ParameterError, EngineError.
    """
    asked = replace(request, sort="newest", facets=(), group="none", page=1, cursor=None, per_page=limit)
    resolved = planner.resolve(asked)
    plan = planner.plan(resolved, asked, limit=0, deadline=deadline)
    found = (
        planner.searcher.search(replace(plan, limit=MAX_PAGE_DEPTH, bring="nothing")) if ids else Results(0, 0, (), 0)
    )
    places = [place for place, hit in enumerate(found.hits) if hit.id in ids]
    hits = _whole(planner, plan, places[:limit])
    results = replace(found, total=len(places), preferred=len(places), hits=tuple(hits), rows=len(places))
    return Answer(
        request=asked,
        results=results,
        context=HitContext(asked, plan, planner.status.articles),
        filling=None,
        position=None,
        pages=Pages(),
        expanded=resolved.expanded,
        corrections=(),
        relaxations=(),
        exact=None,
        year=None,
        warnings=resolved.warnings,
        status=planner.status,
        now=planner.now,
    )


def _whole(planner: Planner, plan: Plan, places: Sequence[int]) -> list[Hit]:
    """The hits at those places with their text; those that follow each other are asked for together."""
    hits: list[Hit] = []
    for _, row in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
        following = [place for _, place in row]
        hits += planner.searcher.search(replace(plan, offset=following[0], limit=len(following))).hits
    return hits
