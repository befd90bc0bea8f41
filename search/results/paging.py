"""Paging: which hits are on a page, by number or by cursor, and the requests for the pages around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from search.engines.plan import After
from search.engines.results import Results
from search.request.request import MAX_PAGE_DEPTH, SearchRequest
from search.results.cursor import START, Cursor, encode, resume, search_digest

Page = int | SearchRequest
"""A numbered page of the same hits, or the request for one that a cursor leads to."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages around a page; None where there is none."""

    first: Page | None = None
    prev: Page | None = None
    next: Page | None = None
    last: Page | None = None


def opened_cursor(request: SearchRequest, generation: str) -> Cursor | None:
    """The request's cursor; None if it has none or begins with START. Raises ParameterError, CursorExpired."""
    if request.cursor is None or request.cursor == START:
        return None
    return resume(request.cursor, request, generation)


def offset_of(request: SearchRequest) -> int:
    """How many hits stand before the request's page; none before what follows a cursor."""
    return 0 if request.cursor is not None else (request.page - 1) * request.per_page


def pages_around(
    request: SearchRequest, absolute: SearchRequest, results: Results, generation: str | None, now: datetime
) -> Pages:
    """The first, the previous, the next and the last page. After the last numbered page the next one has a cursor.

    A cursor keeps one moment, `now`, and it goes with `absolute`, the request with the dates of that moment.
    `generation` is None if the engine has no cursors.
    """
    if request.per_page == 0:
        return Pages()
    if request.cursor is not None:
        return Pages(request.from_cursor(START), next=_by_cursor(absolute, results, generation, now))
    last = _last_page(request, results.rows)
    if request.page < last:
        following: Page | None = request.page + 1
    elif request.page * request.per_page < results.rows and request.group == "none":
        following = _by_cursor(absolute, results, generation, now)
    else:
        following = None
    return Pages(1, min(request.page - 1, last) if request.page > 1 else None, following, last)


def _last_page(request: SearchRequest, rows: int) -> int:
    """The last page that can be asked for by number."""
    pages = -(-rows // request.per_page)
    return max(1, min(pages, MAX_PAGE_DEPTH // request.per_page))


def _by_cursor(request: SearchRequest, results: Results, generation: str | None, now: datetime) -> SearchRequest | None:
    """The request for what follows these hits; None if they are the last."""
    if generation is None or not results.hits or len(results.hits) < request.per_page:
        return None
    last = results.hits[-1]
    cursor = Cursor(generation, search_digest(request), now, After(last.sort_key, last.id, last.preferred))
    return request.from_cursor(encode(cursor))
