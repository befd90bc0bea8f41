"""The addresses of the site: the address is the state, so the same question always has the same one.

Parameters stand in one order, defaults are left out, and `webui.parameters.parse` reads back what is written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import count, repeat
from typing import Final
from urllib.parse import quote, quote_plus

from werkzeug.routing import PathConverter

from search.periods import first_day, last_day
from search.request.request import DEFAULT_FACETS, Conditions, FacetRequest, Filters, Keywords, SearchRequest
from search.schema import KEYWORD_FIELDS

ROUTES: Final[dict[str, str]] = {
    "api": "/api/v1/search",
    "html": "/search",
    "atom": "/search.atom",
    "feed": "/search.json",
    "csv": "/search.csv",
}
"""Each rendering of a search and its path."""

_SHAPE: Final = SearchRequest()
PER_PAGE: Final[dict[str, int]] = {
    "api": _SHAPE.per_page,
    "html": _SHAPE.per_page,
    "atom": 20,
    "feed": 20,
    "csv": 100,
}
"""Hits on a page of each rendering, where the address does not say."""

_FEEDS: Final = ("atom", "feed", "csv")
_Pairs = list[tuple[str, str]]
_Bounds = tuple[date | datetime | None, date | datetime | None]


@dataclass(frozen=True, slots=True)
class SiteLinks:
    """Makes the addresses (`search.request.links.LinkMaker`) for one rendering of a search.

    `prefix` is the path the site is mounted at, without a slash at its end. `time_zone` is the one meant without `tz`.
    `spelled` gives bounds back as they were asked for ("now-7d"), so that a bookmarked search keeps moving.
    """

    kind: str = "html"
    prefix: str = ""
    time_zone: str = "UTC"
    spelled: Mapping[tuple[str, date | datetime], str] = field(default_factory=dict)

    def search(self, request: SearchRequest) -> str:
        """The search as this rendering."""
        return self._address(self.kind, _without_shape(request) if self.kind in _FEEDS else request)

    def searches(self, request: SearchRequest, conditions: Iterable[Conditions]) -> list[str]:
        """The search as this rendering under each of those conditions: only they are written anew."""
        request = _first_page(_without_shape(request) if self.kind in _FEEDS else request)
        path = self.prefix + ROUTES[self.kind]
        before = _parameters(self._question_pairs(request))
        after = _parameters(self._simple_pairs(request, PER_PAGE[self.kind]))
        addresses = []
        for keywords, start, end in conditions:
            filters = _parameters(_filter_pairs(keywords)) if keywords else ()
            dates = _parameters(self._date_pairs((start, end), moving=True))
            addresses.append(_with_parameters(path, (*before, *filters, *dates, *after)))
        return addresses

    def rendering(self, name: str, request: SearchRequest) -> str:
        """The same search as another rendering. Feeds start at the first hit and have a shape of their own."""
        if name in _FEEDS or self.kind in _FEEDS:
            request = _without_shape(replace(request, page=1, cursor=None, per_page=PER_PAGE[name]))
        return self._address(name, request)

    def article(self, id: str, request: SearchRequest | None = None, position: int | None = None) -> str:
        """The article's page. The search travels along without what only shapes its answer; `position` is from 0."""
        path = f"{self.prefix}/article/{quote_id(id)}"
        if request is None:
            return path
        return _with_parameters(path, [*self._way_back(request), *_position(position)])

    def articles(self, ids: Iterable[str], request: SearchRequest, position: int | None) -> list[str]:
        """The pages of hits that follow each other, the first of them at that place."""
        path, way_back = f"{self.prefix}/article/", self._way_back(request)
        places = repeat(None) if position is None else count(position)
        return [
            _with_parameters(path + quote_id(name), [*way_back, *_position(place)])
            for name, place in zip(ids, places, strict=False)
        ]

    def _way_back(self, request: SearchRequest) -> list[str]:
        return _parameters(self._pairs(_without_shape(_first_page(request)), _SHAPE.per_page))

    def _address(self, kind: str, request: SearchRequest) -> str:
        return _with_query(self.prefix + ROUTES[kind], self._pairs(request, PER_PAGE[kind]))

    def _pairs(self, request: SearchRequest, per_page: int) -> _Pairs:
        return [
            *self._question_pairs(request),
            *_filter_pairs(request.keywords),
            # A cursor belongs to one moment: with it "now-7d" may not move on.
            *self._date_pairs((request.start, request.end), moving=request.cursor is None),
            *self._simple_pairs(request, per_page),
        ]

    def _question_pairs(self, request: SearchRequest) -> _Pairs:
        pairs: _Pairs = [("q", request.q)] if request.q else []
        if request.fields_searched:
            pairs.append(("in", ",".join(request.fields_searched)))
        return pairs

    def _date_pairs(self, bounds: _Bounds, *, moving: bool) -> _Pairs:
        """`moving`: bounds may be given back as they were asked for."""
        pairs: _Pairs = []
        for name, bound in zip(("from", "to"), bounds, strict=True):
            if bound is not None:
                spelled = self.spelled.get((name, bound)) if moving and self.spelled else None
                pairs.append((name, spelled or written_bound(name, bound)))
        return pairs

    def _simple_pairs(self, request: SearchRequest, per_page: int) -> _Pairs:
        rows: tuple[tuple[str, object, object], ...] = (
            ("date", request.date, _SHAPE.date),
            ("tz", request.time_zone, self.time_zone),
            ("sort", request.sort, None),
            ("op", request.operator, _SHAPE.operator),
            ("page", request.page, _SHAPE.page),
            ("per_page", request.per_page, per_page),
            ("cursor", request.cursor, None),
            ("facets", request.facets, _SHAPE.facets),
            ("fields", request.fields, None),
            ("highlight", request.highlight, _SHAPE.highlight),
            ("group", request.group, _SHAPE.group),
            ("explain", request.explain, _SHAPE.explain),
        )
        return [(name, _written(value)) for name, value, default in rows if value != default]


