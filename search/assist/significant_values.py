"""The sections, tags and authors that go with a search, by the counts of its facets and of the archive's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from search.analysis import analyze
from search.assist.significant_terms import LEAST
from search.assist.term_counts import Background, FoundTerm, Searched
from search.document import SECTION_SEPARATOR
from search.engines.results import FacetCounts
from search.query.own_words import OwnWords
from search.query.values import comparable
from search.request.request import Filters
from search.schema import KEYWORD_FIELDS

VALUE_FIELDS: Final = ("section", "tag", "author")
VALUES_COUNTED: Final = 40
"""Values of a field that are looked at: those with the most articles of the search."""
MOST: Final = 5
"""Values of a field that are shown."""


def significant_values(
    search: Searched,
    own: OwnWords,
    found: Mapping[str, FacetCounts],
    everywhere: Mapping[str, FacetCounts],
    background: Background,
) -> tuple[FoundTerm, ...]:
    """The values of each field that go with the search, the most telling first.

    `found` are the counts of the search, `everywhere` those of the archive. Left out are values that the search itself
    asks for, fields that it filters by, and counts that are not exact.
    """
    terms: list[FoundTerm] = []
    for field, counts in found.items():
        if search.request.filters(field) != Filters() or not (counts.exact and everywhere[field].exact):
            continue
        judged = sorted(_judged(field, search, own, counts, everywhere[field], background), key=_order)
        terms += [term for term in judged if not _is_above_another(term, judged)][:MOST]
    return tuple(terms)


def _judged(
    field: str, search: Searched, own: OwnWords, counts: FacetCounts, everywhere: FacetCounts, background: Background
) -> Iterator[FoundTerm]:
    in_archive = dict(everywhere.values)
    asked = [comparable(value) for name, value in own.values if name == field]
    for value, count in counts.values:
        if count < LEAST or own.are(analyze(value, "")) or any(_covers(comparable(value), other) for other in asked):
            continue
        shares = background.shares(count, in_archive.get(value, 0), search)
        if shares is not None and shares.are_telling:
            request = search.request.with_filters(field, Filters((value,)))
            yield FoundTerm(value, field, count, shares.everywhere, shares, request)


def _order(term: FoundTerm) -> tuple[float, str]:
    return -term.shares.jlh, term.text


def _covers(value: str, other: str) -> bool:
    return other == value or other.startswith(value + comparable(SECTION_SEPARATOR))


def _is_above_another(term: FoundTerm, others: list[FoundTerm]) -> bool:
    """Whether all articles that the search finds in a section are in one below it."""
    if not KEYWORD_FIELDS[term.kind].hierarchical:
        return False
    below = term.text + SECTION_SEPARATOR
    return any(other.text.startswith(below) and other.articles == term.articles for other in others)
