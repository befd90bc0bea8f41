"""What is asked: one frozen `SearchRequest`, however it came (URL, command line, code)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from search.engines.base import Sort

Operator = Literal["and", "or"]
Highlight = Literal["html", "text", "off"]
Group = Literal["none", "story"]

MAX_PER_PAGE: Final = 100
MAX_PAGE_DEPTH: Final = 10_000
"""The last hit that `page` can reach; deeper, `cursor` goes on."""
MAX_FACET_SIZE: Final = 1_000
MAX_VALUE_LENGTH: Final = 500
MAX_VALUES: Final = 50
"""Filter values in one request."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Values of one keyword field to keep (any of) and to leave out; `search.schema.MISSING` means "has none"."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FacetRequest:
    """`section:10` or `month`: the facet's name in `search.results.facets.FACETS`, and how many values."""

    name: str
    size: int = 10


_NO_FILTERS: Final = Filters()

Keywords = tuple[tuple[str, Filters], ...]
"""Keyword fields, in order of name, with their filters."""


class Conditions(NamedTuple):
    """What a click on a facet or in a timeline changes of a request."""

    keywords: Keywords
    start: date | datetime | None
    end: date | datetime | None


DEFAULT_FACETS: Final = (
    FacetRequest("section", 10),
    FacetRequest("year", 10),
    FacetRequest("author", 8),
    FacetRequest("tag", 8),
    FacetRequest("lang", 8),
)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A whole question. Every default is what the endpoint does when the parameter is absent.

    `keywords` maps a keyword field ("section", "tag", "author", "lang", "type") to its filters.
    `start` and `end` bound `date`, both included. `page` counts from 1. `sort` None: relevance with `q`, else newest.
    `fields` None: all keys of a hit. `facets` () for none.
    """

    q: str = ""
    fields_searched: tuple[str, ...] = ()
    keywords: Keywords = ()
    start: date | datetime | None = None
    end: date | datetime | None = None
    date: str = "published"
    time_zone: str = "UTC"
    sort: Sort | None = None
    operator: Operator = "and"
    page: int = 1
    per_page: int = 10
    cursor: str | None = None
    facets: tuple[FacetRequest, ...] = DEFAULT_FACETS
    timeline: bool = True
    fields: tuple[str, ...] | None = None
    highlight: Highlight = "html"
    group: Group = "none"
    explain: bool = False

    def filters(self, name: str) -> Filters:
        """The filters on one keyword field; empty ones if there are none."""
        return next((filters for field, filters in self.keywords if field == name), _NO_FILTERS)

    def with_filters(self, name: str, filters: Filters) -> SearchRequest:
        """The same question with other filters on that field, from the first page."""
        return self.under(self.conditions(name, filters))

    def conditions(self, name: str, filters: Filters) -> Conditions:
        """The request's filters and dates with other filters on that field."""
        kept = tuple(pair for pair in self.keywords if pair[0] != name)
        added = ((name, filters),) if filters.include or filters.exclude else ()
        return Conditions(tuple(sorted(kept + added, key=itemgetter(0))), self.start, self.end)

    def under(self, conditions: Conditions) -> SearchRequest:
        """The same question with those filters and dates, from the first page."""
        keywords, start, end = conditions
        return replace(self, keywords=keywords, start=start, end=end, page=1, cursor=None)

    def on_page(self, page: int) -> SearchRequest:
        return replace(self, page=page, cursor=None)

    def effective_sort(self) -> Sort:
        return self.sort or ("relevance" if self.q.strip() else "newest")


__all__ = ["DEFAULT_FACETS", "FacetRequest", "Filters", "Group", "Highlight", "Operator", "SearchRequest"]
