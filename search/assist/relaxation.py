"""When nothing is found: what the search would find without each of its conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final

from search.assist.conditions import alternatives, filter_conditions, part_in_words
from search.assist.count_budget import CountBudget
from search.assist.spelling import did_you_mean
from search.field_words import KEYWORDS, TEXTS, fields_listed, in_quotes
from search.query.rewrite import any_of, loosened, positive_parts, replaced
from search.query.tree import Exact, Fuzzy, Phrase, Prefix, Query, Wildcard, Word, parts_of
from search.request.facets import value_label
from search.request.request import SearchRequest
from search.results.answer import Alternative
from search.translation import gettext as _

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
    return tuple(
        Alternative(_("any filter, for %(query)s", query=in_quotes(other.text)), other.request, other.total)
        for other in found
    )


def _without_filters(request: SearchRequest, now: datetime) -> Iterator[Trial]:
    conditions = list(filter_conditions(request, now))
    for condition in conditions:
        name = condition.values_of
        if name and request.filters(name).every:
            values = alternatives((value_label(name, value) for value in request.filters(name).include), "and")
            yield _(KEYWORDS[name].every, values=values), request.joining(name, "or")
        yield condition.text, condition.without
    if request.fields_searched:
        yield _("the limit to %(fields)s", fields=fields_listed(request.fields_searched)), request.searching(())
    if len(conditions) > 1:
        yield _("any filter"), request.without_filters()


def _with_looser_query(tree: Query, request: SearchRequest) -> Iterator[Trial]:
    if len(parts := parts_of(tree)) > 1:
        for part in parts[:MAX_PARTS]:
            yield part_in_words(part), request.asking(replaced(tree, part, None))
        yield _("requiring every word"), request.asking(any_of(tree))
    phrases = [part for part in positive_parts(tree) if isinstance(part, Phrase)]
    if phrases:
        words = loosened(tree)
        yield _("the quotation marks"), request.asking(words)
        yield _("the quotation marks, matching any word"), request.asking(any_of(words))
    for part, field in islice(_fielded(tree), MAX_PARTS):
        text = part.pattern if isinstance(part, Wildcard) else part.text
        anywhere = replaced(tree, part, replace(part, field=None))
        yield _(TEXTS[field].limit, text=in_quotes(text)), request.asking(anywhere)


def _fielded(tree: Query) -> Iterator[tuple[Word | Exact | Phrase | Prefix | Wildcard | Fuzzy, str]]:
    """The parts that are limited to one field, and that field."""
    for part in positive_parts(tree):
        if isinstance(part, Word | Exact | Phrase | Prefix | Wildcard | Fuzzy) and part.field is not None:
            yield part, part.field
