"""How a search is answered: planned, searched for, with corrections or relaxations where little is found."""

from __future__ import annotations

from search.assist.count_budget import CountBudget
from search.assist.relaxation import relaxations, respelt_anywhere
from search.assist.spelling import did_you_mean
from search.engines.conventions import leaf_text
from search.engines.grouping import MAX_GROUPED
from search.engines.results import Cut, Results
from search.errors import ParameterError
from search.request.facets import facet_kind
from search.request.filling import searched
from search.request.planning import Planner, ResolvedQuery
from search.request.request import SearchRequest
from search.request.validation import check
from search.request.wording import NOT_WHOLE
from search.results.answer import Alternative, Answer, HitContext
from search.results.applied import unknown_values
from search.results.cursor import START
from search.results.paging import offset_of, opened_cursor, pages_around


def answered(planner: Planner, request: SearchRequest, generation: str, deadline: float | None) -> Answer:
    """The answer to a request, within `deadline` seconds. Cursors are good for one `generation`.

    Raises QuerySyntaxError, ParameterError, CursorExpired, EngineError.
    """
    check(request)
    cursors = "cursor" in planner.capabilities
    if request.cursor is not None and not cursors:
        raise ParameterError("cursor", "this index has no cursors; use page")
    cursor = opened_cursor(request, generation)
    planner = planner.at(cursor.now) if cursor else planner
    moment = cursor.now if cursor else planner.cursor_time(request)
    absolute = request.resolved(planner.now)
    if request.cursor is not None:
        request = absolute  # a cursor belongs to one moment, and so do the links beside it
    resolved = planner.resolve(request)
    plan = planner.plan(
        resolved,
        request,
        offset=offset_of(request),
        limit=request.per_page,
        after=cursor.after if cursor else None,
        deadline=deadline,
    )
    found = searched(planner, resolved, request, plan)
    results = found.results
    corrections, relaxed = _alternatives(planner, resolved, request, results)
    return Answer(
        request=request,
        results=results,
        context=HitContext(request, found.plan, planner.status.articles, results.frequencies),
        filling=found.filling,
        position=None if request.cursor else plan.offset,
        pages=pages_around(request, absolute, results, generation if cursors else None, moment),
        expanded=resolved.expanded,
        corrections=corrections,
        relaxations=relaxed,
        warnings=_warnings(planner, resolved, request, results, deadline),
        status=planner.status,
        now=planner.now,
    )


def _alternatives(
    planner: Planner, resolved: ResolvedQuery, request: SearchRequest, results: Results
) -> tuple[tuple[Alternative, ...], tuple[Alternative, ...]]:
    """Corrections and relaxations; none after the first page, and none if the engine ran out of time."""
    if request.page > 1 or request.cursor not in {None, START} or results.timed_out:
        return (), ()
    budget = CountBudget(planner)
    corrections = did_you_mean(resolved.tree, results.preferred, request, budget)
    if results.total:
        return corrections, ()
    relaxed = relaxations(resolved.tree, request, budget)
    if not corrections and not relaxed:
        relaxed = respelt_anywhere(resolved.tree, request, budget)
    return corrections, relaxed


def _warnings(
    planner: Planner, resolved: ResolvedQuery, request: SearchRequest, results: Results, deadline: float | None
) -> tuple[str, ...]:
    warnings = [*resolved.warnings, *unknown_values(planner.searcher, request)]
    warnings += [
        f"this index cannot do {name}: it is left out or may find too little"
        for name in planner.missing_capabilities(resolved, request)
    ]
    warnings += [_cut_in_words(cut) for cut in results.cut]
    if request.group == "story" and request.per_page and results.total > MAX_GROUPED:
        warnings.append(f"near-copies are grouped among the first {MAX_GROUPED} hits only")
    if results.timed_out:
        warnings.append(out_of_time(deadline))
    if results.partial:
        warnings.append(NOT_WHOLE)
    warnings += [
        f"the counts of {facet_kind(facet.name).label} may be too low: it has too many values to be counted exactly"
        for facet, counts in zip(request.facets, results.facets, strict=bool(results.facets))
        if not counts.exact
    ]
    return tuple(dict.fromkeys(warnings))


def out_of_time(deadline: float | None) -> str:
    """What is said of an answer that had to end after `deadline` seconds."""
    within = "" if deadline is None else f" of {deadline:g} s"
    return f"the search ran out of its time{within}: hits and counts may be incomplete"


def _cut_in_words(cut: Cut) -> str:
    if cut.of == "places":
        return (
            f"the words of {leaf_text(cut.leaf)} are too common: not all articles were searched for it, so "
            "hits and counts are at least these; add a rarer word"
        )
    return f"{leaf_text(cut.leaf)} fits too many words; only the {cut.limit} most frequent were searched"
