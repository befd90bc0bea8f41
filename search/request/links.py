"""The addresses of one search and of those that are a click away from it, all in one rendering.

An answer has a hundred of them or more, and they differ from each other in one place: in a value of a facet, in the
dates of a bar of the timeline, in the number of a page. So what they share is written once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from search.query.dates import Bound
from search.request.facets import FacetKind
from search.request.request import Filters, SearchRequest
from search.request.urls import (
    FEEDS,
    PER_PAGE,
    ROUTES,
    Addresses,
    Rendering,
    date_pairs,
    filter_pairs,
    parameters,
    period_pairs,
    with_query,
)


class SearchLinks:
    """The addresses around one request."""

    def __init__(self, addresses: Addresses, request: SearchRequest) -> None:
        self.request = request
        self._addresses = addresses
        self._shown = addresses.shown(request)
        places = addresses.places(self._shown, addresses.per_page)
        first = self._shown.on_page(1)
        self._first = places if first is self._shown else addresses.places(first, addresses.per_page)
        self._query = "&".join(filter(None, places.values()))

    def own(self) -> str:
        """`Addresses.search(request)`."""
        return with_query(self._addresses.path, self._query)

    def toggles(self, kind: FacetKind, values: Iterable[str]) -> list[str]:
        """The addresses of `request.toggled(kind.name, value)` for each of the values."""
        name, request = kind.keyword, self.request
        if name is None:
            return self._filled("periods", (_periods(request.periods_toggled(value)) for value in values))
        if request.filters(name) == Filters():
            return self._filled(name, (_value(name, value) for value in values))
        toggled = (request.filters_toggled(name, value) for value in values)
        return self._filled(name, (parameters(filter_pairs(name, filters)) for filters in toggled))

    def narrowings(self, spans: Iterable[tuple[date, date]], now: datetime) -> list[str]:
        """The addresses of `request.narrowed(first, last, now)` for each of the spans of days."""
        return self._filled("dates", (_dates(start, end) for start, end in self.request.narrowings(spans, now)))

    def pages(self, pages: Iterable[int]) -> list[str]:
        """The addresses of `request.on_page(page)` for each of the pages."""
        return self._filled("page", ("" if page == 1 else f"page={page}" for page in pages))

    def renderings(self) -> dict[Rendering, str]:
        """The same search as each rendering. Feeds start at the first hit and have a shape of their own."""
        usual = self._addresses.per_page  # left out of the address, so that each rendering has its own
        first = self.request.without_shape().on_page(1)
        feed = self._query_of(first if first.per_page == usual else replace(first, per_page=usual), usual)
        other = feed if self._addresses.kind in FEEDS else self._query
        prefix = self._addresses.prefix
        return {name: with_query(prefix + path, feed if name in FEEDS else other) for name, path in ROUTES.items()}

    def articles(self, ids: Iterable[str], position: int | None) -> list[str]:
        """`Addresses.article` for hits that follow each other, the first of them at that place."""
        way_back = self._query_of(self.request.on_page(1).without_shape(), PER_PAGE["html"])
        return self._addresses.articles(ids, way_back, position)

    def _query_of(self, request: SearchRequest, per_page: int) -> str:
        is_own = request is self._shown and per_page == self._addresses.per_page
        return self._query if is_own else self._addresses.query(request, per_page)

    def _filled(self, place: str, written: Iterable[str]) -> list[str]:
        """The addresses of first pages with each of these in one of the places of `Addresses.places`."""
        path, names = self._addresses.path, list(self._first)
        texts, at = list(self._first.values()), names.index(place)
        before, after = "&".join(filter(None, texts[:at])), "&".join(filter(None, texts[at + 1 :]))
        start = f"{path}?{before}&" if before else f"{path}?"
        end = f"&{after}" if after else ""
        empty = with_query(path, "&".join(filter(None, (before, after))))
        return [f"{start}{each}{end}" if each else empty for each in written]


# The same values of facets and the same days come again with every question, so they are remembered as they are
# written.


@lru_cache(maxsize=8192)
def _value(name: str, value: str) -> str:
    return parameters(filter_pairs(name, Filters((value,))))


@lru_cache(maxsize=4096)
def _periods(periods: tuple[str, ...]) -> str:
    return parameters(period_pairs(periods))


def _dates(start: Bound | None, end: Bound | None) -> str:
    # Moments are not remembered: see `search.request.urls.written_bound`.
    is_moment = isinstance(start, datetime) or isinstance(end, datetime)
    return parameters(date_pairs(start, end)) if is_moment else _days(start, end)


@lru_cache(maxsize=8192)
def _days(start: Bound | None, end: Bound | None) -> str:
    return parameters(date_pairs(start, end))
