"""The conditions of a search, each in words, alone, and taken away: what may keep an article out of the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from search.field_words import KEYWORDS, in_quotes
from search.periods import Interval, in_words, interval_of
from search.query import to_text
from search.query.tree import DateRange, Exact, Fuzzy, Keyword, Not, Phrase, Prefix, Query, Wildcard, Word
from search.request.facets import value_label
from search.request.request import Joined, SearchRequest
from search.results.applied import dates_in_words
from search.translation import gettext as _
from search.translation import gettext_noop, listed

_PERIODS: Final[dict[Interval, str]] = {
    "year": gettext_noop("the year %(periods)s"),
    "month": gettext_noop("the month %(periods)s"),
    "day": gettext_noop("the day %(periods)s"),
}
_PARTS: Final[dict[type[Query], tuple[str, str]]] = {
    Word: (gettext_noop("the word %(text)s"), gettext_noop("leaving out the word %(text)s")),
    Fuzzy: (gettext_noop("the word %(text)s"), gettext_noop("leaving out the word %(text)s")),
    Exact: (gettext_noop("the exact word %(text)s"), gettext_noop("leaving out the exact word %(text)s")),
    Phrase: (gettext_noop("the phrase %(text)s"), gettext_noop("leaving out the phrase %(text)s")),
    Prefix: (gettext_noop("the words in %(text)s"), gettext_noop("leaving out the words in %(text)s")),
    Wildcard: (gettext_noop("the words like %(text)s"), gettext_noop("leaving out the words like %(text)s")),
    DateRange: (gettext_noop("the condition %(text)s"), gettext_noop("leaving out the condition %(text)s")),
}
"""Each part of a query, asked for and left out."""
_OTHER: Final = gettext_noop("the part (%(text)s)"), gettext_noop("leaving out the part (%(text)s)")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in words, worded to follow "without"; the search for it `alone`, and the search `without` it.

    `values_of` is the keyword field of which it asks for values, "" for other conditions.
    """

    text: str
    alone: SearchRequest
    without: SearchRequest
    values_of: str = ""


def filter_conditions(request: SearchRequest, now: datetime) -> Iterator[Condition]:
    """The filters and dates of the request; those of relative dates are counted back from `now`."""
    yield from _of_values(request)
    yield from _of_dates(request, now)


def _of_values(request: SearchRequest) -> Iterator[Condition]:
    nothing = replace(request.without_filters(), q="")
    for name, filters in request.keywords:
        words = KEYWORDS[name]
        kept, left_out = replace(filters, exclude=()), replace(filters, include=())
        if kept.include:
            values = alternatives((value_label(name, value) for value in kept.include), request.joined(name))
            yield Condition(
                _(words.kept, values=values),
                nothing.with_filters(name, kept),
                request.with_filters(name, left_out),
                name,
            )
        if left_out.exclude:
            values = alternatives(value_label(name, value) for value in left_out.exclude)
            yield Condition(
                _(words.left_out, values=values),
                nothing.with_filters(name, left_out),
                request.with_filters(name, kept),
            )


def _of_dates(request: SearchRequest, now: datetime) -> Iterator[Condition]:
    nothing = replace(request.without_filters(), q="")
    if request.start is not None or request.end is not None:
        text = _("the dates (%(dates)s)", dates=dates_in_words(request, now))
        yield Condition(text, nothing.dated(request.start, request.end), request.dated(None, None))
    for interval in dict.fromkeys(map(interval_of, request.periods)):
        periods = tuple(period for period in request.periods if interval_of(period) == interval)
        text = _(_PERIODS[interval], periods=alternatives(map(in_words, periods)))
        yield Condition(text, replace(nothing, periods=periods), request.without_periods(*periods))


def alternatives(values: Iterable[str], joined: Joined = "or") -> str:
    """ "“a” or “b”"."""
    return listed([in_quotes(value) for value in values], style="or" if joined == "or" else "standard")


def part_in_words(part: Query) -> str:
    """A part of a query, worded to follow "without": "the word “x”", "leaving out the tag “y”"."""
    is_left_out = isinstance(part, Not)
    inner = part.child if isinstance(part, Not) else part
    if isinstance(inner, Keyword):
        words = KEYWORDS[inner.field]
        return _(words.left_out if is_left_out else words.kept, values=in_quotes(inner.value))
    return _(_PARTS.get(type(inner), _OTHER)[is_left_out], text=_text(inner))


def _text(part: Query) -> str:
    match part:
        case Word(text) | Fuzzy(text) | Exact(text) | Phrase(text):
            return in_quotes(text)
        case Prefix(text):
            return in_quotes(f"{text}…")
        case Wildcard(pattern):
            return in_quotes(pattern)
        case _:
            return to_text(part)
