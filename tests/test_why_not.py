"""Why a search does not find an article: what is named is what leaves it out."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from archives import over
from asking import requests
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from lxml import html as lxml_html
from test_browsing import engine_of

from search.archive import Archive
from search.commands import main
from search.document import Document
from search.engines.protocols import Engine
from search.errors import NotFound
from search.request.reading import parse_search
from search.request.request import SearchRequest
from search.request.urls import Addresses
from webui.site import EXTENSION

ARTICLES = (
    Document("1", "Flood in the town", "The flood closed the old bridge.", url="https://news.example/1",
             sections=("News",), tags=("oil",), authors=("Ann",), language="en"),
    Document("2", "War and bridge", "The war ended at the bridge after years of running.", sections=("Opinion",),
             language="en"),
    Document("3", "Running", "Nothing of it.", language="en"),
)  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Engine:
    return engine_of(*ARTICLES)


@pytest.fixture
def archive(engine: Engine) -> Archive:
    return over(engine)


@pytest.mark.parametrize(
    ("query", "unmet"),
    [
        ("q=flood+war&op=and", ["the word “war”"]),
        ("q=flood&section=Opinion", ["the section “Opinion”"]),
        ("q=flood&section=-News&tag=oil", ["leaving out the section “News”"]),
        ("q=flood&from=2020", ["the dates (since 1 January 2020)"]),
        ("q=flood&year=2024&lang=de", ["the language “German”", "the year “2024”"]),
        ("q=%22bridge+old%22", ["the phrase “bridge old”"]),
        ("q=flood+-bridge", ["leaving out the word “bridge”"]),
        ("q=bridge&in=title", ["the word “bridge” in the title"]),
        ("q=title:war+flood&op=and", ["the word “war”"]),
    ],
)
def test_the_condition_that_leaves_an_article_out_is_named(archive: Archive, query: str, unmet: list[str]) -> None:
    with archive.pinned() as pinned:
        answer = pinned.why_not("1", parse_search(query.encode()))
    assert not answer.found
    assert [condition.text for condition in answer.conditions if not condition.met] == unmet
    assert answer.place is not None
    assert all(text in answer.summary for text in unmet)


def test_an_article_that_is_found_has_its_place_and_score(archive: Archive) -> None:
    request = parse_search(b"q=running+bridge&op=or")
    hits = archive.search(request).hits
    for place, hit in enumerate(hits, 1):
        with archive.pinned() as pinned:
            answer = pinned.why_not(hit.id, request)
        assert (answer.found, answer.place, answer.score, answer.total) == (True, place, hit.score, len(hits))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests())
def test_it_is_found_exactly_where_the_search_finds_it_and_always_by_what_is_left(
    archive: Archive, request_: SearchRequest
) -> None:
    with archive.pinned() as pinned:
        everything = pinned.search(parse_search(b"per_page=100&facets=none")).hits
        asked = parse_search(pinned_query(request_))
        ids = {hit.id for hit in pinned.search(parse_search(pinned_query(request_) + b"&per_page=100")).hits}
        for hit in everything:
            answer = pinned.why_not(hit.id, asked)
            assert answer.found == (hit.id in ids)
            unmet = [condition for condition in answer.conditions if not condition.met]
            if unmet:
                assert answer.place is not None


def pinned_query(request: SearchRequest) -> bytes:
    address = Addresses("api").search(request.on_page(1).without_shape())
    pairs = [
        pair for pair in urlsplit(address).query.split("&") if not pair.startswith(("cursor=", "per_page=", "page="))
    ]
    return "&".join(pairs).encode()


def test_an_address_names_an_article_and_an_unknown_one_is_an_error(archive: Archive) -> None:
    with archive.pinned() as pinned:
        assert pinned.why_not("http://www.news.example/1/", SearchRequest(q="flood")).id == "1"
        with pytest.raises(NotFound, match="neither by its id nor by its address"):
            pinned.why_not("https://news.example/2", SearchRequest(q="flood"))


def test_the_page_asks_says_and_leads_on(client: FlaskClient) -> None:
    site = client.application.extensions[EXTENSION]
    known = site.archive.search(SearchRequest()).hits[0]
    form = lxml_html.document_fromstring(client.get("/why-not?q=zebra&lang=en").text)
    assert [field.get("name") for field in form.cssselect(".why-not-form input")] == ["q", "lang", "article"]
    page = client.get("/why-not", query_string={"q": "zebra", "article": known.id})
    assert page.status_code == 200
    assert 'Does not meet <span dir="auto">the word “zebra”</span>' in page.text
    assert client.get("/why-not?q=zebra&article=none").status_code == 404
    assert client.get("/why-not?colour=red").status_code == 400
    results = lxml_html.document_fromstring(client.get("/search?q=zebra&section=News").text)
    assert any(link.get("href") == "/why-not?q=zebra&section=News" for link in results.cssselect("a"))


def test_the_endpoint_and_the_command_say_the_same(client: FlaskClient, tmp_path: Path) -> None:
    answer = json.loads(client.get("/api/v1/articles/1/why-not?q=zebra").data)
    assert answer["conditions"] == [
        {"text": "the word “zebra”", "met": False, "url": "/api/v1/search"},
    ]
    assert client.get("/api/v1/articles/none/why-not?q=zebra").status_code == 404
    (source := tmp_path / "a.jsonl").write_text('{"id": "1", "title": "Ferry", "body": "It runs."}\n', "utf-8")
    program, kept = CliRunner(), ["--index", str(tmp_path / "archive")]
    assert program.invoke(main, ["index", str(source), *kept]).exit_code == 0
    done = program.invoke(main, ["why-not", "1", "zebra", *kept])
    assert (done.exit_code, "lacks  the word “zebra”" in done.output) == (0, True)
    assert program.invoke(main, ["why-not", "2", "zebra", *kept]).exit_code == 1
