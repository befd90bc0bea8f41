"""One search in all its renderings: the same hits in the same order, and failures that lead on."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from itertools import pairwise
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from conftest import ARTICLES
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from webui import create_app

ATOM = "{http://www.w3.org/2005/Atom}"
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
ODD_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def client_of(*articles: Document) -> FlaskClient:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for article in articles:
            writer.add(article)
    return create_app(Settings(title="The Test Gazette"), engine).test_client()


def rows_of(client: FlaskClient, query: str) -> list[dict[str, str]]:
    text = client.get(f"/search.csv?{query}").data.decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def entries_of(client: FlaskClient, query: str) -> list[etree._Element]:
    return etree.fromstring(client.get(f"/search.atom?{query}").data).findall(f"{ATOM}entry")


def items_of(client: FlaskClient, query: str) -> list[dict]:
    return json.loads(client.get(f"/search.json?{query}").data)["items"]


@pytest.mark.parametrize("q", ["flood", "bridge OR river", "title:bridge", ""])
@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_every_rendering_finds_the_same_in_the_same_order(client: FlaskClient, q: str, sort: str) -> None:
    query = urlencode({"q": q, "sort": sort, "per_page": 50})
    answer = client.get(f"/api/v1/search?{query}").json
    titles = [hit["title"] for hit in answer["hits"]]
    assert titles
    assert [row["title"].removeprefix("'") for row in rows_of(client, query)] == titles
    assert [entry.findtext(f"{ATOM}title") for entry in entries_of(client, query)] == titles
    assert [item["title"] for item in items_of(client, query)] == titles
    page = lxml_html.document_fromstring(client.get(f"/search?{query}", follow_redirects=True).text)
    assert [" ".join(title.text_content().split()) for title in page.cssselect(".results .hit-title")] == titles


def test_a_feed_has_what_its_format_demands_of_every_entry(client: FlaskClient) -> None:
    feed = etree.fromstring(client.get("/search.atom?q=flood&per_page=50").data)
    assert RFC_3339.fullmatch(feed.findtext(f"{ATOM}updated") or "")
    assert feed.findtext(f"{OPENSEARCH}totalResults") == "23"
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    assert len(ids) == len(set(ids)) == 23
    for entry in feed.iter(f"{ATOM}entry"):
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", entry.findtext(f"{ATOM}id") or "")
        assert RFC_3339.fullmatch(entry.findtext(f"{ATOM}updated") or "")
        assert [link.get("href") for link in entry.iter(f"{ATOM}link") if link.get("rel") == "alternate"]


def test_pages_of_a_feed_follow_each_other_to_the_end(client: FlaskClient) -> None:
    address, titles, pages = "/search.atom?q=flood&per_page=10", [], 0
    while address:
        feed = etree.fromstring(client.get(address).data)
        titles += [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
        following = [link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "next"]
        address, pages = (following[0].removeprefix("http://localhost") if following else ""), pages + 1
    assert (len(titles), pages) == (23, 3)


def test_pages_of_a_json_feed_and_of_a_table_do_too(client: FlaskClient) -> None:
    address, items = "/search.json?q=flood&per_page=10", []
    while address:
        feed = json.loads(client.get(address).data)
        items += feed["items"]
        address = feed.get("next_url", "").removeprefix("http://localhost")
    assert len({item["id"] for item in items}) == len(items) == 23
    address, rows = "/search.csv?q=flood&per_page=10", 0
    while address:
        response = client.get(address)
        assert response.headers["Backfile-Total"] == "23"
        rows += response.text.count("\r\n") - 1
        found = re.search(r'<([^>]+)>; rel="next"', ", ".join(response.headers.getlist("Link")))
        address = found[1] if found else ""
    assert rows == 23


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(title=ODD_TEXT, summary=ODD_TEXT, author=ODD_TEXT, tag=ODD_TEXT)
def test_whatever_an_article_says_every_rendering_is_sound(title: str, summary: str, author: str, tag: str) -> None:
    client = client_of(
        Document("1", title, "A body with words.", summary, authors=(author,), tags=(tag,), published=date(2024, 7, 3))
    )
    (entry,) = entries_of(client, "q=words")
    allowed = re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", title)
    assert (entry.findtext(f"{ATOM}title") or "") == allowed.replace("\r\n", "\n").replace("\r", "\n") or "\r" in title
    (item,) = items_of(client, "q=words")
    assert item["title"] == title
    (row,) = rows_of(client, "q=words")
    assert row["title"].removeprefix("'").lstrip("'") == title.lstrip("'")
    assert not row["title"].startswith(("=", "+", "-", "@", "\t", "\r"))
    page = lxml_html.document_fromstring(client.get("/search?q=words").text)
    assert {script.get("type") for script in page.iter("script")} == {"module"}


def test_moments_at_the_ends_of_the_calendar_are_shown_everywhere() -> None:
    client = client_of(
        Document("1", "First", "words", published=date.min, modified=datetime.min.replace(tzinfo=UTC)),
        Document("2", "Last", "words", published=date.max, modified=datetime.max.replace(tzinfo=UTC)),
    )
    for path in ("/search", "/search.atom", "/search.json", "/search.csv", "/api/v1/search", "/", "/sitemap-1.xml"):
        assert client.get(f"{path}?q=words" if path.startswith(("/search", "/api")) else path).status_code == 200, path
    for id in ("1", "2"):  # noqa: A001 - an id is what it is
        assert client.get(f"/article/{id}").status_code == 200


# --- snippets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("q", ["flood", "river rose", '"old bridge"', "bri*", "fluod~", "brücke"])
def test_spans_of_a_snippet_hold_what_its_markup_marks(client: FlaskClient, q: str) -> None:
    hits = client.get("/api/v1/search?" + urlencode({"q": q, "per_page": 50})).json["hits"]
    assert hits
    for snippet in [snippet for hit in hits for snippet in hit["snippets"]]:
        spans = snippet["spans"]
        assert all(0 <= start < end <= len(snippet["text"]) for start, end in spans)
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
        marked = lxml_html.fragment_fromstring(snippet["html"], create_parent="div")
        assert marked.text_content() == snippet["text"]
        assert [mark.text for mark in marked.iter("mark")] == [snippet["text"][start:end] for start, end in spans]


def test_a_snippet_is_a_piece_of_what_the_article_says(client: FlaskClient) -> None:
    texts = {article.id: (article.body, article.summary) for article in ARTICLES}
    for hit in client.get("/api/v1/search?q=flood&per_page=50").json["hits"]:
        for snippet in hit["snippets"]:
            assert any(snippet["text"] in text for text in texts[hit["id"]])


def test_without_highlighting_there_is_no_markup(client: FlaskClient) -> None:
    for hit in client.get("/api/v1/search?q=flood&highlight=text").json["hits"]:
        assert all(not snippet["html"] for snippet in hit["snippets"])


# --- failures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "heading", "way_on"),
    [
        ("/article/the-old-bridge", "This article is not in the archive", "/search?q=the+old+bridge"),
        ("/nowhere/old_bridge/", "There is no such page", "/search?q=old+bridge"),
        ("/search?q=flood&colour=red", "The address is not valid", "/search?q=flood"),
        ("/search?q=flood&page=x&lang=en", "The address is not valid", "/search?q=flood&lang=en"),
        ("/search?q=date:soon+flood", "This query cannot be understood", "/search?q=soon+flood"),
    ],
)
def test_a_failure_names_what_is_wrong_and_a_way_that_works(
    client: FlaskClient, path: str, heading: str, way_on: str
) -> None:
    response = client.get(path)
    assert response.status_code in (400, 404)
    page = lxml_html.document_fromstring(response.text)
    assert " ".join(page.find(".//h1").text_content().split()) == heading
    ways = page.xpath("//main//a/@href")
    assert way_on in ways
    assert "/" in ways
    assert [client.get(way).status_code for way in ways] == [200] * len(ways)


@pytest.mark.parametrize("q", ["date:soon", "a^2 date:soon", "日本 date:soon", "x" * 200 + " date:soon"])
def test_a_query_that_is_refused_stands_in_the_box_with_its_fault_marked(client: FlaskClient, q: str) -> None:
    page = lxml_html.document_fromstring(client.get("/search?" + urlencode({"q": q})).text)
    box = page.get_element_by_id("q")
    assert box.get("value") == q
    assert box.get("aria-invalid") == "true"
    (mark,) = page.cssselect(".query-shown mark")
    assert mark.text == "s", "the day that is none begins there"


@pytest.mark.parametrize("path", ["/api/v1/search?q=date:soon", "/search.atom?q=date:soon", "/search.csv?q=date:soon"])
def test_programs_are_told_the_place_of_the_fault(client: FlaskClient, path: str) -> None:
    problem = json.loads(client.get(path).data)
    assert (problem["status"], problem["parameter"], problem["position"]) == (400, "q", len("date:"))
    assert problem["instance"] == urlsplit(path).path
    assert parse_qs(urlsplit(path).query)["q"] == ["date:soon"]
