"""Which hits stand on the page asked for, by number or by cursor, and which pages lie around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from search.engines.plan import After, Plan
from search.engines.results import Results
from search.request.request import MAX_PAGE_DEPTH, SearchRequest
from search.results.cursor import START, Cursor, encode, question_digest, resume


@dataclass(frozen=True, slots=True)
class Pages:
    """The requests for the pages around one; None where there is none."""

    first: SearchRequest | None = None
    prev: SearchRequest | None = None
    next: SearchRequest | None = None
    last: SearchRequest | None = None


def opened_cursor(request: SearchRequest, generation: str) -> Cursor | None:
    """The request's cursor; None without one and for the one that begins. Raises ParameterError, CursorExpired."""
    if request.cursor is None or request.cursor == START:
        return None
    return resume(request.cursor, request, generation)


def for_page(plan: Plan, request: SearchRequest, cursor: Cursor | None) -> Plan:
    """The plan for the hits of the request's page."""
    if request.cursor is not None:
        return replace(plan, limit=request.per_page, after=cursor.after if cursor else None)
    return replace(plan, offset=(request.page - 1) * request.per_page, limit=request.per_page)


def pages_around(
    request: SearchRequest, resolved: SearchRequest, results: Results, generation: str, now: datetime
) -> Pages:
    """The first, the previous, the next and the last page; past the depth of `page` the next one goes by cursor.

    A cursor belongs to one moment: it goes with the `resolved` request, and keeps `now`, when recency was measured.
    """
    if request.per_page == 0:
        return Pages()
    if request.cursor is not None:
        cursor = _following_cursor(resolved, results, generation, now)
        return Pages(request.from_cursor(START), next=request.from_cursor(cursor) if cursor else None)
    last = _last_page(request, results.rows)
    following = (
        request.on_page(request.page + 1) if request.page < last else _deeper(resolved, results, generation, now)
    )
    before = request.on_page(min(request.page - 1, last)) if request.page > 1 else None
    return Pages(request.on_page(1), before, following, request.on_page(last))


def _last_page(request: SearchRequest, rows: int) -> int:
    """The number of the last page that can be asked for by number."""
    pages = -(-rows // request.per_page)
    return max(1, min(pages, MAX_PAGE_DEPTH // request.per_page))


def _deeper(request: SearchRequest, results: Results, generation: str, now: datetime) -> SearchRequest | None:
    if request.page * request.per_page >= results.rows or request.group == "story":
        return None
    cursor = _following_cursor(request, results, generation, now)
    return request.from_cursor(cursor) if cursor else None


def _following_cursor(request: SearchRequest, results: Results, generation: str, now: datetime) -> str | None:
    """The cursor that goes on after these hits; None if they are the last."""
    if not results.hits or len(results.hits) < request.per_page:
        return None
    last = results.hits[-1]
    return encode(Cursor(generation, question_digest(request), now, After(last.sort_key, last.id)))
