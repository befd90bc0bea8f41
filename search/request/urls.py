"""From a request to its address. The address is the whole state, so the same search always has the same one.

Parameters stand in one order and defaults are left out; `search.request.reading` reads back what is written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import quote, quote_plus, urlsplit

from search.periods import first_day, interval_of, last_day
from search.query.dates import Bound, RelativeTime
from search.request.comparison import Comparison
from search.request.request import FacetRequest, Filters, SearchRequest
from search.request.values import NO_FACETS
from search.schema import KEYWORD_FIELDS

Rendering = Literal["api", "html", "atom", "feed", "rss", "csv"]

ROUTES: Final[dict[Rendering, str]] = {
    "api": "/api/v1/search",
    "html": "/search",
    "atom": "/search.atom",
    "feed": "/search.json",
    "rss": "/search.rss",
    "csv": "/search.csv",
}
"""Each rendering of a search and its path."""

FACET_PATHS: Final[dict[Rendering, str]] = {"api": "/api/v1/facets/", "html": "/facet/"}
"""The paths, but for the name of the facet, that list its values."""

COMPARISONS: Final[dict[Rendering, str]] = {"api": "/api/v1/coverage", "html": "/coverage"}
"""The paths that compare searches."""

_SHAPE: Final = SearchRequest()
PER_PAGE: Final[dict[Rendering, int]] = {
    "api": _SHAPE.per_page,
    "html": _SHAPE.per_page,
    "atom": 20,
    "feed": 20,
    "rss": 20,
    "csv": 100,
}
"""Hits on a page of each rendering, where the address does not say."""

FEEDS: Final = ("atom", "feed", "rss", "csv")
"""Renderings with a shape of their own."""

Pairs = list[tuple[str, str]]
"""Names and values of parameters."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Writes the addresses in one rendering of a search: absolute paths, each with its query string.

    `kind` is the rendering: JSON links to JSON, pages to pages. `prefix` is the path the site is mounted at, without a
    slash at its end. `time_zone` is the one meant where an address has no `tz`.
    """

    kind: Rendering = "html"
    prefix: str = ""
    time_zone: str = "UTC"

    def search(self, request: SearchRequest) -> str:
        """The search as this rendering. Feeds leave out what only shapes an answer (`SearchRequest.without_shape`)."""
        return with_query(self.path, self.query(self.shown(request), self.per_page))

    def saving(self, request: SearchRequest) -> str:
        """The page on which the search is saved, whichever page of its hits is shown."""
        return with_query(f"{self.prefix}/save", self.way_back(request))

    def judging(self, request: SearchRequest) -> str:
        """The page of the desk on which articles are judged for the query, whichever page of its hits is shown."""
        return with_query(f"{self.prefix}/desk/judge", self.way_back(request))

    def comparison(self, comparison: Comparison) -> str:
        """The page that compares searches, or the same for programs."""
        own: Rendering = "api" if self.kind == "api" else "html"
        asked = parameters([("q", query) for query in comparison.queries])
        return with_query(self.prefix + COMPARISONS[own], joined((asked, self.query(comparison.shared, PER_PAGE[own]))))

    def pairs(self, request: SearchRequest) -> Pairs:
        """The parameters in the address of `search`, in order, as they read before they are percent-encoded."""
        places = self._places(self.shown(request), self.per_page)
        return [pair for pairs in places.values() for pair in pairs]

    @property
    def path(self) -> str:
        """The path of every search."""
        return self.prefix + ROUTES[self.kind]

    @property
    def per_page(self) -> int:
        """Hits on a page where an address does not say."""
        return PER_PAGE[self.kind]

    def shown(self, request: SearchRequest) -> SearchRequest:
        """The request as far as this rendering shows it."""
        return request.without_shape() if self.kind in FEEDS else request

    def varied(self, request: SearchRequest, name: str, values: Iterable[str]) -> list[str]:
        """`search` with that parameter, of those that stand once, set to each of the values, "" for its default; at
        little more than the price of one. The values are written as in the address."""
        pairs = self.pairs(request)
        later = _SINGLE[_SINGLE.index(name) + 1 :]
        before = parameters([pair for pair in pairs if pair[0] != name and pair[0] not in later])
        after = parameters([pair for pair in pairs if pair[0] in later])
        own = (parameters([(name, value)]) if value else "" for value in values)
        return [with_query(self.path, "&".join(filter(None, (before, each, after)))) for each in own]

    def article(self, id: str, request: SearchRequest | None = None, position: int | None = None) -> str:
        """The article's page. With `request`, the page marks its words and knows the way back, and `position`, the
        article's place among the hits from 0, leads to the previous and the next one.

        The search travels along without what only shapes its answer.
        """
        path = f"{self.prefix}/article/{quote_id(id)}"
        if request is None:
            return path
        [address] = self.articles([id], self.way_back(request), position)
        return address

    def articles(self, ids: Iterable[str], way_back: str, position: int | None) -> list[str]:
        """`article` for hits that follow each other, the first of them at that place."""
        path = f"{self.prefix}/article/"
        if position is None:
            return [with_query(path + quote_id(name), way_back) for name in ids]
        start = f"?{way_back}&position=" if way_back else "?position="
        return [f"{path}{quote_id(name)}{start}{place}" for place, name in enumerate(ids, position)]

    def way_back(self, request: SearchRequest) -> str:
        """The query string with which an article's page knows the search that led to it."""
        return self.query(request.on_page(1).without_shape(), PER_PAGE["html"])

    def query(self, request: SearchRequest, per_page: int) -> str:
        """The query string of the request; `per_page` is what is meant where it does not say."""
        return joined(self.places(request, per_page).values())

    def places(self, request: SearchRequest, per_page: int) -> dict[str, str]:
        """The query string in parts, in order: one for each filter, one for the dates, for the page and so on; most of
        them are ""."""
        return {name: parameters(pairs) if pairs else "" for name, pairs in self._places(request, per_page).items()}

    def _places(self, request: SearchRequest, per_page: int) -> dict[str, Pairs]:
        places = dict.fromkeys(PLACES, _NO_PAIRS)
        places["question"] = _question_pairs(request)
        for name, filters in request.keywords:
            places[name] = filter_pairs(name, filters)
        places["dates"] = date_pairs(request.start, request.end)
        places["periods"] = period_pairs(request.periods)
        places["order"] = _changed(
            ("date", request.date, _SHAPE.date),
            ("tz", request.time_zone, self.time_zone),
            ("sort", request.sort, None),
            ("op", request.operator, _SHAPE.operator),
        )
        places["page"] = _changed(("page", request.page, _SHAPE.page))
        places["shape"] = _changed(
            ("per_page", request.per_page, per_page),
            ("cursor", request.cursor, None),
            ("facets", request.facets, _SHAPE.facets),
            ("fields", request.fields, None),
            ("highlight", request.highlight, _SHAPE.highlight),
            ("group", request.group, _SHAPE.group),
            ("explain", request.explain, _SHAPE.explain),
            ("bars", request.bars, _SHAPE.bars),
        )
        return places


