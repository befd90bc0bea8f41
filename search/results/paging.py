"""Which hits stand on the page asked for: by page, by cursor, or by page over groups of near-copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from search.engines.base import After, Plan, Results, Searcher
from search.request.request import MAX_PAGE_DEPTH, SearchRequest
from search.results.cursor import START, Cursor, encode, question_digest, resume
from search.results.grouping import MAX_GROUPED, Row, collapsed


@dataclass(frozen=True, slots=True)
class Slice:
    """Some rows of a result list and the engine's answer they are from.

    `position` is the first row's place, None where it is not known; `row_total` counts the rows of the whole list.
    """

    rows: tuple[Row, ...]
    results: Results
    row_total: int
    position: int | None
    warnings: tuple[str, ...] = ()


def retrieve(searcher: Searcher, plan: Plan, request: SearchRequest, cursor: Cursor | None) -> Slice:
    """The rows of the request's page."""
    if request.cursor is not None:
        after = cursor.after if cursor else None
        results = searcher.search(replace(plan, limit=request.per_page, after=after))
        rows = tuple(Row(hit) for hit in results.hits)
        return Slice(rows, results, results.total, None)
    return rows_from(searcher, plan, request, (request.page - 1) * request.per_page, request.per_page)


def rows_from(searcher: Searcher, plan: Plan, request: SearchRequest, offset: int, limit: int) -> Slice:
    """`limit` rows from place `offset` on, in the grouping the request asks for."""
    if request.group == "story" and limit:
        return _grouped(searcher, plan, offset, limit)
    results = searcher.search(replace(plan, offset=offset, limit=limit))
    return Slice(tuple(Row(hit) for hit in results.hits), results, results.total, offset)


def _grouped(searcher: Searcher, plan: Plan, offset: int, limit: int) -> Slice:
    """Groups of the first hits, then the hits beyond them one by one: the same list for every page."""
    results = searcher.search(replace(plan, offset=0, limit=MAX_GROUPED))
    groups = collapsed(results.hits)
    beyond = max(0, results.total - len(results.hits))
    rows = groups[offset : offset + limit]
    missing = min(limit - len(rows), beyond)
    if missing > 0:
        deeper = len(results.hits) + max(0, offset - len(groups))
        more = searcher.search(replace(plan, offset=deeper, limit=missing, facets=(), timeline=False))
        rows += [Row(hit) for hit in more.hits]
    warnings = (f"near-copies are grouped among the first {MAX_GROUPED} hits only",) if beyond else ()
    return Slice(tuple(rows), results, len(groups) + beyond, offset, warnings)


def opened_cursor(request: SearchRequest, generation: str) -> Cursor | None:
    """The request's cursor; None without one and for the one that begins. Raises ParameterError, CursorExpired."""
    if request.cursor is None or request.cursor == START:
        return None
    return resume(request.cursor, request, generation)


def following_cursor(request: SearchRequest, found: Slice, generation: str, now: datetime) -> str | None:
    """The cursor that goes on after these rows; None if they are the last."""
    if not found.rows or len(found.rows) < request.per_page:
        return None
    last = found.rows[-1].hit
    return encode(Cursor(generation, question_digest(request), now, After(last.sort_key, last.id)))


def last_page(request: SearchRequest, row_total: int) -> int:
    """The number of the last page that can be asked for by number."""
    pages = -(-row_total // request.per_page)
    return max(1, min(pages, MAX_PAGE_DEPTH // request.per_page))
