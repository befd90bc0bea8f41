"""How a search is answered: planned, searched for, with corrections or relaxations where little is found."""

from __future__ import annotations

from dataclasses import replace

from search.assist.count_budget import CountBudget
from search.assist.relaxation import relaxations, respelt_anywhere
from search.assist.spelling import did_you_mean
from search.assist.years import year_meant
from search.engines.conventions import Deadline, leaf_text
from search.engines.grouping import MAX_GROUPED
from search.engines.results import Cut, Results
from search.errors import ParameterError
from search.phases import phase
from search.query.names import exactly
from search.request.facet_counts import facets_after
from search.request.facets import facet_kind
from search.request.filling import searched
from search.request.planning import Planner, ResolvedQuery
from search.request.request import SearchRequest
from search.request.validation import check
from search.request.wording import not_whole
from search.results.answer import Alternative, Answer, HitContext
from search.results.applied import unknown_values
from search.results.cursor import START
from search.results.paging import offset_of, opened_cursor, pages_around
from search.translation import gettext as _
from search.translation import number


def answered(planner: Planner, request: SearchRequest, generation: str, deadline: float | None) -> Answer:
    """The answer to a request, within `deadline` seconds. Cursors are good for one `generation`.

    Raises QuerySyntaxError, ParameterError, CursorExpired, EngineError.
    """
    check(request)
    until = Deadline(deadline)
    cursors = "cursor" in planner.capabilities
    if request.cursor is not None and not cursors:
        raise ParameterError("cursor", _("this index has no cursors; use page"))
    cursor = opened_cursor(request, generation)
    planner = planner.at(cursor.now) if cursor else planner
    moment = cursor.now if cursor else planner.cursor_time(request)
    absolute = request.resolved(planner.now)
    if request.cursor is not None:
        request = absolute  # a cursor belongs to one moment, and so do the links beside it
    with phase("parse"):
        resolved = planner.resolve(request)
        plan = planner.plan(
            resolved,
            request,
            offset=offset_of(request),
            limit=request.per_page,
            after=cursor.after if cursor else None,
            deadline=deadline,
        )
    with phase("match"):
        found = searched(planner, resolved, request, plan)
    results = replace(found.results, facets=facets_after(request, found.results))
    with phase("suggestions"):
        corrections, relaxed, year = _alternatives(planner, resolved, request, results, until)
    return Answer(
        request=request,
        results=results,
        context=HitContext(request, found.plan, planner.status.articles, results.frequencies, _spelling_of(resolved)),
        filling=found.filling,
        position=None if request.cursor else plan.offset,
        pages=pages_around(request, absolute, results, generation if cursors else None, moment),
        expanded=resolved.expanded,
        exact=_exact(resolved, request),
        corrections=corrections,
        relaxations=relaxed,
        year=year,
        warnings=_warnings(planner, resolved, request, results, deadline),
        status=planner.status,
        now=planner.now,
    )


def _spelling_of(resolved: ResolvedQuery) -> dict[str, str]:
    return {leaf_text(leaf): typed for leaf, typed in resolved.respelt.of.items()}


def _exact(resolved: ResolvedQuery, request: SearchRequest) -> SearchRequest | None:
    """The search without the other spellings of names; None if none are searched for."""
    if not resolved.respelt.matches:
        return None
    return request.asking(exactly(resolved.tree, resolved.respelt.matches))


def _alternatives(
    planner: Planner, resolved: ResolvedQuery, request: SearchRequest, results: Results, until: Deadline
) -> tuple[tuple[Alternative, ...], tuple[Alternative, ...], Alternative | None]:
    """Corrections, relaxations and a year that may be a date; none after the first page, and none if there is no time
    left for them."""
    if request.page > 1 or request.cursor not in {None, START} or results.timed_out:
        return (), (), None
    budget = CountBudget(planner, until=until)
    corrections = did_you_mean(resolved.tree, results.preferred, request, budget)
    year = year_meant(resolved.tree, request, budget)
    if results.total:
        return corrections, (), year
    relaxed = relaxations(resolved.tree, request, budget)
    if not corrections and not relaxed:
        relaxed = respelt_anywhere(resolved.tree, request, budget)
    return corrections, relaxed, year


def _warnings(
    planner: Planner, resolved: ResolvedQuery, request: SearchRequest, results: Results, deadline: float | None
) -> tuple[str, ...]:
    warnings = [*resolved.warnings, *unknown_values(planner.searcher, request)]
    warnings += [
        _("this index cannot do %(name)s: it is left out or may find too little", name=name)
        for name in planner.missing_capabilities(resolved, request)
    ]
    warnings += [cut_in_words(cut) for cut in results.cut]
    if request.group == "story" and request.per_page and results.total > MAX_GROUPED:
        warnings.append(_("near-copies are grouped among the first %(n)s hits only", n=number(MAX_GROUPED)))
    if results.timed_out:
        warnings.append(out_of_time(deadline))
    if results.partial:
        warnings.append(not_whole())
    warnings += [
        _(
            "the counts of %(facet)s may be too low: it has too many values to be counted exactly",
            facet=_(facet_kind(facet.name).label),
        )
        for facet, counts in zip(request.facets, results.facets, strict=bool(results.facets))
        if not counts.exact
    ]
    return tuple(dict.fromkeys(warnings))


def out_of_time(deadline: float | None) -> str:
    """What is said of an answer that had to end after `deadline` seconds."""
    if deadline is None:
        return _("the search ran out of its time: hits and counts may be incomplete")
    seconds = f"{deadline:g}"
    return _("the search ran out of its time of %(seconds)s s: hits and counts may be incomplete", seconds=seconds)


def cut_in_words(cut: Cut) -> str:
    """What is said of a leaf of the query that was not searched in full."""
    if cut.of == "places":
        return _(
            "the words of %(part)s are too common: not all articles were searched for it, so hits and counts are at "
            "least these; add a rarer word",
            part=leaf_text(cut.leaf),
        )
    return _(
        "%(part)s fits too many words; only the %(n)s most frequent were searched",
        part=leaf_text(cut.leaf),
        n=number(cut.limit),
    )
