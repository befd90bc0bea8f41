"""When nothing is found: what each condition cost, by counting what would be found without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from search.assist.count_budget import CountBudget
from search.assist.spelling import did_you_mean
from search.periods import in_words, interval_of
from search.query import to_text
from search.query.rewrite import any_of, loosened, positive_parts, replaced
from search.query.tree import And, DateRange, Exact, Fuzzy, Keyword, Not, Phrase, Prefix, Query, Wildcard, Word
from search.request.facets import value_label
from search.request.request import Filters, SearchRequest
from search.results.answer import Alternative
from search.results.applied import dates_in_words
from search.results.explain import listed
from search.schema import KEYWORD_FIELDS, TEXT_FIELDS

MAX_RELAXATIONS: Final = 6
MAX_PARTS: Final = 8
"""Parts of the query that are tried without."""


Trial = tuple[str, SearchRequest]
"""What is dropped, so that it reads after "without", and the request without it."""


def relaxations(tree: Query, request: SearchRequest, budget: CountBudget) -> tuple[Alternative, ...]:
    """Searches with one condition less that find something, the one that finds most first."""
    trials: dict[SearchRequest, str] = {}
    for drop, trial in (*_without_filters(request, budget.planner.now), *_with_looser_query(tree, request)):
        if trial != request:
            trials.setdefault(trial, drop)
    counted = zip(trials.items(), budget.totals(trials), strict=True)
    found = [Alternative(drop, trial, total) for (trial, drop), total in counted if total]
    found.sort(key=lambda other: -other.total)
    return tuple(found[:MAX_RELAXATIONS])


def respelt_anywhere(tree: Query, request: SearchRequest, budget: CountBudget) -> tuple[Alternative, ...]:
    """For a misspelt query under filters that leave nothing of its corrections either: those, without any filter."""
    bare = request.without_filters().searching(())
    if request.on_page(1) == bare:
        return ()
    found = did_you_mean(tree, 0, bare, budget)
    return tuple(Alternative(f"any filter, for “{other.text}”", other.request, other.total) for other in found)


def _without_filters(request: SearchRequest, now: datetime) -> Iterator[Trial]:
    for name, filters in request.keywords:
        label = KEYWORD_FIELDS[name].label.lower()
        if filters.include:
            values = " or ".join(f"“{value_label(name, value)}”" for value in filters.include)
            yield f"the {label} {values}", request.with_filters(name, Filters((), filters.exclude))
        if filters.exclude:
            values = " or ".join(f"“{value_label(name, value)}”" for value in filters.exclude)
            yield f"leaving out the {label} {values}", request.with_filters(name, Filters(filters.include, ()))
    if request.start is not None or request.end is not None:
        yield f"the dates ({dates_in_words(request, now)})", request.dated(None, None)
    for interval in dict.fromkeys(map(interval_of, request.periods)):
        periods = [period for period in request.periods if interval_of(period) == interval]
        values = " or ".join(f"“{in_words(period)}”" for period in periods)
        yield f"the {interval} {values}", request.without_periods(*periods)
    if request.fields_searched:
        fields = listed([TEXT_FIELDS[name].label.lower() for name in request.fields_searched])
        yield f"the limit to {fields}", request.searching(())
    dated = request.start is not None or request.end is not None
    if len(request.keywords) + dated + bool(request.periods) > 1:
        yield "any filter", request.without_filters()


def _with_looser_query(tree: Query, request: SearchRequest) -> Iterator[Trial]:
    if isinstance(tree, And):
        for part in tree.children[:MAX_PARTS]:
            yield part_in_words(part), request.asking(to_text(replaced(tree, part, None)))
        yield "requiring every word", request.asking(to_text(any_of(tree)))
    phrases = [part for part in positive_parts(tree) if isinstance(part, Phrase)]
    if phrases:
        words = loosened(tree)
        yield "the quotation marks", request.asking(to_text(words))
        yield "the quotation marks, matching any word", request.asking(to_text(any_of(words)))
    for part in positive_parts(tree):
        if isinstance(part, Word | Exact | Phrase | Prefix | Wildcard | Fuzzy) and part.field is not None:
            label = TEXT_FIELDS[part.field].label.lower()
            anywhere = replaced(tree, part, replace(part, field=None))
            yield f"the limit of “{_text(part)}” to the {label}", request.asking(to_text(anywhere))


def _text(part: Word | Exact | Phrase | Prefix | Wildcard | Fuzzy) -> str:
    return part.pattern if isinstance(part, Wildcard) else part.text


def part_in_words(part: Query) -> str:
    """A part of a query, so that it reads after "without"."""
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
            return f"leaving out {part_in_words(child).removeprefix('the ')}"
        case _:
            return f"the part ({to_text(part)})"
