"""A small index in memory of the articles that are new, for asking ten thousand searches about them at once.

What a word or a value has is a number with a bit for each article, so that AND, OR and NOT of a thousand articles are
one operation of the processor each. What one search has asked is remembered for the next.
"""

from __future__ import annotations

import gc
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from search.alerts.texts import Articles, Texts
from search.dates import DAY_SECONDS, epoch, within
from search.document import Document
from search.engines.conventions import keyword_values
from search.engines.expansion import fits
from search.engines.plan import DateFilter, KeywordFilter, PeriodFilter
from search.periods import first_day, last_day
from search.query.match import (
    Leaf,
    MatchDates,
    MatchFuzzy,
    MatchKeyword,
    MatchPhrase,
    MatchPrefix,
    MatchTerm,
    MatchWildcard,
)
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, MISSING

_A_DAY: Final = float(DAY_SECONDS)
_LEAST: Final = datetime(1, 1, 3, tzinfo=UTC).timestamp()
_MOST: Final = datetime(9999, 12, 28, tzinfo=UTC).timestamp()
_LITERAL: Final = re.compile(r"[^*?]*")


class Batch:
    """Some articles, each with its number: the first has 0."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.ids: Final = tuple(document.id for document in documents)
        self.everything: Final[Articles] = (1 << len(documents)) - 1
        self._documents = documents
        self._values: dict[str, dict[str, Articles]] = {field: {} for field in KEYWORD_FIELDS}
        with _without_collections():
            self._texts = Texts(documents)
            for number, document in enumerate(documents):
                self._put_in(document, 1 << number)
        self._leaves: dict[Leaf, Articles] = {}
        self._phrases: dict[MatchPhrase, tuple[Articles, Articles]] = {}
        self._words: dict[Leaf, tuple[str, ...]] = {}

    def _put_in(self, document: Document, bit: Articles) -> None:
        for name, values in self._values.items():
            for value in keyword_values(document, name) or (MISSING,):
                values[value] = values.get(value, 0) | bit

    def ids_of(self, articles: Articles) -> list[str]:
        """The ids of those articles, in the order of the batch."""
        return [self.ids[number] for number in _numbers(articles)]

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Two instants between which all articles were published, in every time zone; None if one has no date."""
        dates = [document.published for document in self._documents]
        seconds = [epoch(moment) for moment in dates if moment is not None]
        if not seconds or len(seconds) < len(dates):
            return None
        first, last = min(seconds) - _A_DAY, max(seconds) + 2 * _A_DAY
        if first < _LEAST or last > _MOST:
            return None
        return datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC)

    def with_leaf(self, leaf: Leaf, among: Articles) -> Articles:
        """Those among the articles that a leaf matches."""
        if isinstance(leaf, MatchPhrase):
            return self._with_phrase(leaf, among)
        found = self._leaves.get(leaf)
        if found is None:
            found = self._leaves[leaf] = self._with_words(leaf)
        return found & among

    def with_values(self, keyword: MatchKeyword | KeywordFilter, among: Articles) -> Articles:
        """Those among the articles that have what the condition or the filter asks for."""
        own = self._values[keyword.field]
        if isinstance(keyword, MatchKeyword):
            return _any_of(own, (value for value in keyword.values if value != MISSING)) & among
        kept = among
        for values in ((value,) for value in keyword.include) if keyword.every else [keyword.include]:
            kept &= _any_of(own, values) if values else kept
        return kept & ~_any_of(own, keyword.exclude)

    def dated(self, rule: MatchDates | DateFilter | PeriodFilter, zone: ZoneInfo, among: Articles) -> Articles:
        """Those among the articles whose date is within the bounds."""
        numbers = (number for number in _numbers(among) if self._is_dated(rule, number, zone))
        return sum(1 << number for number in numbers)

    def _is_dated(self, rule: MatchDates | DateFilter | PeriodFilter, number: int, zone: ZoneInfo) -> bool:
        moment = DATE_FIELDS[rule.field].value(self._documents[number])
        if isinstance(rule, PeriodFilter):
            return any(within(moment, first_day(period), last_day(period), zone) for period in rule.include)
        return within(moment, rule.start, rule.end, zone)

    def _with_words(self, leaf: Leaf) -> Articles:
        found = 0
        for field in leaf.fields:
            if isinstance(leaf, MatchTerm):
                found |= self._texts.with_term(field, leaf.term)
            else:
                found |= self._texts.with_surfaces(field, self._fitting(leaf))
        return found

    def _with_phrase(self, phrase: MatchPhrase, among: Articles) -> Articles:
        """The articles that have all its words are looked at one by one, each once."""
        looked, found = self._phrases.get(phrase, (0, 0))
        for field in phrase.fields:
            possible = among & ~looked & ~found
            for term in phrase.terms:
                possible &= self._texts.with_term(field, term) if possible else 0
            for number in _numbers(possible):
                if self._texts.have(phrase, field, number):
                    found |= 1 << number
        self._phrases[phrase] = looked | among, found
        return found & among

    # --- patterns

    def _fitting(self, leaf: Leaf) -> tuple[str, ...]:
        """The words of the batch that fit a pattern."""
        key = _bare(leaf)
        words = self._words.get(key)
        if words is None:
            words = self._words[key] = tuple(self._fitting_words(leaf))
        return words

    def _fitting_words(self, leaf: Leaf) -> Iterator[str]:
        if isinstance(leaf, MatchPrefix):
            return self._beginning_with(leaf.prefix)
        matches = fits(leaf)
        if isinstance(leaf, MatchFuzzy):
            near = range(len(leaf.word) - leaf.distance, len(leaf.word) + leaf.distance + 1)
            groups = (self._by_beginning.get((leaf.word[:1], length), ()) for length in near)
            return (word for group in groups for word in group if matches(word))
        beginning = _LITERAL.match(leaf.pattern) if isinstance(leaf, MatchWildcard) else None
        return (word for word in self._beginning_with(beginning[0] if beginning else "") if matches(word))

    def _beginning_with(self, prefix: str) -> Iterator[str]:
        start = bisect_left(self._vocabulary, prefix)
        following = (self._vocabulary[at] for at in range(start, len(self._vocabulary)))
        return takewhile(lambda word: word.startswith(prefix), following)

    @cached_property
    def _vocabulary(self) -> Sequence[str]:
        return sorted(self._texts.surfaces)

    @cached_property
    def _by_beginning(self) -> Mapping[tuple[str, int], Sequence[str]]:
        groups: dict[tuple[str, int], list[str]] = {}
        for word in self._vocabulary:
            groups.setdefault((word[:1], len(word)), []).append(word)
        return groups


@contextmanager
def _without_collections() -> Iterator[None]:
    """In this block Python looks for no garbage: all that is made stays, and going through it takes as long as making
    it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _bare(leaf: Leaf) -> Leaf:
    """The pattern without the fields and the boost, which decide nothing about the words that fit it."""
    match leaf:
        case MatchPrefix(_, prefix):
            return MatchPrefix((), prefix)
        case MatchFuzzy(_, word, distance):
            return MatchFuzzy((), word, distance)
        case MatchWildcard(_, pattern):
            return MatchWildcard((), pattern)
        case _:
            return leaf


def _any_of(own: Mapping[str, Articles], names: Iterable[str]) -> Articles:
    found = 0
    for name in names:
        found |= own.get(name, 0)
    return found


def _numbers(articles: Articles) -> Iterator[int]:
    """The numbers of the articles in a set, ascending."""
    while articles:
        lowest = articles & -articles
        yield lowest.bit_length() - 1
        articles ^= lowest
