"""When nothing is found: what the search would find without each of its conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final

from search.assist.count_budget import CountBudget
from search.assist.spelling import did_you_mean
from search.periods import in_words, interval_of
from search.query import to_text
from search.query.rewrite import any_of, loosened, positive_parts, replaced
from search.query.tree import DateRange, Exact, Fuzzy, Keyword, Not, Phrase, Prefix, Query, Wildcard, Word, parts_of
from search.request.facets import value_label
from search.request.request import Filters, SearchRequest
from search.results.answer import Alternative
from search.results.applied import dates_in_words
from search.results.explain import listed
from search.schema import KEYWORD_FIELDS, TEXT_FIELDS

MAX_RELAXATIONS: Final = 6
MAX_PARTS: Final = 8
"""Parts of the query that are tried, one at a time: dropped, or searched in every field."""

Trial = tuple[str, SearchRequest]
"""The name of a condition, worded to follow "without", and the request without that condition."""


def relaxations(tree: Query, request: SearchRequest, budget: CountBudget) -> tuple[Alternative, ...]:
    """Searches that drop one condition and find something, the one that finds most first."""
    trials: dict[SearchRequest, str] = {}
    for drop, trial in (*_without_filters(request, budget.planner.now), *_with_looser_query(tree, request)):
        if trial != request:
            trials.setdefault(trial, drop)
    counted = zip(trials.items(), budget.totals(trials), strict=True)
    found = [Alternative(drop, trial, total) for (trial, drop), total in counted if total]
    found.sort(key=lambda other: -other.total)
    return tuple(found[:MAX_RELAXATIONS])


def respelt_anywhere(tree: Query, request: SearchRequest, budget: CountBudget) -> tuple[Alternative, ...]:
    """Corrections of the query without any filter, for when the corrections under the filters find nothing either."""
    bare = request.without_filters().searching(())
    if request.on_page(1) == bare:
        return ()
    found = did_you_mean(tree, 0, bare, budget)
    return tuple(Alternative(f"any filter, for “{other.text}”", other.request, other.total) for other in found)


def _without_filters(request: SearchRequest, now: datetime) -> Iterator[Trial]:
    filters = [*_without_values(request), *_without_dates(request, now)]
    yield from filters
    if request.fields_searched:
        fields = listed([TEXT_FIELDS[name].label.lower() for name in request.fields_searched])
        yield f"the limit to {fields}", request.searching(())
    if len(filters) > 1:
        yield "any filter", request.without_filters()


def _without_values(request: SearchRequest) -> Iterator[Trial]:
    for name, filters in request.keywords:
        label = KEYWORD_FIELDS[name].label.lower()
        if filters.include:
            values = _alternatives(value_label(name, value) for value in filters.include)
            yield f"the {label} {values}", request.with_filters(name, Filters((), filters.exclude))
        if filters.exclude:
            values = _alternatives(value_label(name, value) for value in filters.exclude)
            yield f"leaving out the {label} {values}", request.with_filters(name, Filters(filters.include, ()))


def _without_dates(request: SearchRequest, now: datetime) -> Iterator[Trial]:
    if request.start is not None or request.end is not None:
        yield f"the dates ({dates_in_words(request, now)})", request.dated(None, None)
    for interval in dict.fromkeys(map(interval_of, request.periods)):
        periods = [period for period in request.periods if interval_of(period) == interval]
        yield f"the {interval} {_alternatives(map(in_words, periods))}", request.without_periods(*periods)


def _alternatives(values: Iterable[str]) -> str:
    return " or ".join(f"“{value}”" for value in values)


def _with_looser_query(tree: Query, request: SearchRequest) -> Iterator[Trial]:
    if len(parts := parts_of(tree)) > 1:
        for part in parts[:MAX_PARTS]:
            yield part_in_words(part), request.asking(replaced(tree, part, None))
        yield "requiring every word", request.asking(any_of(tree))
    phrases = [part for part in positive_parts(tree) if isinstance(part, Phrase)]
    if phrases:
        words = loosened(tree)
        yield "the quotation marks", request.asking(words)
        yield "the quotation marks, matching any word", request.asking(any_of(words))
    for part, field in islice(_fielded(tree), MAX_PARTS):
        text = part.pattern if isinstance(part, Wildcard) else part.text
        anywhere = replaced(tree, part, replace(part, field=None))
        label = TEXT_FIELDS[field].label.lower()
        yield f"the limit of “{text}” to the {label}", request.asking(anywhere)


def _fielded(tree: Query) -> Iterator[tuple[Word | Exact | Phrase | Prefix | Wildcard | Fuzzy, str]]:
    """The parts that are limited to one field, and that field."""
    for part in positive_parts(tree):
        if isinstance(part, Word | Exact | Phrase | Prefix | Wildcard | Fuzzy) and part.field is not None:
            yield part, part.field


def part_in_words(part: Query) -> str:
    """A part of a query, worded to follow "without": "the word “x”", "leaving out the tag “y”"."""
    match part:
        case Word(text) | Fuzzy(text):
            return f"the word “{text}”"
        case Exact(text):
            return f"the exact word “{text}”"
        case Phrase(text):
            return f"the phrase “{text}”"
        case Prefix(text):
            return f"the words in “{text}…”"
        case Wildcard(pattern):
            return f"the words like “{pattern}”"
        case Keyword(field, value):
            return f"the {KEYWORD_FIELDS[field].label.lower()} “{value}”"
        case DateRange():
            return f"the condition {to_text(part)}"
        case Not(child):
            return f"leaving out {part_in_words(child)}"
        case _:
            return f"the part ({to_text(part)})"
