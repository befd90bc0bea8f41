"""The addresses of one search and of those that are a click away from it, all in one rendering.

An answer has a hundred of them or more, and they differ from each other in one place: in a value of a facet, in the
dates of a bar of the timeline, in the number of a page. So what they share is written once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from search.query.dates import Bound
from search.request.facets import DATE, FacetKind
from search.request.request import Filters, Joined, SearchRequest
from search.request.urls import (
    FEEDS,
    PER_PAGE,
    PLACES,
    ROUTES,
    Addresses,
    Rendering,
    bare_shape,
    date_pairs,
    filter_pairs,
    joined,
    parameters,
    period_pairs,
    with_query,
)

_PAGE: Final = PLACES.index("page")
"""The places before this one say which hits a search has, in which order; it and the last say which of them are shown,
and how."""


class SearchLinks:
    """The addresses around one request."""

    def __init__(self, addresses: Addresses, request: SearchRequest) -> None:
        self.request = request
        self._addresses = addresses
        self._path = addresses.path
        shown = addresses.shown(request)
        places = addresses.places(shown, addresses.per_page)
        self._query = joined(places.values())
        first = shown.on_page(1)
        if first is not shown:
            places = addresses.places(first, addresses.per_page)
        self._first = list(places.values())
        self._search = joined(self._first[:_PAGE])

    def own(self) -> str:
        """`Addresses.search(request)`."""
        return with_query(self._path, self._query)

    def toggles(self, kind: FacetKind, values: Iterable[str]) -> list[str]:
        """The addresses of `request.toggled(kind.name, value)` for each of the values."""
        name, request = kind.keyword, self.request
        if name is None:
            toggled_periods = request.date_toggled if kind.name == DATE else request.periods_toggled
            return self._filled("periods", (_periods(toggled_periods(value)) for value in values))
        if request.filters(name) == Filters():
            return self._filled(name, (_value(name, value) for value in values))
        toggled = (request.filters_toggled(name, value) for value in values)
        return self._filled(name, (parameters(filter_pairs(name, filters)) for filters in toggled))

    def joining(self, name: str, joined: Joined) -> str:
        """The address of `request.joining(name, joined)`."""
        filters = self.request.filters(name).joined_by(joined)
        return self._filled(name, [parameters(filter_pairs(name, filters))])[0]

    def narrowings(self, spans: Iterable[tuple[date, date]], now: datetime) -> list[str]:
        """The addresses of `request.narrowed(first, last, now)` for each of the spans of days."""
        return self._filled("dates", (_dates(start, end) for start, end in self.request.narrowings(spans, now)))

    def pages(self, pages: Iterable[int]) -> list[str]:
        """The addresses of `request.on_page(page)` for each of the pages."""
        return self._filled("page", ("" if page == 1 else f"page={page}" for page in pages))

    def renderings(self) -> dict[Rendering, str]:
        """The same search as each rendering. Feeds start at the first hit and have a shape of their own."""
        # The usual number of hits is left out of the address, so that each rendering has its own.
        feed = self._shaped(bare_shape(self.request, self.request.per_page))
        other = feed if self._addresses.kind in FEEDS else self._query
        prefix = self._addresses.prefix
        return {name: with_query(prefix + path, feed if name in FEEDS else other) for name, path in ROUTES.items()}

    def articles(self, ids: Iterable[str], position: int | None) -> list[str]:
        """`Addresses.article` for hits that follow each other, the first of them at that place."""
        way_back = self._shaped(bare_shape(self.request, PER_PAGE["html"]))
        return self._addresses.articles(ids, way_back, position)

    def _shaped(self, shape: str) -> str:
        """The query string of the first page in another shape."""
        return joined((self._search, shape))

    def _filled(self, place: str, written: Iterable[str]) -> list[str]:
        """The addresses of first pages with each of these in one of the places of `Addresses.places`."""
        path, at = self._path, PLACES.index(place)
        before, after = joined(self._first[:at]), joined(self._first[at + 1 :])
        start = f"{path}?{before}&" if before else f"{path}?"
        end = f"&{after}" if after else ""
        empty = with_query(path, joined((before, after)))
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
