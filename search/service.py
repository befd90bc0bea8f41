"""One question, one answer: every rendering (JSON, pages, feeds, CSV, the terminal) asks here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter

from search.assist.count_budget import Counting
from search.assist.related import related
from search.assist.relaxation import relaxations, respelt_anywhere
from search.assist.spelling import did_you_mean
from search.assist.suggest import suggest
from search.engines.base import CAPABILITIES, IndexStatus, Searcher
from search.errors import ParameterError
from search.request.planning import Question, lacking, plan, recency_time, understand
from search.request.request import MAX_PAGE_DEPTH, SearchRequest
from search.request.urls import Addresses
from search.request.validation import check
from search.request.wording import out_of_range
from search.results import response
from search.results.applied import applied, unknown_values
from search.results.cursor import START
from search.results.facets import facet
from search.results.hits import Scene, hits
from search.results.overview import index_info, overview, sections
from search.results.paging import Slice, following_cursor, last_page, opened_cursor, retrieve, rows_from
from search.results.response import OUT_OF_TIME, Hit, Links, QueryInfo, SearchResponse, Suggestions
from search.results.timeline import timeline


def search(
    searcher: Searcher,
    request: SearchRequest,
    links: Addresses,
    *,
    now: datetime | None = None,
    language: str = "en",
    deadline: float | None = None,
    capabilities: Collection[str] = CAPABILITIES,
) -> SearchResponse:
    """The whole answer to a request.

    `now`: relative dates are counted back from it, and recency from the beginning of its day;
    `language`: whose stop words are left out;
    `deadline`: seconds after which the engine may stop, which is then said in `warnings`;
    `capabilities`: the engine's; what it lacks is left out and said.
    Raises QuerySyntaxError, ParameterError, CursorExpired, EngineError.
    """
    started = perf_counter()
    check(request)
    now = now or datetime.now(UTC)
    resolved = request.resolved(now)
    if request.cursor is not None:
        request = resolved  # A cursor belongs to one moment, and so do the addresses beside it.
    status = searcher.status()
    cursor = opened_cursor(resolved, status.generation)
    if request.cursor is not None and "cursor" not in capabilities:
        raise ParameterError("cursor", "this index cannot go on from a cursor; use page")
    moment = cursor.now if cursor else recency_time(now)
    question = understand(searcher, request, language, now)
    todo = replace(plan(question, request, capabilities, moment), deadline=deadline)
    found = retrieve(searcher, todo, request, cursor)
    scene = Scene(request, todo, status.articles, links)
    return SearchResponse(
        query=QueryInfo(request.q, applied(request, links, now), question.expanded),
        total=found.results.total,
        page=None if request.cursor else request.page,
        per_page=request.per_page,
        sort=request.effective_sort(),
        links=_links(request, resolved, found, status, moment, links),
        hits=hits(searcher, found.rows, scene, found.position),
        facets=_facets(request, found, links),
        timeline=timeline(found.results.timeline, request, links, now) if found.results.timeline else None,
        suggestions=_suggestions(question, request, found, links, Counting(searcher, language, now)),
        warnings=_warnings(searcher, question, request, found, deadline, capabilities),
        index=index_info(status),
        took_ms=round((perf_counter() - started) * 1000.0, 3),
    )


def neighbours(
    searcher: Searcher,
    request: SearchRequest,
    position: int,
    links: Addresses,
    *,
    now: datetime | None = None,
    language: str = "en",
    capabilities: Collection[str] = CAPABILITIES,
) -> tuple[Hit | None, Hit | None]:
    """The hits before and after place `position` (from 0) of a result list, without snippets; None at its ends."""
    bare = replace(request, cursor=None, page=1, facets=(), fields=("id", "title"), explain=False, highlight="off")
    check(bare)
    if not 0 <= position < MAX_PAGE_DEPTH:
        raise ParameterError("position", out_of_range(0, MAX_PAGE_DEPTH - 1))
    status = searcher.status()
    todo = plan(understand(searcher, bare, language, now), bare, capabilities, recency_time(now))
    first = max(0, position - 1)
    found = rows_from(searcher, todo, bare, first, position + 2 - first)
    scene = Scene(replace(bare, page=request.page), todo, status.articles, links)
    shown = {found.position + index: row for index, row in enumerate(found.rows)} if found.position is not None else {}
    before, after = (
        hits(searcher, (shown[place],), scene, place)[0] if place in shown else None
        for place in (position - 1, position + 1)
    )
    return before, after


def _links(
    request: SearchRequest, resolved: SearchRequest, found: Slice, status: IndexStatus, now: datetime, links: Addresses
) -> Links:
    first, before, after, last = _pages(request, resolved, found, status, now)

    def address(page: SearchRequest | None) -> str | None:
        return links.search(page) if page is not None else None

    return Links(
        self=links.search(request),
        first=address(first),
        prev=address(before),
        next=address(after),
        last=address(last),
        html=links.rendering("html", request),
        atom=links.rendering("atom", request),
        feed=links.rendering("feed", request),
        csv=links.rendering("csv", request),
    )


def _pages(
    request: SearchRequest, resolved: SearchRequest, found: Slice, status: IndexStatus, now: datetime
) -> tuple[SearchRequest | None, SearchRequest | None, SearchRequest | None, SearchRequest | None]:
    """The first, the previous, the next and the last page; past the depth of `page` the next one goes by cursor."""
    if request.per_page == 0:
        return None, None, None, None
    if request.cursor is not None:
        cursor = following_cursor(request, found, status.generation, now)
        return request.from_cursor(START), None, request.from_cursor(cursor) if cursor else None, None
    last = last_page(request, found.row_total)
    following = request.on_page(request.page + 1) if request.page < last else _deeper(resolved, found, status, now)
    before = request.on_page(min(request.page - 1, last)) if request.page > 1 else None
    return request.on_page(1), before, following, request.on_page(last)


def _deeper(request: SearchRequest, found: Slice, status: IndexStatus, now: datetime) -> SearchRequest | None:
    if request.page * request.per_page >= found.row_total or request.group == "story":
        return None
    cursor = following_cursor(request, found, status.generation, now)
    return request.from_cursor(cursor) if cursor else None


def _facets(request: SearchRequest, found: Slice, links: Addresses) -> tuple[response.Facet, ...]:
    counted = found.results.facets
    return tuple(
        facet(request, asked, counts, links) for asked, counts in zip(request.facets, counted, strict=bool(counted))
    )


def _suggestions(
    question: Question, request: SearchRequest, found: Slice, links: Addresses, counting: Counting
) -> Suggestions:
    """Offered on the first page only, and not when the engine ran out of time."""
    if request.page > 1 or request.cursor not in {None, START} or found.results.timed_out:
        return Suggestions((), ())
    total = found.results.total
    corrections = did_you_mean(question.tree, total, request, links, counting)
    if total:
        return Suggestions(corrections, ())
    relaxed = relaxations(question.tree, request, links, counting)
    if not corrections and not relaxed:
        relaxed = respelt_anywhere(question.tree, request, links, counting)
    return Suggestions(corrections, relaxed)


def _warnings(
    searcher: Searcher,
    question: Question,
    request: SearchRequest,
    found: Slice,
    deadline: float | None,
    capabilities: Collection[str],
) -> tuple[str, ...]:
    warnings = [*question.warnings, *unknown_values(searcher, request), *lacking(question, request, capabilities)]
    warnings += [*found.results.warnings, *found.warnings]
    if found.results.timed_out:
        limit = f" of {deadline:g} s" if deadline is not None else ""
        warnings.append(f"{OUT_OF_TIME}{limit}: hits and counts may be incomplete")
    return tuple(dict.fromkeys(warnings))


__all__ = ["index_info", "neighbours", "overview", "related", "search", "sections", "suggest"]