class FacetPages:
    """The addresses that list all values of a facet of one search: pages for people, or the same as JSON."""

    def __init__(self, addresses: Addresses, request: SearchRequest) -> None:
        kind: Rendering = addresses.kind if addresses.kind == "api" else "html"
        self._path = addresses.prefix + FACET_PATHS[kind]
        self._query = addresses.query(request.on_page(1).without_shape(), PER_PAGE[kind])

    def address(self, name: str, *asked: tuple[str, str]) -> str:
        """The address for the facet of that name; `asked` are further parameters, those of which values."""
        return with_query(self._path + name, joined((self._query, parameters([pair for pair in asked if pair[1]]))))


PLACES: Final = ("question", *KEYWORD_FIELDS, "dates", "periods", "order", "page", "shape")
"""The parts of a query string, in the order in which they are written."""
_NO_PAIRS: Final[Pairs] = []

_SINGLE: Final = (
    "date", "tz", "sort", "op", "page", "per_page", "cursor", "facets", "fields", "highlight", "group", "explain",
    "bars",
)  # fmt: skip
"""The parameters that stand once, in the order in which they are written."""


_SPECIAL: Final = re.compile(r"~*(\.{0,2}|related|why-not)")
"""Segments that something on the way would change: "." and ".." are resolved by browsers, even percent-encoded
(https://url.spec.whatwg.org/#double-dot-path-segment), empty ones are merged by proxies; the words are routes."""