class ArticleIdConverter(PathConverter):
    """`<article:id>` in a route: any id, however it is spelled, through every proxy and browser (see `quote_id`)."""

    regex = r"[^/][\s\S]*?"

    def to_python(self, value: str) -> str:
        return "/".join(_plain_segment(segment) for segment in value.split("/"))

    def to_url(self, value: str) -> str:
        return quote_id(value)


_SPECIAL: Final = re.compile(r"~*(\.{0,2}|related)")
"""Segments that something on the way would change: "." and ".." are resolved by browsers, even percent-encoded
(https://url.spec.whatwg.org/#double-dot-path-segment), empty ones are merged by proxies; "related" is our own route."""


def quote_id(id: str) -> str:
    """The id as a path: percent-encoded but for its slashes, and "~" before each segment that would not survive."""
    return "/".join(quote(_safe_segment(segment), safe="") for segment in id.split("/"))


def article_api_path(id: str, prefix: str = "") -> str:
    """The article's address for programs."""
    return f"{prefix}/api/v1/articles/{quote_id(id)}"


def written_filters(filters: Filters) -> tuple[str, ...]:
    """The values of one filter parameter: "-" negates, and a backslash says that what follows is meant as it stands."""
    included = [_escaped(value, "\\-") for value in filters.include]
    excluded = ["-" + _escaped(value, "\\") for value in filters.exclude]
    return (*included, *excluded)


def written_facets(facets: Iterable[FacetRequest]) -> str:
    """`section:10,month`: the size only where it is not the usual one."""
    usual = FacetRequest("").size
    return ",".join(row.name if row.size == usual else f"{row.name}:{row.size}" for row in facets) or "none"


def written_bound(name: str, bound: date | datetime) -> str:
    """A moment in RFC 3339, a day as short as it can be read back: `from` 2024-07-01 is "2024-07"."""
    # Moments are not remembered: the same one in two time zones is equal, but not written alike.
    return bound.isoformat() if isinstance(bound, datetime) else _written_day(name, bound)


@lru_cache(maxsize=4096)
def _written_day(name: str, bound: date) -> str:
    iso = bound.isoformat()
    edge = first_day if name == "from" else last_day
    return next(period for period in (iso[:4], iso[:7], iso) if edge(period) == bound)


def _safe_segment(segment: str) -> str:
    return "~" + segment if _SPECIAL.fullmatch(segment) else segment


def _plain_segment(segment: str) -> str:
    return segment[1:] if segment.startswith("~") and _SPECIAL.fullmatch(segment) else segment


def _escaped(value: str, special: str) -> str:
    return "\\" + value if value[:1] and value[:1] in special else value


def _written(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case tuple() if all(isinstance(row, FacetRequest) for row in value):
            return written_facets(value)
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


def _filter_pairs(keywords: Keywords) -> _Pairs:
    if not keywords:
        return []
    filters = dict(keywords)
    return [(name, value) for name in KEYWORD_FIELDS if name in filters for value in written_filters(filters[name])]


def _first_page(request: SearchRequest) -> SearchRequest:
    return request if request.page == 1 and request.cursor is None else request.on_page(1)


def _without_shape(request: SearchRequest) -> SearchRequest:
    """The same hits in the same order, without what only decides how they are shown."""
    shape = request.facets, request.fields, request.highlight, request.explain
    if shape == (DEFAULT_FACETS, None, _SHAPE.highlight, False):
        return request
    return replace(request, facets=DEFAULT_FACETS, fields=None, highlight=_SHAPE.highlight, explain=False)


def _position(position: int | None) -> list[str]:
    return [] if position is None else [f"position={position}"]


def _with_query(path: str, pairs: _Pairs) -> str:
    return _with_parameters(path, _parameters(pairs))


def _with_parameters(path: str, parameters: Sequence[str]) -> str:
    return f"{path}?{'&'.join(parameters)}" if parameters else path


def _parameters(pairs: _Pairs) -> list[str]:
    return [_parameter(name, value) for name, value in pairs]


@lru_cache(maxsize=4096)
def _parameter(name: str, value: str) -> str:
    """As `application/x-www-form-urlencoded` (https://url.spec.whatwg.org/#urlencoded-serializing) has it, a little
    more of it in plain letters."""
    return f"{name}={quote_plus(value, safe=':,/')}"
