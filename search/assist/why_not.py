"""Why a search does not find an article: which of its conditions the article does not meet, and where it would stand.

The article is put into an archive of its own, in memory, and each condition is asked of that alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from search.assist.conditions import Condition, filter_conditions, part_in_words
from search.assist.relaxation import MAX_PARTS
from search.document import Document
from search.engines.conventions import Deadline
from search.engines.memory.engine import MemoryEngine
from search.engines.plan import Plan
from search.engines.protocols import Searcher
from search.engines.results import Hit as FoundHit
from search.field_words import fields_listed
from search.query import Query
from search.query.rewrite import replaced
from search.query.tree import parts_of
from search.request.filling import searched
from search.request.planning import Planner
from search.request.request import SearchRequest
from search.translation import gettext as _

MAX_PLACE: Final = 1_000
"""Places of a list in which the article is looked for."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an article stands in the list of a search: its hit and its place, from 1; both None if that is beyond
    MAX_PLACE, or not known in time."""

    hit: FoundHit | None
    place: int | None
    total: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class WhyNot:
    """`found`: the search finds the article. `conditions` are those of the search, each with whether the article meets
    it. `relaxed` is the search without those that it does not meet, and `placed` where it stands in the list of that;
    both are of the search itself if it is found."""

    found: bool
    conditions: tuple[tuple[Condition, bool], ...]
    relaxed: SearchRequest
    placed: Placed


def why_not(planner: Planner, document: Document, request: SearchRequest, deadline: float) -> WhyNot:
    """Why the request does not find the article, which is in the archive. Raises QuerySyntaxError, ParameterError and
    EngineError."""
    bare = replace(
        request, cursor=None, page=1, facets=(), fields=("id",), explain=False, highlight="off", group="none"
    )
    left = Deadline(deadline)
    placed = _placed(planner, document.id, bare, left)
    if placed.hit is not None:
        return WhyNot(True, (), bare, placed)
    alone = _alone(document)
    conditions = tuple((each, _meets(planner, alone, each.alone)) for each in _conditions(planner, bare))
    if all(met for _, met in conditions):
        return WhyNot(_meets(planner, alone, bare), conditions, bare, placed)
    relaxed = _without_unmet(planner, alone, bare)
    return WhyNot(False, conditions, relaxed, _placed(planner, document.id, relaxed, left))


def _alone(document: Document) -> Searcher:
    engine = MemoryEngine()
    with engine.writer() as writer:
        writer.add(document)
        writer.commit()
    searcher: Searcher = engine.searcher().__enter__()
    return searcher


def _meets(planner: Planner, alone: Searcher, request: SearchRequest) -> bool:
    """Whether the article matches; what the request means is decided by the whole archive."""
    resolved = planner.resolve(request)
    return alone.search(planner.counting_plan(resolved, request)).total > 0


def _conditions(planner: Planner, request: SearchRequest) -> Iterator[Condition]:
    tree = planner.resolve(request).tree
    parts = parts_of(tree) if request.q.strip() else ()
    for part in parts[:MAX_PARTS]:
        without = request.asking(replaced(tree, part, None)) if len(parts) > 1 else replace(request, q="")
        yield Condition(_in_words(part, request), request.without_filters().asking(part), without)
    yield from filter_conditions(request, planner.now)


def _in_words(part: Query, request: SearchRequest) -> str:
    text = part_in_words(part)
    if not request.fields_searched:
        return text
    return _("%(condition)s in the %(fields)s", condition=text, fields=fields_listed(request.fields_searched))


def _without_unmet(planner: Planner, alone: Searcher, request: SearchRequest) -> SearchRequest:
    """The request without what the article does not meet, one condition after the other."""
    for _step in range(MAX_PARTS + 20):
        conditions = _conditions(planner, request)
        unmet = next((each for each in conditions if not _meets(planner, alone, each.alone)), None)
        if unmet is None or unmet.without == request:
            return request
        request = unmet.without
    return request


def _placed(planner: Planner, id: str, request: SearchRequest, left: Deadline) -> Placed:
    resolved = planner.resolve(request)
    plan = planner.plan(resolved, request, limit=MAX_PLACE, deadline=left.left())
    found = searched(planner, resolved, request, plan)
    hits = found.results.hits
    place = next((number for number, hit in enumerate(hits, 1) if hit.id == id), None)
    return Placed(hits[place - 1] if place else None, place, found.results.total, found.plan)
