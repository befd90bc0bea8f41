"""The addresses in answers printed on a terminal: the same search on the site, as a path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import count, repeat
from operator import attrgetter
from typing import Any, Final
from urllib.parse import quote, quote_plus

from search.request.request import Conditions, FacetRequest, Filters, SearchRequest

_PATHS: Final = {"html": "/search", "atom": "/search.atom", "feed": "/search.json", "csv": "/search.csv"}
_DEFAULTS: Final = SearchRequest()


def _facets(facets: tuple[FacetRequest, ...]) -> str:
    return ",".join(f"{facet.name}:{facet.size}" for facet in facets) or "none"


_PARAMETERS: Final[tuple[tuple[str, str, Callable[[Any], str]], ...]] = (
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

_values = attrgetter(*(attribute for _, attribute, _ in _PARAMETERS))


class TerminalLinks:
    """See `search.request.links.LinkMaker`. `time_zone` is the archive's own, which addresses leave out."""

    def __init__(self, time_zone: str = "UTC") -> None:
        self._usual = _values(replace(_DEFAULTS, time_zone=time_zone))

    def search(self, request: SearchRequest) -> str:
        """The search on the site."""
        return self.rendering("html", request)

    def searches(self, request: SearchRequest, conditions: Iterable[Conditions]) -> list[str]:
        """The search on the site under each of those conditions: only they are written anew."""
        request = replace(request, page=1, cursor=None)
        before, after = _question(request), self._settings(request)
        return [_address(_PATHS["html"], [*before, *_conditions(each), *after]) for each in conditions]

    def rendering(self, name: str, request: SearchRequest) -> str:
        """The search as `html`, `atom`, `feed` or `csv`."""
        return _address(_PATHS[name], self._parameters(request))

    def article(self, id: str, request: SearchRequest | None = None, position: int | None = None) -> str:
        """The article's page on the site."""
        path = f"/article/{quote(id)}"
        if request is None:
            return path
        return _address(path, [*self._way_back(request), *_position(position)])

    def articles(self, ids: Iterable[str], request: SearchRequest, position: int | None) -> list[str]:
        """The pages on the site of hits that follow each other."""
        way_back = self._way_back(request)
        places = repeat(None) if position is None else count(position)
        return [
            _address(f"/article/{quote(name)}", [*way_back, *_position(place)])
            for name, place in zip(ids, places, strict=False)
        ]

    def _way_back(self, request: SearchRequest) -> list[str]:
        if request.page != 1 or request.cursor is not None:
            request = replace(request, page=1, cursor=None)
        return self._parameters(request)

    def _parameters(self, request: SearchRequest) -> list[str]:
        conditions = Conditions(request.keywords, request.start, request.end)
        return [*_question(request), *_conditions(conditions), *self._settings(request)]

    def _settings(self, request: SearchRequest) -> list[str]:
        rows = zip(_PARAMETERS, _values(request), self._usual, strict=True)
        return [_parameter(name, write(own)) for (name, _, write), own, usual in rows if own != usual]


def _position(position: int | None) -> list[str]:
    return [] if position is None else [f"position={position}"]


def _question(request: SearchRequest) -> list[str]:
    parameters = [_parameter("q", request.q)] if request.q else []
    if request.fields_searched:
        parameters.append(_parameter("in", ",".join(request.fields_searched)))
    return parameters


def _conditions(conditions: Conditions) -> list[str]:
    keywords, start, end = conditions
    parameters = [_parameter(name, value) for name, filters in keywords for value in _written(filters)]
    if start is not None:
        parameters.append(_parameter("from", start.isoformat()))
    if end is not None:
        parameters.append(_parameter("to", end.isoformat()))
    return parameters


def _written(filters: Filters) -> Iterator[str]:
    # A backslash says that the hyphen is the value's own.
    for value in filters.include:
        yield f"\\{value}" if value.startswith(("-", "\\")) else value
    for value in filters.exclude:
        yield f"-{value}"


@lru_cache(maxsize=4096)
def _parameter(name: str, value: str) -> str:
    return f"{name}={quote_plus(value)}"


def _address(path: str, parameters: Sequence[str]) -> str:
    return f"{path}?{'&'.join(parameters)}" if parameters else path