_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*")
"""Ids that stand in an address as they are, as most do: looked at first, since every hit has one."""


def quote_id(id: str) -> str:
    """The id as a path: percent-encoded but for its slashes, and "~" before each segment that would not survive."""
    if _PLAIN_ID.fullmatch(id) and "related" not in id and "why-not" not in id:
        return id
    return "/".join(quote(_safe_segment(segment), safe="") for segment in id.split("/"))


def article_id(path: str) -> str:
    """The id that `quote_id` wrote, from the path with its percent-encoding taken off."""
    return "/".join(_plain_segment(segment) for segment in path.split("/"))


def path_prefix(public_url: str) -> str:
    """The path that a site at that address is mounted at, without a slash at its end; "" for the root."""
    return urlsplit(public_url).path.rstrip("/")


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
    return ",".join(row.name if row.size == usual else f"{row.name}:{row.size}" for row in facets) or NO_FACETS


def written_bound(name: Literal["from", "to"], bound: Bound) -> str:
    """A relative time as it was asked for, a moment in RFC 3339, a day as short as it can be read back: `from`
    2024-07-01 is "2024-07"."""
    if isinstance(bound, RelativeTime):
        return str(bound)
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


def _question_pairs(request: SearchRequest) -> Pairs:
    pairs: Pairs = [("q", request.q)] if request.q else []
    if request.fields_searched:
        pairs.append(("in", ",".join(request.fields_searched)))
    return pairs


def filter_pairs(name: str, filters: Filters) -> Pairs:
    """The parameters of the filters on one keyword field, and of how they are joined if that is not as usual."""
    pairs = [(name, value) for value in written_filters(filters)]
    return [*pairs, (f"{name}_op", filters.joined)] if filters.joined else pairs


def date_pairs(start: Bound | None, end: Bound | None) -> Pairs:
    """The parameters of both dates."""
    pairs: Pairs = [] if start is None else [("from", written_bound("from", start))]
    if end is not None:
        pairs.append(("to", written_bound("to", end)))
    return pairs


def period_pairs(periods: Iterable[str]) -> Pairs:
    """The parameters of years, months and days."""
    return [(interval_of(period), period) for period in periods]


def bare_shape(request: SearchRequest, per_page: int) -> str:
    """The shape of a first page without what only decides how its hits are shown: what `places` has as the shape of
    `request.without_shape().on_page(1)`."""
    return parameters(_changed(("per_page", request.per_page, per_page), ("group", request.group, _SHAPE.group)))


def _changed(*rows: tuple[str, object, object]) -> Pairs:
    """A parameter for each name whose value is not its default, which stands last."""
    return [(name, _written(value)) for name, value, default in rows if value != default]


def with_query(path: str, query: str) -> str:
    """The address of that path with a query string, which may be ""."""
    return f"{path}?{query}" if query else path


def joined(places: Iterable[str]) -> str:
    """The query string of these parts, of which some may be ""."""
    return "&".join(filter(None, places))


def parameters(pairs: Pairs) -> str:
    """The pairs as part of a query string."""
    return "&".join([_parameter(name, value) for name, value in pairs])


@lru_cache(maxsize=4096)
def _parameter(name: str, value: str) -> str:
    """As `application/x-www-form-urlencoded` (https://url.spec.whatwg.org/#urlencoded-serializing) has it, a little
    more of it in plain letters."""
    return f"{name}={quote_plus(value, safe=':,/')}"
