"""Searches as feeds and tables, and the documents by which browsers and crawlers find their way."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime

import feedparser
import pytest
from conftest import ARTICLES
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from webui import create_app

ATOM = {"a": "http://www.w3.org/2005/Atom", "os": "http://a9.com/-/spec/opensearch/1.1/"}


def atom(client: FlaskClient, address: str) -> etree._Element:
    response = client.get(address)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/atom+xml; charset=utf-8"
    return etree.fromstring(response.data)


def text(element: etree._Element, path: str) -> list[str]:
    return [str(found.text) for found in element.findall(path, ATOM)]


def rows(client: FlaskClient, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.status_code == 200, response.text
    assert response.content_type == "text/csv; charset=utf-8; header=present"
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def test_an_atom_feed_holds_what_the_format_demands(client: FlaskClient) -> None:
    feed = atom(client, "/search.atom?q=flood")
    for required in ("a:id", "a:title", "a:updated", "a:author/a:name"):
        assert len(text(feed, required)) == 1, required
    entries = feed.findall("a:entry", ATOM)
    assert entries
    identities = text(feed, "a:entry/a:id")
    assert len(identities) == len(set(identities)) == len(entries)
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", identity) for identity in identities)
    for stamp in text(feed, ".//a:updated") + text(feed, ".//a:published"):
        assert datetime.fromisoformat(stamp).tzinfo is not None
    for entry in entries:
        assert entry.find("a:link[@rel='alternate']", ATOM) is not None
        assert text(entry, "a:summary")[0]


def test_an_atom_feed_counts_and_pages(client: FlaskClient) -> None:
    feed = atom(client, "/search.atom?q=flood&per_page=5&page=2")
    assert text(feed, "os:itemsPerPage") == ["5"]
    assert text(feed, "os:startIndex") == ["6"]
    assert int(text(feed, "os:totalResults")[0]) > 10
    query = feed.find("os:Query", ATOM)
    assert query is not None
    assert query.get("searchTerms") == "flood"
    relations = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
    assert relations["next"] == "http://localhost/search.atom?q=flood&sort=newest&page=3&per_page=5"
    assert relations["alternate"].startswith("http://localhost/search?q=flood")
    assert relations.keys() >= {"self", "first", "previous", "next", "last", "search"}


def test_a_feed_is_newest_first_unless_another_order_is_asked_for(client: FlaskClient) -> None:
    dates = [item.get("date_published", "") for item in json.loads(client.get("/search.json?q=flood").data)["items"]]
    assert dates == sorted(dates, reverse=True)
    oldest = json.loads(client.get("/search.json?q=flood&sort=oldest").data)["items"]
    assert oldest[0]["date_published"].startswith("2021")


def test_entries_keep_their_identity_wherever_the_site_moves(client: FlaskClient) -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    moved = create_app(Settings(public_url="https://elsewhere.example/press"), engine).test_client()
    one, two = atom(client, "/search.atom?q=flood"), atom(moved, "/search.atom?q=flood")
    assert text(one, "a:entry/a:id") == text(two, "a:entry/a:id")
    links = [link.get("href") for link in two.findall("a:link", ATOM)]
    assert all(str(link).startswith("https://elsewhere.example/press/") for link in links)


def test_an_empty_feed_is_still_a_feed(client: FlaskClient) -> None:
    feed = atom(client, "/search.atom?q=zzzzzz")
    assert text(feed, "os:totalResults") == ["0"]
    assert text(feed, "a:updated")[0]


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        writer.add(Document("\x01", "Form\x0cfeed \x1b[31m \uffff", "body", "sum\x08mary", authors=("A\x00B",)))
    feed = atom(create_app(Settings(title="T"), engine).test_client(), "/search.atom?q=body%01")
    assert text(feed, "a:entry/a:title") == ["Formfeed [31m "]
    assert text(feed, "a:entry/a:author/a:name") == ["AB"]


def test_a_reader_of_feeds_reads_rss_as_it_reads_atom(client: FlaskClient) -> None:
    response = client.get("/search.rss?q=flood&per_page=5&page=2")
    assert response.content_type == "application/rss+xml; charset=utf-8"
    feed = feedparser.parse(response.data)
    other = feedparser.parse(client.get("/search.atom?q=flood&per_page=5&page=2").data)
    assert (feed.version, feed.bozo) == ("rss20", False)
    assert feed.feed.title == other.feed.title == "The Test Gazette: flood"
    assert feed.feed.link == "http://localhost/search?q=flood&sort=newest"
    for name in ("totalresults", "itemsperpage", "startindex"):
        assert feed.feed[f"opensearch_{name}"] == other.feed[f"opensearch_{name}"]
    links = {link.rel: link.href for link in feed.feed.links}
    assert links["next"] == "http://localhost/search.rss?q=flood&sort=newest&page=3&per_page=5"
    assert links["self"] == "http://localhost/search.rss?q=flood&sort=newest&page=2&per_page=5"
    for one, two in zip(feed.entries, other.entries, strict=True):
        assert (one.id, one.title, one.link) == (two.id, two.title, two.link)
        assert one.get("published_parsed") == two.get("published_parsed")


@pytest.mark.parametrize("hostile", ["</title></item>", "]]> & &amp;", "<!ENTITY b SYSTEM 'file:///etc/passwd'>&b;"])
def test_hostile_text_comes_out_of_rss_as_it_went_in(hostile: str) -> None:
    client = site_over(Document("1", hostile, "body", hostile, authors=(hostile,), tags=(hostile,), language="en"))
    root = etree.fromstring(client.get("/search.rss").data)
    [item] = root.findall("channel/item")
    assert (item.findtext("title"), item.findtext("description")) == (hostile, hostile)
    assert (item.findtext("category"), item.find("pubDate")) == (hostile, None)


def test_pages_and_browsers_are_told_of_every_feed(client: FlaskClient) -> None:
    page = client.get("/search?q=flood").text
    for kind in ("atom", "rss"):
        assert f'type="application/{kind}+xml" title=' in page
        assert f"/search.{kind}?q={{searchTerms}}" in client.get("/opensearch.xml").text


def test_a_json_feed_holds_what_the_format_demands(client: FlaskClient) -> None:
    response = client.get("/search.json?q=flood&per_page=5")
    assert response.content_type == "application/feed+json"
    feed = json.loads(response.data)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"].startswith("http://localhost/search.json?q=flood")
    assert feed["home_page_url"].startswith("http://localhost/search?q=flood")
    assert len(feed["items"]) == 5
    first = next(item for item in feed["items"] if item["title"] == "Flood closes the old bridge")
    assert first["url"].startswith("http://localhost/article/1")
    assert first["external_url"] == "https://news.example/2024/flood"
    assert first["authors"] == [{"name": "Mélanie Doe"}]
    assert first["content_text"]
    following = json.loads(client.get(feed["next_url"]).data)
    assert not {item["id"] for item in feed["items"]} & {item["id"] for item in following["items"]}


def test_a_table_has_a_row_for_each_hit(client: FlaskClient) -> None:
    table = rows(client, "/search.csv")
    assert len(table) == len(ARTICLES)
    flood = next(row for row in table if row["id"] == "1")
    assert (flood["sections"], flood["tags"], flood["language"]) == ("News > Local", "river; weather", "en")
    assert client.get("/search.csv").headers["Backfile-Total"] == str(len(ARTICLES))


def test_no_cell_of_a_table_is_a_formula(client: FlaskClient) -> None:
    cold = next(row for row in rows(client, "/search.csv?q=cold") if row["id"] == "5")
    assert cold["title"].startswith("'-1 degrees: =SUM(A1)")
    assert cold["summary"] == '\'=HYPERLINK("x")'
    assert (cold["authors"], cold["tags"]) == ("'@handle", "'+plus")
    for row in rows(client, "/search.csv"):
        assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in row.values())


def test_a_table_names_the_next_page(client: FlaskClient) -> None:
    links = client.get("/search.csv?per_page=10").headers.getlist("Link")
    assert '</search.csv?page=2&per_page=10>; rel="next"; type="text/csv"' in links


@pytest.mark.parametrize("path", ["/search.atom", "/search.rss", "/search.json", "/search.csv"])
def test_feeds_answer_304_and_refuse_like_the_endpoint(client: FlaskClient, path: str) -> None:
    tag = client.get(f"{path}?q=flood").headers["ETag"]
    assert client.get(f"{path}?q=flood", headers={"If-None-Match": tag}).status_code == 304
    refused = client.get(f"{path}?colour=red")
    assert (refused.status_code, refused.content_type) == (400, "application/problem+json")


def test_the_description_document_names_every_template(client: FlaskClient) -> None:
    response = client.get("/opensearch.xml")
    assert response.content_type == "application/opensearchdescription+xml"
    root = etree.fromstring(response.data)
    namespace = {"os": ATOM["os"]}
    name = root.findtext("os:ShortName", namespaces=namespace)
    assert name is not None
    assert 0 < len(name) <= 16
    templates = {url.get("type"): str(url.get("template")) for url in root.findall("os:Url", namespace)}
    for kind in ("text/html", "application/atom+xml", "application/x-suggestions+json"):
        address = templates[kind].replace("{searchTerms}", "flood").replace("{startPage?}", "").replace("{count?}", "")
        response = client.get(address.removeprefix("http://localhost"), follow_redirects=True)
        assert response.status_code == 200
        assert response.content_type.startswith(kind)


def test_crawlers_may_read_articles_and_no_searches(client: FlaskClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /search", "Disallow: /api/"} <= set(lines)
    assert not any("/article" in line for line in lines)
    assert "# For agents: http://localhost/llms.txt" in lines


def test_a_feed_is_named_after_its_search(app: Flask) -> None:
    client = app.test_client()
    assert json.loads(client.get("/search.json?q=flood&lang=en").data)["title"] == "The Test Gazette: flood, English"
    assert json.loads(client.get("/search.json").data)["title"] == "The Test Gazette"


# Hostile articles

HOSTILE = (
    "</title></entry></feed><script>alert(1)</script>",
    "]]> & &amp; <![CDATA[ x ]]>",
    "&#0; &#x8; \u202egnirts\u202c \u2028 \ud7ff \ufdd0",
    '"; DROP TABLE articles; --',
    "line\r\none\ttwo",
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;",
    "\U0001f469\u200d\U0001f4bb " * 40,
)


def site_over(*documents: Document) -> FlaskClient:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for document in documents:
            writer.add(document)
    return create_app(Settings(title="A <b>&\"' Gazette"), engine).test_client()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_comes_out_of_every_feed_as_it_went_in(hostile: str) -> None:
    client = site_over(Document("1", hostile, "body", hostile, authors=(hostile,), tags=(hostile,), language="en"))
    feed = atom(client, "/search.atom")
    # A parser of XML turns every line end into one character: https://www.w3.org/TR/xml/#sec-line-ends
    expected = hostile.replace("\r\n", "\n")
    assert [title.replace("\r\n", "\n") for title in text(feed, "a:entry/a:title")] == [expected]
    assert [name.replace("\r\n", "\n") for name in text(feed, "a:entry/a:author/a:name")] == [expected]
    assert len(feed.findall(".//a:entry", ATOM)) == 1
    (item,) = json.loads(client.get("/search.json").data)["items"]
    assert (item["title"], item["summary"], item["authors"], item["tags"]) == (
        hostile, hostile, [{"name": hostile}], [hostile],
    )  # fmt: skip
    (row,) = rows(client, "/search.csv")
    assert row["title"] == hostile
    assert row["authors"] == hostile


def test_the_title_of_a_feed_holds_the_query_as_text() -> None:
    client = site_over(Document("1", "Flood", "body"))
    query = "%3C/title%3E+%26+%22x%22"
    expected = 'A <b>&"\' Gazette: </title> & "x"'
    assert text(atom(client, f"/search.atom?q={query}"), "a:title") == [expected]
    assert json.loads(client.get(f"/search.json?q={query}").data)["title"] == expected
    found = atom(client, f"/search.atom?q={query}").find("os:Query", ATOM)
    assert found is not None
    assert found.get("searchTerms") == '</title> & "x"'


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//[", 'https://news.example/a b?c=<d>&e="f"', "not an address"]
)
def test_an_odd_address_breaks_no_feed(url: str) -> None:
    client = site_over(Document("1", "Flood", "body", url=url))
    assert len(atom(client, "/search.atom").findall("a:entry", ATOM)) == 1
    for link in atom(client, "/search.atom").findall("a:entry/a:link", ATOM):
        assert str(link.get("href")).startswith(("http://", "https://"))
    (item,) = json.loads(client.get("/search.json").data)["items"]
    assert item["url"].startswith("http://localhost/article/")
    assert item.get("external_url", "https://").startswith(("http://", "https://"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "=cmd|' /C calc'!A0", "@SUM(1)", "-1+1"])
@pytest.mark.parametrize("column", ["title", "summary", "authors", "tags", "sections"])
def test_no_text_of_an_article_begins_a_formula(start: str, column: str) -> None:
    values: dict[str, object] = {"title": "Flood", "body": "body"}
    values[column] = (start,) if column in ("authors", "tags", "sections") else start
    (row,) = rows(site_over(Document("1", **values)), "/search.csv")  # type: ignore[arg-type]
    assert row[column] == "'" + start


def test_an_id_and_an_address_begin_no_formula_either() -> None:
    (row,) = rows(site_over(Document("=1+1", "Flood", "body", url="https://news.example/=a")), "/search.csv")
    assert row["id"] == "'=1+1"
    assert row["url"] == "https://news.example/=a"


def test_quotes_commas_and_line_ends_stay_in_their_cell() -> None:
    odd = 'a "b", c\r\nd\n"'
    (row,) = rows(site_over(Document("1", odd, "body", odd, tags=("x, y", 'z"'))), "/search.csv")
    assert (row["title"], row["summary"], row["tags"]) == (odd, odd, 'x, y; z"')


def test_an_article_without_anything_but_text_has_every_cell_and_member() -> None:
    client = site_over(Document("1", "", "Only text is here."))
    (row,) = rows(client, "/search.csv")
    assert (row["published"], row["authors"], row["url"]) == ("", "", "")
    feed = atom(client, "/search.atom")
    assert text(feed, "a:entry/a:updated") == ["1970-01-01T00:00:00Z"]
    assert text(feed, "a:entry/a:published") == []
    (item,) = json.loads(client.get("/search.json").data)["items"]
    assert item["content_text"]
    assert not {"date_published", "external_url", "authors", "tags"} & item.keys()


def test_a_feed_says_when_its_newest_article_changed(client: FlaskClient) -> None:
    feed = atom(client, "/search.atom?q=bridge")
    assert text(feed, "a:updated") == [max(text(feed, "a:entry/a:updated"))]


def test_a_table_keeps_the_order_that_is_asked_for(client: FlaskClient) -> None:
    by_match = rows(client, "/search.csv?q=flood")
    assert [float(row["score"]) for row in by_match] == sorted((float(row["score"]) for row in by_match), reverse=True)
    oldest = [row["published"] for row in rows(client, "/search.csv?q=flood&sort=oldest") if row["published"]]
    assert oldest == sorted(oldest)
