"""Requests at random over the small archives of the tests: what may be asked of them, and what reads links back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from archives import NAMES, SECTIONS, TAGS
from hypothesis import strategies as st

from search.periods import label_of
from search.query.dates import RelativeTime
from search.request.facets import DATE, FACETS
from search.request.reading import parse_search
from search.request.request import DEFAULT_FACETS, HIT_KEYS, FacetRequest, Filters, SearchRequest
from search.request.urls import Addresses
from search.schema import KEYWORD_FIELDS, MISSING, TEXT_FIELDS

_PARTS = (
    "run", "running", "war", "wars", "bridge", "brige", "title:war", "body:run", '"post war"', '"war bridge"~3',
    '="runs"', "ru*", "br?dge*", "bridg~", "the", "section:News", "tag:oil", "author:ann", "lang:en", "date:2020..",
    "date:now-5y..", "(war OR été)", "-war", "-tag:war", "zzz", "war^2", "東京都庁", "東京の庁舎",
)  # fmt: skip
queries = st.lists(st.sampled_from(_PARTS), max_size=3).map(" ".join)
_VALUES = {"section": SECTIONS, "author": NAMES, "tag": TAGS, "lang": ("en", "de", "xx"), "type": ("article", "x")}


@st.composite
def _filters(draw: st.DrawFn, name: str) -> Filters:
    chosen = draw(st.lists(st.sampled_from((*_VALUES[name], MISSING, "-gone")), unique=True, min_size=1, max_size=3))
    cut = draw(st.integers(0, len(chosen)))
    filters = Filters(tuple(chosen[:cut]), tuple(chosen[cut:]))
    return filters.joined_by(draw(st.sampled_from((None, "and", "or")))) if KEYWORD_FIELDS[name].several else filters


_starts = st.sampled_from((date(2019, 6, 1), datetime(2020, 3, 4, 5, 6, tzinfo=UTC), RelativeTime(4, "y")))
_ends = st.sampled_from((date(2024, 6, 1), datetime(2024, 3, 4, 5, 6, tzinfo=UTC), RelativeTime(3, "M")))
_periods = st.builds(
    label_of, st.sampled_from(("year", "month", "day")), st.dates(date(2019, 1, 1), date(2024, 12, 31))
)


@st.composite
def requests(draw: st.DrawFn) -> SearchRequest:
    """Any search of the archives that `archives.commits` make."""
    keywords = {name: draw(_filters(name)) for name in draw(st.sets(st.sampled_from(sorted(_VALUES)), max_size=2))}
    cursor = draw(st.sampled_from((None, None, None, "*")))
    facets = st.builds(FacetRequest, st.sampled_from(sorted({*FACETS} - {DATE})), st.integers(1, 20))
    facets |= st.just(FacetRequest(DATE))
    return SearchRequest(
        q=draw(queries),
        fields_searched=tuple(draw(st.sets(st.sampled_from(sorted(TEXT_FIELDS)), max_size=2))),
        keywords=tuple(sorted(keywords.items())),
        start=draw(st.none() | _starts),
        end=draw(st.none() | _ends),
        periods=tuple(sorted(draw(st.sets(_periods, max_size=2)))),
        date=draw(st.sampled_from(("published", "modified"))),
        time_zone=draw(st.sampled_from(("UTC", "Europe/Berlin", "Pacific/Chatham"))),
        sort=draw(st.sampled_from((None, "relevance", "newest", "oldest"))),
        operator=draw(st.sampled_from(("auto", "and", "or"))),
        page=1 if cursor else draw(st.integers(1, 3)),
        per_page=draw(st.integers(1 if cursor else 0, 4)),
        cursor=cursor,
        facets=draw(st.just(DEFAULT_FACETS) | st.lists(facets, unique_by=lambda row: row.name, max_size=3).map(tuple)),
        fields=draw(st.none() | st.lists(st.sampled_from(HIT_KEYS), unique=True, min_size=1, max_size=4).map(tuple)),
        highlight=draw(st.sampled_from(("html", "text", "off"))),
        group="none" if cursor else draw(st.sampled_from(("none", "story"))),
        explain=draw(st.booleans()),
        bars=draw(st.sampled_from(("count", "share"))),
    )


def read_back(address: str, addresses: Addresses) -> SearchRequest:
    """The request that a link in an answer leads to."""
    return parse_search(urlsplit(address).query.encode(), kind=addresses.kind, time_zone=addresses.time_zone)


def shown_as(request: SearchRequest, addresses: Addresses) -> SearchRequest:
    """What remains of a request in an address of that rendering."""
    return request.without_shape() if addresses.kind in ("atom", "feed", "rss", "csv") else replace(request)
