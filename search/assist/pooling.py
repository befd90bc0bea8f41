"""What is to be judged for a query: the first hits of today's ranking together with those of other rankings.

Judged only on what one ranking finds, every other ranking looks worse than it is, since what it finds instead was never
judged (pooling: Spärck Jones and van Rijsbergen, 1975; Zobel: "How reliable are the results of large-scale information
retrieval experiments?", SIGIR 1998).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from search.engines.conventions import Deadline
from search.request.filling import searched
from search.request.planning import Planner
from search.request.request import SearchRequest

DEPTH: Final = 10
"""Hits that each ranking gives: as many as nDCG@10 looks at."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The ids of the articles to judge, those of today's ranking first, and how many come from other rankings alone.

    `timed_out`: not all of the rankings could be asked in time."""

    ids: tuple[str, ...]
    others: int
    timed_out: bool = False


def pooled(planner: Planner, request: SearchRequest, seconds: float | None, depth: int = DEPTH) -> Pool:
    """The first `depth` hits of each of these rankings of a request, asked within `seconds`:

    as readers get it; by words alone, without date and meaning; any of the words; in titles alone; and the newest with
    all words. They differ in what a newsroom may tune: the weight of titles, of dates, and of how much matches.

    Raises QuerySyntaxError, ParameterError, EngineError.
    """
    deadline = Deadline(seconds)
    ids: dict[str, None] = {}
    first = 0
    for number, (asked, by_words) in enumerate(_rankings(request)):
        left = deadline.left()
        if number and left is not None and left <= 0:
            return Pool(tuple(ids), len(ids) - first, timed_out=True)
        resolved = planner.resolve(asked)
        plan = replace(planner.plan(resolved, asked, limit=depth, deadline=left), bring="nothing")
        if by_words:
            plan = replace(plan, recency=None, meaning=None)
        found = searched(planner, resolved, asked, plan).results
        ids.update(dict.fromkeys(hit.id for hit in found.hits))
        first = first if number else len(ids)
        if found.timed_out:
            return Pool(tuple(ids), len(ids) - first, timed_out=True)
    return Pool(tuple(ids), len(ids) - first)


def _rankings(request: SearchRequest) -> Iterator[tuple[SearchRequest, bool]]:
    """The requests, each with whether it is by words alone."""
    plain = replace(request, sort="relevance", page=1, cursor=None, facets=(), group="none", explain=False)
    yield plain, False
    yield plain, True
    yield replace(plain, operator="or"), True
    yield replace(plain, fields_searched=("title",)), True
    yield replace(plain, operator="and", sort="newest"), False
