"""The addresses in answers printed on a terminal: the same search on the site, as a path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from search.request import Conditions, FacetRequest, Filters, SearchRequest

_PATHS: Final = {"html": "/search", "atom": "/search.atom", "feed": "/search.json", "csv": "/search.csv"}
_DEFAULTS: Final = SearchRequest()


def _moment(bound: date | datetime) -> str:
    return bound.isoformat()


def _facets(facets: tuple[FacetRequest, ...]) -> str:
    return ",".join(f"{facet.name}:{facet.size}" for facet in facets) or "none"


_PARAMETERS: Final[tuple[tuple[str, str, Callable[[Any], str]], ...]] = (
    ("from", "start", _moment),
    ("to", "end", _moment),
    ("date", "date", str),
    ("tz", "time_zone", str),
    ("sort", "sort", str),
    ("op", "operator", str),
    ("page", "page", str),
    ("per_page", "per_page", str),
    ("cursor", "cursor", str),
    ("facets", "facets", _facets),
    ("fields", "fields", ",".join),
    ("highlight", "highlight", str),
    ("group", "group", str),
    ("explain", "explain", lambda _: "true"),
)
"""Name in the address, attribute of the request, and how its value is written; defaults are left out."""


class TerminalLinks:
    """See `search.links.LinkMaker`. `time_zone` is the archive's own, which addresses leave out."""

    def __init__(self, time_zone: str = "UTC") -> None:
        self._defaults = replace(_DEFAULTS, time_zone=time_zone)

    def search(self, request: SearchRequest) -> str:
        """The search on the site."""
        return self.rendering("html", request)

    def searches(self, request: SearchRequest, conditions: Iterable[Conditions]) -> list[str]:
        """The search on the site under each of those conditions."""
        return [self.search(request.under(each)) for each in conditions]

    def rendering(self, name: str, request: SearchRequest) -> str:
        """The search as `html`, `atom`, `feed` or `csv`."""
        return self._with_query(_PATHS[name], request)

    def article(self, id: str, request: SearchRequest | None = None, position: int | None = None) -> str:
        """The article's page on the site."""
        path = f"/article/{quote(id)}"
        if request is None:
            return path
        return self._with_query(path, replace(request, page=1, cursor=None), position)

    def _with_query(self, path: str, request: SearchRequest, position: int | None = None) -> str:
        pairs = list(self._pairs(request))
        if position is not None:
            pairs.append(("position", str(position)))
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def _pairs(self, request: SearchRequest) -> Iterator[tuple[str, str]]:
        if request.q:
            yield "q", request.q
        if request.fields_searched:
            yield "in", ",".join(request.fields_searched)
        for name, filters in request.keywords:
            yield from ((name, value) for value in _written(filters))
        for name, attribute, write in _PARAMETERS:
            own = getattr(request, attribute)
            if own != getattr(self._defaults, attribute):
                yield name, write(own)


def _written(filters: Filters) -> Iterator[str]:
    # A backslash says that the hyphen is the value's own.
    for value in filters.include:
        yield f"\\{value}" if value.startswith(("-", "\\")) else value
    for value in filters.exclude:
        yield f"-{value}"
