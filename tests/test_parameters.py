"""Addresses and questions: what is written is read back, and what is not understood is refused by name."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.commands.links import TerminalLinks
from search.errors import ParameterError
from search.request.request import DEFAULT_FACETS, MAX_VALUE_LENGTH, Conditions, FacetRequest, Filters, SearchRequest
from search.results.facets import FACETS
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, MISSING, TEXT_FIELDS
from webui.parameters import HIT_KEYS, SearchParameters, names
from webui.questions import article_question, search_question, without_tracking
from webui.urls import ArticleIdConverter, SiteLinks, quote_id

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, max_size=30)
values = st.text(characters, min_size=1, max_size=20) | st.sampled_from(
    ["-", "--x", "\\", "\\-", "-\\", MISSING, "a,b"]
)


def _some(strategy: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(strategy, unique=True, max_size=most)


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    chosen = draw(_some(values, 4))
    cut = draw(st.integers(0, len(chosen)))
    return Filters(tuple(chosen[:cut]), tuple(chosen[cut:]))


moments = st.dates() | st.datetimes(
    date_min := datetime(1, 1, 4),
    datetime(9999, 12, 27),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))]),
)


@st.composite
def requests(draw: st.DrawFn) -> SearchRequest:
    keywords = {name: draw(filters()) for name in draw(_some(st.sampled_from(sorted(KEYWORD_FIELDS))))}
    one, two = draw(st.none() | st.dates()), draw(st.none() | st.dates())
    start, end = sorted((one, two)) if one and two else (one, two)
    per_page = draw(st.integers(0, 100))
    facets = st.builds(FacetRequest, st.sampled_from(sorted(FACETS)), st.integers(1, 1000))
    cursor = draw(st.none() | st.text("abcXYZ019-_*", min_size=1, max_size=40))
    return SearchRequest(
        q=draw(texts),
        fields_searched=tuple(draw(_some(st.sampled_from(sorted(TEXT_FIELDS))))),
        keywords=tuple((name, each) for name, each in sorted(keywords.items()) if each != Filters()),
        start=start,
        end=end,
        date=draw(st.sampled_from(sorted(DATE_FIELDS))),
        time_zone=draw(st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])),
        sort=draw(st.sampled_from([None, "relevance", "newest", "oldest"])),
        operator=draw(st.sampled_from(["and", "or"])),
        page=1 if cursor else draw(st.integers(1, 100)),
        per_page=per_page,
        cursor=cursor,
        facets=tuple(draw(st.lists(facets, unique_by=lambda row: row.name, max_size=4))) or DEFAULT_FACETS,
        fields=draw(st.none() | st.lists(st.sampled_from(HIT_KEYS), unique=True, min_size=1).map(tuple)),
        highlight=draw(st.sampled_from(["html", "text", "off"])),
        group=draw(st.sampled_from(["none", "story"])),
        explain=draw(st.booleans()),
    )


def read(address: str, **others: object) -> SearchRequest:
    return search_question(urlsplit(address).query.encode(), now=NOW, **others).request  # type: ignore[arg-type]


def ask(query_string: str) -> SearchRequest:
    return search_question(query_string.encode(), now=NOW).request


@given(requests(), st.sampled_from(["api", "html"]), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_every_request_can_be_read_back_from_its_address(request: SearchRequest, kind: str, zone: str) -> None:
    assert read(SiteLinks(kind, time_zone=zone).search(request), time_zone=zone) == request


@given(requests(), st.lists(requests(), max_size=3), st.sampled_from(["api", "html", "atom"]))
def test_addresses_under_other_conditions_are_those_of_the_single_requests(
    request: SearchRequest, others: list[SearchRequest], kind: str
) -> None:
    conditions = [Conditions(other.keywords, other.start, other.end) for other in (request, *others)]
    conditions.append(Conditions((), date(2024, 7, 1), None))
    for links in (SiteLinks(kind, "/archive", spelled={("from", date(2024, 7, 1)): "now-7d"}), TerminalLinks()):
        single = [links.search(request.under(each)) for each in conditions]
        assert links.searches(request, iter(conditions)) == single


@given(requests(), st.lists(st.text(min_size=1, max_size=5), max_size=3), st.none() | st.integers(0, 99))
def test_addresses_of_hits_are_those_of_the_single_articles(
    request: SearchRequest, names: list[str], position: int | None
) -> None:
    for links in (SiteLinks("api", "/archive"), TerminalLinks("Europe/Berlin")):
        places = [None if position is None else position + index for index in range(len(names))]
        single = [links.article(name, request, place) for name, place in zip(names, places, strict=True)]
        assert links.articles(iter(names), request, position) == single


def test_a_moment_is_written_in_its_own_zone() -> None:
    utc = datetime(2024, 7, 1, 12, tzinfo=UTC)
    for moment in (utc, utc.astimezone(timezone(timedelta(hours=2)))):
        start = read(SiteLinks().search(SearchRequest(start=moment))).start
        assert start is not None
        assert start.isoformat() == moment.isoformat()


@given(moments, moments)
def test_bounds_come_back_to_the_microsecond(start: date | datetime, end: date | datetime) -> None:
    for bounded in (SearchRequest(start=start), SearchRequest(end=end)):
        assert read(SiteLinks().search(bounded)) == bounded


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
    assert SiteLinks("api").search(SearchRequest()) == "/api/v1/search"
    assert SiteLinks().search(SearchRequest(q="old bridge", page=2)) == "/search?q=old+bridge&page=2"


def test_parameters_stand_in_one_order() -> None:
    one = SiteLinks().search(ask("page=2&section=B&lang=en&q=x&section=-A"))
    two = SiteLinks().search(ask("q=x&lang=en&section=-A&section=B&page=2"))
    assert one == two == "/search?q=x&section=B&section=-A&lang=en&page=2"


def test_a_year_or_month_is_written_short() -> None:
    request = SearchRequest(start=date(2024, 7, 1), end=date(2024, 12, 31))
    assert SiteLinks().search(request) == "/search?from=2024-07&to=2024"


def test_relative_dates_keep_moving_but_not_under_a_cursor() -> None:
    question = search_question(b"from=now-7d&per_page=50", now=NOW)
    assert question.request.start == NOW - timedelta(days=7)
    links = question.links("html")
    assert "from=now-7d" in links.search(question.request.on_page(2))
    assert "from=2026-04-27T12:30:00%2B00:00" in links.search(SearchRequest(start=question.request.start, cursor="*"))


def test_feeds_leave_out_what_only_shapes_an_answer() -> None:
    request = ask("q=x&page=3&per_page=50&facets=none&fields=id&highlight=off&explain=true&lang=en")
    assert SiteLinks("api").rendering("atom", request) == "/search.atom?q=x&lang=en"
    assert SiteLinks("api").rendering("html", request).startswith("/search?q=x&lang=en&page=3&per_page=50")


@pytest.mark.parametrize("kind", ["atom", "feed", "csv"])
def test_a_feed_says_its_page_size_only_where_it_is_not_the_usual(kind: str) -> None:
    from webui.urls import PER_PAGE

    usual = search_question(b"q=x", now=NOW, per_page=PER_PAGE[kind]).request
    assert SiteLinks(kind).search(usual).endswith("?q=x")
    ten = search_question(b"q=x&per_page=10", now=NOW, per_page=PER_PAGE[kind]).request
    assert SiteLinks(kind).search(ten).endswith("?q=x&per_page=10")


def test_an_article_address_carries_the_search_and_the_place() -> None:
    request = ask("q=flood&section=News&page=2&facets=none&explain=true")
    address = SiteLinks().article("a/b", request, 13)
    assert address == "/article/a/b?q=flood&section=News&position=13"
    question = article_question(urlsplit(address).query.encode(), now=NOW)
    assert question is not None
    assert question.position == 13
    assert question.request == ask("q=flood&section=News")
    assert article_question(b"", now=NOW) is None


def test_the_mounting_path_is_in_every_address() -> None:
    links = SiteLinks("html", prefix="/archive")
    assert links.search(SearchRequest()) == "/archive/search"
    assert links.rendering("csv", SearchRequest()) == "/archive/search.csv"
    assert links.article("1") == "/archive/article/1"


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
        ("colour=red", "colour", "valid are q, in, section, tag"),
        ("Q=x", "Q", "no such parameter"),
        ("q=1&q=2", "q", "only once"),
        ("q=&q=2", "q", "only once"),
        ("page=1&page=1", "page", "only once"),
        ("q=%ff", "q", "UTF-8"),
        ("%ff=q", "parameters", "UTF-8"),
        ("q=a%00b", "q", "null character"),
        ("section=a%00b", "section", "null character"),
        ("q=" + "a" * 10_000, "q", "at most 4,096 characters"),
        ("in=titel", "in", "valid are title, headings, summary, body, author, tags"),
        ("sort=best", "sort", "valid are relevance, newest, oldest"),
        ("op=xor", "op", "valid are and, or"),
        ("date=created", "date", "valid are published, modified"),
        ("tz=Europe/Berln", "tz", "did you mean Europe/Berlin?"),
        ("tz=../../etc/passwd", "tz", "is not valid"),
        ("tz=" + "a" * 5_000, "tz", "is not valid"),
        ("page=0", "page", "1 or more"),
        ("page=-1", "page", "whole number"),
        ("page=1.0", "page", "whole number"),
        ("page=1_0", "page", "whole number"),
        ("page=٣", "page", "whole number"),
        ("page=9999999999999999999999", "page", "whole number"),
        ("page=1001", "page", "at most 1,000"),
        ("per_page=101", "per_page", "at most 100"),
        ("per_page=ten", "per_page", "whole number"),
        ("page=2&cursor=abc", "cursor", "in place of page"),
        ("facets=colour", "facets", "valid are section, author"),
        ("facets=section:0", "facets", "1 to 1000"),
        ("facets=section:1001", "facets", "1 to 1000"),
        ("facets=section:x", "facets", "section:10"),
        ("facets=section,section:5", "facets", "twice"),
        ("facets=none,section", "facets", "no facet"),
        ("fields=id,colour", "fields", "'colour' is not valid"),
        ("fields=id,", "fields", "'' is not valid"),
        ("highlight=yes", "highlight", "valid are html, text, off"),
        ("group=all", "group", "valid are none, story"),
        ("explain=1", "explain", "valid are true, false"),
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
        search_question(raw, now=NOW)


def test_every_parameter_of_the_reference_is_accepted_and_no_other() -> None:
    assert names(SearchParameters) == (
        "q", "in", "section", "tag", "author", "lang", "type", "from", "to", "date", "tz", "sort", "op", "page",
        "per_page", "cursor", "facets", "fields", "highlight", "group", "explain",
    )  # fmt: skip
