"""Addresses and requests: what is written is read back, and what is not understood is refused by name."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from urllib.parse import urlsplit

import click
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from search.commands.search import asked
from search.commands.search import search as search_command
from search.engines.plan import Sort
from search.errors import ParameterError
from search.periods import label_of
from search.query.dates import RelativeTime
from search.query.tree import Word
from search.request import urls
from search.request.facets import DATE, FACETS
from search.request.links import SearchLinks
from search.request.parameters import SearchParameters, names
from search.request.reading import parse_article, parse_search, read_pairs, search_request, without_tracking
from search.request.request import (
    DEFAULT_FACETS,
    HIT_KEYS,
    FacetRequest,
    Filters,
    SearchRequest,
)
from search.request.urls import PER_PAGE, Addresses, Rendering, path_prefix, quote_id
from search.results.response import Hit
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, MAX_VALUE_LENGTH, MISSING, TEXT_FIELDS
from webui.site import ArticleIdConverter

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
RENDERINGS: tuple[Rendering, ...] = ("html", "api", "atom", "feed", "csv")
FEEDS = ("atom", "feed", "csv")

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, max_size=30)
values = st.text(characters, min_size=1, max_size=20) | st.sampled_from(
    [
        "-",
        "--x",
        "\\",
        "\\-",
        "\\\\",
        "-\\",
        "\\x",
        MISSING,
        f"-{MISSING}",
        f"\\{MISSING}",
        "a,b",
        "a&b=c",
        "é → ü",
        "100%",
        "+",
    ]
)


def _some(strategy: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(strategy, unique=True, max_size=most)


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    chosen = draw(_some(values, 4))
    cut = draw(st.integers(0, len(chosen)))
    return Filters(tuple(chosen[:cut]), tuple(chosen[cut:]))


zones = st.sampled_from([UTC, timezone(timedelta(hours=-7)), timezone(timedelta(hours=5, minutes=30))])
relative_times = st.builds(RelativeTime, st.integers(0, 999_999), st.sampled_from("hdwMy"))
bounds = st.dates() | st.datetimes(datetime(1, 1, 4), datetime(9999, 12, 27), timezones=zones) | relative_times

periods = st.builds(label_of, st.sampled_from(("year", "month", "day")), st.dates())


@st.composite
def requests(draw: st.DrawFn) -> SearchRequest:
    """Any request that can be asked, but for the order of its dates, which only a moment decides."""
    keywords = {name: draw(filters()) for name in draw(_some(st.sampled_from(sorted(KEYWORD_FIELDS))))}
    cursor = draw(st.none() | st.text("abcXYZ019-_*", min_size=1, max_size=40))
    facets = st.builds(FacetRequest, st.sampled_from(sorted({*FACETS} - {DATE})), st.integers(1, 1000))
    return SearchRequest(
        q=draw(texts),
        fields_searched=tuple(draw(_some(st.sampled_from(sorted(TEXT_FIELDS))))),
        keywords=tuple((name, each) for name, each in sorted(keywords.items()) if each != Filters()),
        start=draw(st.none() | bounds),
        end=draw(st.none() | bounds),
        periods=tuple(sorted(draw(_some(periods)))),
        date=draw(st.sampled_from(sorted(DATE_FIELDS))),
        time_zone=draw(st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])),
        sort=draw(st.sampled_from([None, "relevance", "newest", "oldest"])),
        operator=draw(st.sampled_from(["and", "or"])),
        page=1 if cursor else draw(st.integers(1, 100)),
        per_page=draw(st.integers(1 if cursor else 0, 100)),
        cursor=cursor,
        facets=draw(st.just(DEFAULT_FACETS) | st.lists(facets, unique_by=lambda row: row.name, max_size=4).map(tuple)),
        fields=draw(st.none() | st.lists(st.sampled_from(HIT_KEYS), unique=True, min_size=1).map(tuple)),
        highlight=draw(st.sampled_from(["html", "text", "off"])),
        group="none" if cursor else draw(st.sampled_from(["none", "story"])),
        explain=draw(st.booleans()),
        bars=draw(st.sampled_from(("count", "share"))),
    )


def query_of(address: str) -> bytes:
    return urlsplit(address).query.encode()


def ask(query_string: str) -> SearchRequest:
    return parse_search(query_string.encode()).resolved(NOW)


@given(requests(), st.sampled_from(RENDERINGS), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_every_request_can_be_read_back_from_its_address(request: SearchRequest, kind: Rendering, zone: str) -> None:
    addresses = Addresses(kind, "/archive", zone)
    kept = request.without_shape() if kind in FEEDS else request
    assert parse_search(query_of(addresses.search(request)), kind=kind, time_zone=zone) == kept
    for other in RENDERINGS:
        shown = request
        if kind in FEEDS or other in FEEDS:
            shown = replace(request.without_shape(), page=1, cursor=None, per_page=PER_PAGE[other])
        assert (
            parse_search(query_of(SearchLinks(addresses, request).renderings()[other]), kind=other, time_zone=zone)
            == shown
        )


@given(requests(), st.none() | st.integers(0, 9_999), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_every_search_can_be_read_back_from_the_address_of_an_article(
    request: SearchRequest, position: int | None, zone: str
) -> None:
    found_by = parse_article(
        query_of(Addresses("api", time_zone=zone).article("a/b", request, position)), time_zone=zone
    )
    kept = request.on_page(1).without_shape()
    if found_by is None:
        assert (position, kept) == (None, SearchRequest(time_zone=zone))
    else:
        assert (found_by.position, found_by.request) == (position, kept)


@given(requests(), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_every_request_can_be_read_back_from_the_flags_of_the_command(request: SearchRequest, zone: str) -> None:
    pairs = Addresses("api", time_zone=zone).pairs(request)
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in pairs if name not in ("q", "explain")]
    flags += ["--explain"] * request.explain
    assert flags_asked([*flags, "--", *([request.q] if request.q else [])], zone) == request


def flags_asked(arguments: list[str], zone: str = "UTC") -> SearchRequest:
    context = search_command.make_context("search", arguments)
    assert isinstance(context, click.Context)
    return asked(context.params, as_json=True, time_zone=zone)


@given(
    requests(), st.sampled_from(RENDERINGS), st.sampled_from(sorted(FACETS)), st.lists(st.text(min_size=1), max_size=3)
)
def test_addresses_of_facet_values_are_those_of_the_single_requests(
    request: SearchRequest, kind: Rendering, name: str, others: list[str]
) -> None:
    facet, addresses = FACETS[name], Addresses(kind, "/archive")
    asked = [*others, MISSING, *request.selected(facet)] if facet.keyword else [*request.periods, "2024", "2024-07"]
    links = SearchLinks(addresses, request)
    assert links.toggles(facet, iter(asked)) == [addresses.search(request.toggled(name, value)) for value in asked]


@given(requests(), st.sampled_from(RENDERINGS), st.lists(st.tuples(st.dates(), st.dates()), min_size=1, max_size=3))
def test_addresses_of_narrower_dates_are_those_of_the_single_requests(
    request: SearchRequest, kind: Rendering, spans: list[tuple[date, date]]
) -> None:
    addresses = Addresses(kind, "/archive")
    try:
        single = [addresses.search(request.narrowed(first, last, NOW)) for first, last in spans]
    except ParameterError:
        assume(False)
    assert SearchLinks(addresses, request).narrowings(iter(spans), NOW) == single


@given(requests(), st.sampled_from(RENDERINGS), st.lists(st.integers(1, 1000), max_size=4))
def test_addresses_of_pages_are_those_of_the_single_requests(
    request: SearchRequest, kind: Rendering, pages: list[int]
) -> None:
    addresses = Addresses(kind, "/archive")
    links = SearchLinks(addresses, request)
    assert links.own() == addresses.search(request)
    assert links.pages(iter(pages)) == [addresses.search(request.on_page(page)) for page in pages]


@given(requests(), st.sampled_from(("api", "html", "atom")), st.lists(st.integers(1, 900), max_size=4))
def test_many_addresses_that_differ_in_one_parameter_are_those_written_one_by_one(
    request: SearchRequest, kind: Rendering, pages: list[int]
) -> None:
    links, first = Addresses(kind, "/archive", "Europe/Paris"), request.on_page(1)
    numbers = ["" if page == 1 else str(page) for page in pages]
    assert links.varied(first, "page", numbers) == [links.search(request.on_page(page)) for page in pages]
    sorts: tuple[Sort | None, ...] = (None, "newest", "oldest")
    assert links.varied(first, "sort", [sort or "" for sort in sorts]) == [
        links.search(request.sorted_by(sort)) for sort in sorts
    ]


@given(requests(), st.lists(st.text(min_size=1, max_size=5), max_size=3), st.none() | st.integers(0, 99))
def test_addresses_of_hits_are_those_of_the_single_articles(
    request: SearchRequest, names: list[str], position: int | None
) -> None:
    links = Addresses("api", "/archive", "Europe/Berlin")
    places = [None if position is None else position + index for index in range(len(names))]
    single = [links.article(name, request, place) for name, place in zip(names, places, strict=True)]
    assert SearchLinks(links, request).articles(iter(names), position) == single


def test_hundreds_of_addresses_write_what_they_share_once() -> None:
    def written() -> int:
        calls = urls._parameter.cache_info()
        return calls.hits + calls.misses

    before = written()
    request = SearchRequest(q="flood", sort="oldest", time_zone="Europe/Berlin", facets=(FacetRequest("tag"),))
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(400)]
    assert len(set(SearchLinks(Addresses(), request).narrowings(((day, day) for day in days), NOW))) == 400
    assert written() - before <= 4 + 2 * 400


def test_a_moment_is_written_in_its_own_zone() -> None:
    utc = datetime(2024, 7, 1, 12, tzinfo=UTC)
    for moment in (utc, utc.astimezone(timezone(timedelta(hours=2)))):
        start = parse_search(query_of(Addresses().search(SearchRequest(start=moment)))).start
        assert isinstance(start, datetime)
        assert start.isoformat() == moment.isoformat()


@given(texts.filter(bool))
def test_every_id_survives_its_address(id: str) -> None:
    path = quote_id(id)
    segments = path.split("/")
    assert all(segment not in {"", ".", "..", "related"} for segment in segments)
    assert ArticleIdConverter(None).to_python(_unquoted(path)) == id  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "id", ["..", ".", "a//b", "/a", "a/", "~", "~~", "~..", "x/related", "related", "~related", "%2e"]
)
def test_ids_that_look_like_paths_survive(id: str) -> None:
    assert ArticleIdConverter(None).to_python(_unquoted(quote_id(id))) == id  # type: ignore[arg-type]
    assert not {"", ".", ".."} & set(quote_id(id).split("/"))


def _unquoted(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path)


def test_defaults_are_left_out_of_the_address() -> None:
    assert Addresses("api").search(SearchRequest()) == "/api/v1/search"
    assert Addresses().search(SearchRequest(q="old bridge", page=2)) == "/search?q=old+bridge&page=2"


def test_parameters_stand_in_one_order() -> None:
    one = Addresses().search(ask("page=2&section=B&lang=en&q=x&section=-A"))
    two = Addresses().search(ask("q=x&lang=en&section=-A&section=B&page=2"))
    assert one == two == "/search?q=x&section=B&section=-A&lang=en&page=2"


def test_a_year_or_month_is_written_short() -> None:
    request = SearchRequest(start=date(2024, 7, 1), end=date(2024, 12, 31))
    assert Addresses().search(request) == "/search?from=2024-07&to=2024"


def test_relative_dates_are_kept_as_they_are_written_until_a_moment_is_known() -> None:
    request = parse_search(b"from=now-7d&to=now&per_page=50")
    assert (request.start, request.end) == (RelativeTime(7, "d"), RelativeTime())
    assert request.resolved(NOW) == replace(request, start=NOW - timedelta(days=7), end=NOW)
    assert Addresses().search(request.on_page(2)) == "/search?from=now-7d&to=now&page=2&per_page=50"
    assert replace(request, start=None, end=date(2024, 1, 1)).resolved(NOW).end == date(2024, 1, 1)


def test_a_relative_time_counts_back_by_the_calendar() -> None:
    end_of_march = datetime(2024, 3, 31, 12, 30, 5, 99, tzinfo=UTC)
    back = {str(time): time.at(end_of_march).isoformat() for time in map(RelativeTime, (0, 36, 2, 1, 1), "dhwMy")}
    assert back == {
        "now": "2024-03-31T12:30:05+00:00",
        "now-36h": "2024-03-30T00:30:05+00:00",
        "now-2w": "2024-03-17T12:30:05+00:00",
        "now-1M": "2024-02-29T12:30:05+00:00",
        "now-1y": "2023-03-31T12:30:05+00:00",
    }


@pytest.mark.parametrize(
    ("query_string", "name", "message"),
    [
        ("from=now-1d&to=now-2d", "from", "later than to"),
        ("from=now&to=2026-05-03", "from", "later than to"),
        ("from=2026-05-05&to=now", "from", "later than to"),
        ("from=now-9999y", "from", "before the calendar begins"),
        ("to=now-999999w", "to", "before the calendar begins"),
    ],
)
def test_relative_dates_that_cannot_be_are_refused_once_the_moment_is_known(
    query_string: str, name: str, message: str
) -> None:
    request = parse_search(query_string.encode())
    with pytest.raises(ParameterError, match=message) as caught:
        request.resolved(NOW)
    assert caught.value.name == name


def test_feeds_leave_out_what_only_shapes_an_answer() -> None:
    request = ask("q=x&page=3&per_page=50&facets=none&fields=id&highlight=off&explain=true&bars=share&lang=en")
    assert SearchLinks(Addresses("api"), request).renderings()["atom"] == "/search.atom?q=x&lang=en"
    assert (
        SearchLinks(Addresses("api"), request).renderings()["html"].startswith("/search?q=x&lang=en&page=3&per_page=50")
    )


@pytest.mark.parametrize("kind", FEEDS)
def test_a_feed_says_its_page_size_only_where_it_is_not_the_usual(kind: Rendering) -> None:
    usual = parse_search(b"q=x", kind=kind)
    assert usual.per_page == PER_PAGE[kind]
    assert Addresses(kind).search(usual).endswith("?q=x")
    ten = parse_search(b"q=x&per_page=10", kind=kind)
    assert Addresses(kind).search(ten).endswith("?q=x&per_page=10")


def test_an_article_address_carries_the_search_and_the_place() -> None:
    request = ask("q=flood&section=News&page=2&facets=none&explain=true&bars=share")
    address = Addresses().article("a/b", request, 13)
    assert address == "/article/a/b?q=flood&section=News&position=13"
    found_by = parse_article(query_of(address))
    assert found_by is not None
    assert found_by.position == 13
    assert found_by.request == ask("q=flood&section=News")
    assert parse_article(b"") is None


def test_the_mounting_path_is_in_every_address() -> None:
    links = Addresses("html", prefix="/archive")
    assert links.search(SearchRequest()) == "/archive/search"
    assert SearchLinks(links, SearchRequest()).renderings()["csv"] == "/archive/search.csv"
    assert links.article("1") == "/archive/article/1"
    assert path_prefix("https://news.example/archive/") == "/archive"
    assert path_prefix("https://news.example") == path_prefix("") == ""


def test_marks_of_mail_and_social_sites_can_be_taken_off() -> None:
    assert without_tracking(b"utm_source=x&q=a&fbclid=1&section=B") == b"q=a&section=B"


def test_empty_values_count_as_absent_as_forms_send_them() -> None:
    assert ask("q=&section=&from=&to=&sort=&per_page=&cursor=&facets=&in=") == SearchRequest()


def test_values_with_a_hyphen_or_backslash_can_be_asked_for() -> None:
    request = ask("tag=\\-1&tag=-\\-2&tag=--3&tag=\\\\x&tag=_missing&author=-_missing")
    assert request.filters("tag") == Filters(("-1", "\\x", MISSING), ("-2", "-3"))
    assert request.filters("author") == Filters((), (MISSING,))


@pytest.mark.parametrize(
    ("query_string", "name", "message"),
    [
        ("colour=red", "colour", "there is no such parameter; choose from q, in, section, section_op, tag"),
        ("Q=x", "Q", "no such parameter"),
        ("q=1&q=2", "q", "only once"),
        ("q=&q=2", "q", "only once"),
        ("page=1&page=1", "page", "only once"),
        ("q=%ff", "q", "UTF-8"),
        ("%ff=q", "parameters", "UTF-8"),
        ("q=a%00b", "q", "null character"),
        ("section=a%00b", "section", "null character"),
        ("q=" + "a" * 60_000, "q", "at most 50,000 characters"),
        ("in=titel", "in", "choose from title, headings, summary, body, author, tags"),
        ("sort=best", "sort", "choose from relevance, newest, oldest"),
        ("op=xor", "op", "choose from auto, and, or"),
        ("date=created", "date", "choose from published, modified"),
        ("tz=Europe/Berln", "tz", "there is no 'Europe/Berln'; did you mean Europe/Berlin?"),
        ("tz=../../etc/passwd", "tz", "there is no"),
        ("tz=" + "a" * 5_000, "tz", "there is no"),
        ("page=0", "page", "counted from 1"),
        ("page=-1", "page", "whole number"),
        ("page=1.0", "page", "whole number"),
        ("page=1_0", "page", "whole number"),
        ("page=٣", "page", "whole number"),
        ("page=9999999999999999999999", "page", "whole number"),
        ("page=1001", "page", "at most 1,000 with 10 hits a page"),
        ("per_page=101", "per_page", "must be from 0 to 100"),
        ("per_page=ten", "per_page", "whole number"),
        ("page=2&cursor=abc", "cursor", "in place of page"),
        ("group=story&cursor=*", "cursor", "cannot go with group=story"),
        ("per_page=0&cursor=*", "cursor", "counts only"),
        ("facets=colour", "facets", "choose from section, author"),
        ("facets=section:0", "facets", "section must be from 1 to 1,000"),
        ("facets=section:1001", "facets", "section must be from 1 to 1,000"),
        ("facets=section:x", "facets", "section:10"),
        ("facets=section,section:5", "facets", "twice"),
        ("facets=none,section", "facets", "no facet"),
        ("fields=id,colour", "fields", "there is no 'colour'; choose from id, url"),
        ("fields=id,", "fields", "there is no ''"),
        ("highlight=yes", "highlight", "choose from html, text, off"),
        ("group=all", "group", "choose from none, story"),
        ("explain=1", "explain", "choose from true, false"),
        ("bars=shares", "bars", "choose from count, share"),
        ("from=yesterday", "from", "2024-07"),
        ("to=2024-13", "to", "calendar"),
        ("from=2025&to=2024", "from", "later than to"),
        ("from=2024-07-03T10:00:00Z&to=2024-07-02", "from", "later than to"),
        ("section=-", "section", "names no value"),
        ("section=a&section=-a", "section", "both asked for and left out"),
        ("section=" + "a" * (MAX_VALUE_LENGTH + 1), "section", "at most 500"),
        ("&".join(f"tag={n}" for n in range(51)), "parameters", "at most 50"),
        ("&".join(f"p{n}=1" for n in range(300)), "parameters", "more than 200"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(query_string: str, name: str, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        ask(query_string)
    assert caught.value.name == name
    assert message in str(caught.value)
    assert len(str(caught.value)) < 700


@given(st.binary(max_size=60))
def test_no_query_string_breaks_the_reader(raw: bytes) -> None:
    with suppress(ParameterError):
        parse_search(raw).resolved(NOW)


def test_lists_may_have_spaces_behind_their_commas() -> None:
    assert ask("facets=section:3, year&in=title, body&fields=id, title") == SearchRequest(
        facets=(FacetRequest("section", 3), FacetRequest("year")),
        fields_searched=("title", "body"),
        fields=("id", "title"),
    )


def test_no_facets_means_no_timeline_either() -> None:
    assert ask("").timeline
    assert ask("facets=month").timeline
    assert not ask("facets=none").timeline


def test_the_keys_of_a_hit_that_can_be_asked_for_are_those_it_has() -> None:
    assert tuple(row.name for row in fields(Hit)) == HIT_KEYS


def test_an_excluded_value_means_the_same_to_the_command_and_to_the_site() -> None:
    """A backslash in front says that what follows is meant as it stands, behind the hyphen of an exclusion too."""
    for written, value in (("-\\\\x", "\\x"), ("-\\-x", "-x"), ("-x\\", "x\\"), ("--x", "-x")):
        excluding = SearchRequest(keywords=(("tag", Filters((), (value,))),))
        by_address = search_request(read_pairs(SearchParameters, [("tag", written)]), kind="api", time_zone="UTC")
        assert flags_asked([f"--tag={written}"]) == by_address == excluding
        assert flags_asked([f"--tag={Addresses().pairs(excluding)[0][1]}"]) == excluding


# Edits


@given(requests())
def test_every_edit_but_that_of_the_page_begins_at_the_first_one(request: SearchRequest) -> None:
    edits = [
        request.asking(Word("x")),
        request.searching(("title",)),
        request.sorted_by("oldest"),
        request.with_filters("tag", Filters(("a",))),
        request.without_value("tag", "a"),
        request.without_filters(),
        request.toggled("author", "Ann"),
        request.dated(None, RelativeTime(1, "w")),
        request.within("2024-07"),
    ]
    assert {(edit.page, edit.cursor) for edit in edits} == {(1, None)}
    assert request.on_page(7) == replace(request, page=7, cursor=None)
    assert request.from_cursor("*") == replace(request, page=1, cursor="*")


def test_filters_are_taken_away_one_by_one_or_all_at_once() -> None:
    request = SearchRequest(
        keywords=(("lang", Filters(("en",))), ("tag", Filters(("a", "b"), ("c",)))), start=date(2024, 1, 1), page=3
    )
    assert request.without_value("tag", "c").filters("tag") == Filters(("a", "b"))
    assert request.without_value("tag", "a").filters("tag") == Filters(("b",), ("c",), "or"), "joined as before"
    assert request.without_value("lang", "en").keywords == (("tag", Filters(("a", "b"), ("c",))),)
    assert request.without_filters() == SearchRequest()


def test_a_facet_can_be_asked_for_at_another_length() -> None:
    request = SearchRequest(facets=(FacetRequest("tag", 8), FacetRequest("lang", 8)), page=2)
    assert request.with_facet("lang", 50).facets == (FacetRequest("tag", 8), FacetRequest("lang", 50))


def test_the_dates_are_a_period_only_if_they_span_it_exactly() -> None:
    assert SearchRequest(start=date(2024, 2, 1), end=date(2024, 2, 29)).period() == "2024-02"
    assert SearchRequest(start=date(2024, 2, 1), end=date(2024, 2, 28)).period() is None
    assert SearchRequest(start=date(2024, 2, 1)).period() is None
    assert SearchRequest(start=RelativeTime(1, "d"), end=RelativeTime()).period() is None


def test_every_parameter_of_the_reference_is_accepted_and_no_other() -> None:
    assert names(SearchParameters) == (
        "q", "in", "section", "section_op", "tag", "tag_op", "author", "author_op", "lang", "type", "from",
        "to", "year", "month", "day",
        "date", "tz", "sort", "op", "page",
        "per_page", "cursor", "facets", "fields", "highlight", "group", "explain", "bars",
    )  # fmt: skip
