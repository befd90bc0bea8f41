"""Searches compared: their articles over the same periods, the periods that stand out, and what goes with each.

All of it is counted in one commit and within one deadline, the timelines first. Where time runs out, what is missing is
said: a number is exact, or the answer is marked as incomplete.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from time import perf_counter
from typing import Final

from search.answering import cut_in_words, out_of_time
from search.assist.compared_searches import Around, FoundSearch, around_of, by_language, counted
from search.assist.peaks import peaks
from search.assist.sampled_terms import SampledTerms
from search.assist.sampling import as_read, sampled
from search.assist.significant_terms import significant_terms
from search.assist.significant_values import VALUE_FIELDS, significant_values
from search.assist.term_counts import FoundTerm, Searched, TermCounts
from search.engines.conventions import Deadline
from search.engines.results import FacetCounts, Results
from search.engines.results import Timeline as CountedTimeline
from search.errors import ParameterError, QuerySyntaxError
from search.linking import milliseconds_since
from search.query.own_words import OwnWords
from search.request.comparison import Comparison
from search.request.links import SearchLinks
from search.request.planning import Planner
from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.request.validation import check
from search.request.wording import not_whole, quoted
from search.results.applied import WritesAddress, applied, unknown_values
from search.results.coverage import ComparedWith, CoverageAnswer, CoverageSeries, SignificantTerm
from search.results.overview import index_info
from search.results.response import Timeline
from search.results.series import within
from search.results.timeline import timeline
from search.translation import gettext as _
from search.translation import gettext_noop

_LACKING: Final = {
    "timeline": gettext_noop("this index counts no articles by date: how the searches went over time is left out"),
    "facets": gettext_noop("this index counts no articles by value: sections, tags and authors are left out"),
    "phrase": gettext_noop("this index finds no phrases: names of several words are left out"),
}
NO_TIME: Final = gettext_noop("time ran out while names and words were looked for: others may go with the search too")


def problems(planner: Planner, comparison: Comparison) -> tuple[str, ...]:
    """What is wrong with each of the queries; "" where nothing is."""
    return tuple(_problem(planner, request) for request in comparison.searches)


def coverage(planner: Planner, comparison: Comparison, addresses: Addresses, seconds: float) -> CoverageAnswer:
    """The comparison, within about that many seconds.

    Raises ParameterError, which names each query that cannot be searched, and EngineError.
    """
    started, deadline = perf_counter(), Deadline(seconds)
    _require_sound(planner, comparison)
    found = [counted(planner, request, deadline) for request in comparison.searches]
    around = around_of(planner, comparison.shared, found, deadline)
    known = TermCounts(planner, around.background, deadline)
    series = tuple(_series(each, around, known, addresses, len(found) - place) for place, each in enumerate(found))
    whole = [each.results for each in found] + ([around.held] if around.held else [])
    return CoverageAnswer(
        series=series,
        interval=around.frame.interval if around.frame else None,
        compared_with=ComparedWith(around.background.total, addresses.search(comparison.shared)),
        applied=applied(comparison.shared, _without_condition(comparison, addresses), planner.now),
        self=addresses.comparison(comparison),
        html=replace(addresses, kind="html").comparison(comparison),
        timed_out=any(each.timed_out for each in series) or any(each.timed_out for each in whole),
        partial=any(each.partial for each in whole),
        warnings=_warnings(planner, comparison.shared, whole, seconds),
        index=index_info(planner.status),
        took_ms=milliseconds_since(started),
    )


def _require_sound(planner: Planner, comparison: Comparison) -> None:
    comparison.check()
    for request in comparison.searches:
        check(request)
    found = enumerate(zip(comparison.queries, problems(planner, comparison), strict=True), 1)
    wrong = [_problem_in_words(number, query, problem) for number, (query, problem) in found if problem]
    if wrong:
        raise ParameterError("q", "; ".join(wrong))


def _problem_in_words(number: int, query: str, problem: str) -> str:
    if not query.strip():
        return _("search %(number)s: %(problem)s", number=number, problem=problem)
    return _("search %(number)s, %(query)s: %(problem)s", number=number, query=quoted(query), problem=problem)


def _problem(planner: Planner, request: SearchRequest) -> str:
    if not request.q.strip():
        return _("nothing to search for; type words, or leave this search out")
    try:
        planner.resolve(request)
    except QuerySyntaxError as error:
        return str(error)
    return ""


def _without_condition(comparison: Comparison, addresses: Addresses) -> WritesAddress:
    return lambda shared: addresses.comparison(replace(comparison, shared=shared))


def _series(found: FoundSearch, around: Around, known: TermCounts, addresses: Addresses, left: int) -> CoverageSeries:
    """One of the `left` searches that are still to be done."""
    results = found.results
    drawn = _timeline(found, around, known.planner, addresses)
    dated = sum(bucket.count for bucket in drawn.buckets) if drawn else 0
    read, terms, whole = _terms(found, around, known, left)
    return CoverageSeries(
        query=found.request.q,
        total=results.total,
        undated=max(0, results.total - dated) if results.timeline else 0,
        url=addresses.search(found.request),
        timeline=drawn,
        peaks=peaks(drawn.buckets) if drawn else (),
        terms=tuple(_linked(term, addresses) for term in terms),
        sampled=read,
        timed_out=results.timed_out or not whole,
        warnings=(
            *found.resolved.warnings,
            *dict.fromkeys(cut_in_words(cut) for cut in results.cut),
            *(() if whole else (_(NO_TIME),)),
        ),
    )


def _timeline(found: FoundSearch, around: Around, planner: Planner, addresses: Addresses) -> Timeline | None:
    frame, counted = around.frame, found.results.timeline
    if frame is None or around.held is None or around.held.timeline is None or counted is None:
        return None
    counts, archive = within(frame, counted.counts), within(frame, around.held.timeline.archive)
    links = SearchLinks(addresses, found.request)
    return timeline(CountedTimeline(frame.interval, counts, archive), links, planner.now, (frame.first, frame.last))


def _terms(found: FoundSearch, around: Around, known: TermCounts, left: int) -> tuple[int, list[FoundTerm], bool]:
    """How many articles were read for the terms, the terms, and whether there was time for all."""
    results, planner = found.results, known.planner
    facets, own = found.facets, OwnWords(found.resolved.match)
    filled = found.filled.filling is not None
    search = Searched(found.request, found.resolved, results.total, by_language(facets), filled)
    by_period = results.timeline.counts if results.timeline else {}
    sample = SampledTerms(own)
    # Half of the time is for reading, and each search has its part: a long text must not leave the last one without.
    reading = Deadline((known.deadline.left() or 0.0) / (2 * left))
    for hit in sampled(planner.searcher, found.filled.plan, results.total, by_period, reading):
        if reading.passed():
            break
        if (article := as_read(hit)) is not None:
            sample.read(article)
    interrupted = results.total > 0 and reading.passed()
    named = significant_terms(search, sample, known)
    values: dict[str, FacetCounts] = {field: facets[field] for field in VALUE_FIELDS if field in facets}
    terms = [*significant_values(search, own, values, around.values, around.background), *named.terms]
    return sample.articles, sorted(terms, key=lambda term: _KINDS.index(term.kind)), named.whole and not interrupted


_KINDS: Final = ("name", *VALUE_FIELDS, "word")
"""The kinds of terms, in the order in which they are given."""


def _linked(term: FoundTerm, addresses: Addresses) -> SignificantTerm:
    return SignificantTerm(
        text=term.text,
        kind=term.kind,
        articles=term.articles,
        archive_articles=term.archive_articles,
        score=round(term.shares.jlh, 4),
        log_likelihood=round(term.shares.log_likelihood, 2),
        url=addresses.search(term.request),
    )


def _warnings(planner: Planner, shared: SearchRequest, counted: Iterable[Results], seconds: float) -> tuple[str, ...]:
    warnings = [*unknown_values(planner.searcher, shared)]
    warnings += [_(said) for name, said in _LACKING.items() if name not in planner.capabilities]
    warnings += [out_of_time(seconds)] if any(each.timed_out for each in counted) else []
    warnings += [not_whole()] if any(each.partial for each in counted) else []
    return tuple(dict.fromkeys(warnings))
