"""What reading site maps promises: each page that they name is fetched once, and is an article or a reason."""

from __future__ import annotations

import gzip
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from news_pages import HTML, PROSE, index, page, urlset
from web_servers import Asked, WebServer, fetcher_for, redirect, reply, web_server

from index.article import Article, Skipped, Source, Withdrawal, lists_all, read_source
from index.indexer import Indexer
from index.sources import find_sources
from index.sources.files import open_data
from index.sources.recognition import is_site_map
from index.sources.site_map_file import MAX_ELEMENTS, Listed, read_site_map
from index.sources.site_visit import MAX_DEPTH, MAX_FAILURES
from index.sources.web_page import WebPage
from search.engines import open_engine
from search.errors import SourceError


def listed(data: str | bytes) -> list[Listed]:
    with open_data("map.xml", data.encode() if isinstance(data, str) else data) as source:
        return list(read_site_map(source, "map.xml"))


def read(source: Source) -> list[Article | Withdrawal | SourceError]:
    found: list[Any] = []
    try:
        found.extend(read_source(source))
    except SourceError as error:
        found.append(error)
    return found


def visit(table: Mapping[str, Any], start: str = "/map.xml", **options: Any) -> tuple[list[Any], WebServer]:
    """What a site map on a server gives; addresses in the table begin with HERE where they mean the server."""

    def respond(asked: Asked) -> bytes:
        answer = table.get(asked.path, reply("nothing here", 404))
        answer = answer(asked) if callable(answer) else answer
        here = f"http://{asked.headers['host']}".encode()
        if not isinstance(answer, bytes):
            return reply(answer.replace("HERE", here.decode()), **HTML)
        return answer.replace(b"HERE", here)

    with web_server(respond) as server, fetcher_for(server, **options) as fetcher:
        (source,) = find_sources(server.url + start, fetcher=fetcher)
        return read(source), server


def nowhere(host: str, _port: int) -> list[str]:
    """The addresses of hosts, where none but numbers are known."""
    if host.replace(".", "").isdigit():
        return [host]
    raise OSError("no such name")


def titles(found: list[Any]) -> list[str]:
    return [item.title for item in found if isinstance(item, Article)]


# --- what a site map lists


def test_addresses_and_their_dates_are_listed_whatever_the_namespace() -> None:
    data = urlset("https://x.example/a?b=1&amp;c=2", more="<lastmod>2024-07-03</lastmod><priority>1</priority>")
    expected = [Listed("https://x.example/a?b=1&c=2", "2024-07-03", {})]
    assert listed(data) == expected
    assert (
        listed(data.replace("www.sitemaps.org/schemas/sitemap/0.9", "www.google.com/schemas/sitemap/0.84")) == expected
    )
    assert listed(data.replace(' xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"', "")) == expected


def test_a_news_site_map_says_more() -> None:
    news = (
        "<news:news><news:publication><news:name>News</news:name><news:language>en</news:language></news:publication>"
        "<news:access>Subscription</news:access><news:genres>Blog, OpEd</news:genres>"
        "<news:keywords>a, b</news:keywords>"
        "<news:publication_date>2024-07-03T09:30:00Z</news:publication_date>"
        "<news:title>Ferry &amp; co</news:title></news:news>"
        "<image:image xmlns:image='i'><image:loc>https://x.example/i.png</image:loc><image:title>No</image:title></image:image>"
    )
    (row,) = listed(urlset("https://x.example/a", more=news))
    assert row.url == "https://x.example/a"
    assert row.news == {
        "language": "en", "access": "Subscription", "genres": "Blog, OpEd", "keywords": "a, b",
        "publication_date": "2024-07-03T09:30:00Z", "title": "Ferry & co",
    }  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_list_of_addresses_is_a_site_map(end: str) -> None:
    lines = [f"https://x.example/{number}/{'long' * 20}" for number in range(500)]
    data = ("\ufeff" + "\n".join(lines) + end).encode()
    assert is_site_map("", data[:8_192])
    assert [row.url for row in listed(data)] == lines


def test_a_compressed_site_map_is_read() -> None:
    assert len(listed(gzip.compress(urlset("https://x.example/a").encode()))) == 1


def test_a_site_map_that_breaks_off_gives_what_stood_before() -> None:
    data = urlset(*(f"https://x.example/{number}" for number in range(5000)))
    whole = data[:200_000].count("</url>")
    with open_data("map.xml", data[:200_000].encode()) as source:
        rows = read_site_map(source, "map.xml")
        assert len(list(islice(rows, whole))) == whole
        with pytest.raises(SourceError, match="breaks off"):
            next(rows)


@pytest.mark.parametrize("data", ["", "<html>", "https://x.example/a\nand prose", "<rss><channel/></rss>", "a,b\nc,d"])
def test_nothing_else_is_a_site_map(data: str) -> None:
    assert not is_site_map("", data.encode())


# --- hostile site maps


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("tr0ub4dor", "utf-8")
    names = "abcdefgh"
    rows = "".join(f'<!ENTITY {two} "{f"&{one};" * 10}">' for one, two in pairwise(names))
    declared = f'<!DOCTYPE urlset [<!ENTITY a "ha"><!ENTITY s SYSTEM "{(tmp_path / "secret").as_uri()}">{rows}]>'
    data = urlset("https://x.example/&h;&s;").replace("?>", f"?>{declared}", 1)
    try:
        found = repr(listed(data))
    except SourceError as error:
        found = str(error)
    assert len(found) < 10_000
    assert "tr0ub4dor" not in found


def test_an_entry_without_end_is_refused() -> None:
    with pytest.raises(SourceError, match="elements"):
        listed(urlset("https://x.example/a", more="<x/>" * (MAX_ELEMENTS + 1)))


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(SourceError, match="breaks off"):
        listed(urlset("https://x.example/a", more="<x>" * 100_000 + "</x>" * 100_000))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_site_map_gives_addresses_or_a_reason(data: st.DataObject) -> None:
    content = bytearray(urlset(*(f"https://x.example/{number}" for number in range(5))).encode())
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    try:
        rows = listed(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except SourceError:
        return
    assert all(isinstance(row.url, str) for row in rows)


# --- the pages


def test_each_page_of_a_site_map_is_an_article() -> None:
    table = {"/map.xml": urlset("HERE/a", "HERE/b"), "/a": page("A"), "/b": page("B")}
    found, server = visit(table)
    assert titles(found) == ["A", "B"]
    assert [article.url for article in found] == [f"{server.url}/a", f"{server.url}/b"]
    assert all(PROSE.strip() in article.body for article in found)


def test_what_a_news_site_map_says_comes_before_what_the_page_says() -> None:
    more = (
        "<news:news><news:publication><news:language>de</news:language></news:publication><news:genres>Opinion</news:genres>"
        "<news:keywords>ferry, winter</news:keywords>"
        "<news:publication_date>2024-07-03T09:30:00Z</news:publication_date>"
        "<news:title>As listed</news:title></news:news>"
    )
    (article,), _ = visit({"/map.xml": urlset("HERE/a", more=more), "/a": page("On the page")})
    assert (article.title, article.tags, article.type, article.language) == (
        "As listed",
        ("ferry", "winter"),
        "opinion",
        "de",
    )
    assert article.published == datetime(2024, 7, 3, 9, 30, tzinfo=UTC)


def test_a_record_has_its_page_with_it_and_is_read_in_another_process() -> None:
    with web_server(
        {"/map.xml": lambda asked: reply(urlset(f"http://{asked.headers['host']}/a")), "/a": reply(page("A"), **HTML)}
    ) as server:
        with fetcher_for(server) as fetcher:
            record, _ = find_sources(f"{server.url}/map.xml", fetcher=fetcher)[0].records()
        assert isinstance(record, WebPage)
        assert pickle.loads(pickle.dumps(record)).read().title == "A"  # noqa: S301


def test_a_page_that_is_listed_twice_is_fetched_once() -> None:
    table = {"/map.xml": index("HERE/1.xml", "HERE/2.xml", "HERE/1.xml"), "/1.xml": urlset("HERE/a", "HERE/a#x"),
             "/2.xml": urlset("HERE/a", "/b"), "/a": page("A"), "/b": page("B")}  # fmt: skip
    found, server = visit(table)
    assert titles(found) == ["A", "B"]
    assert server.paths() == ["/map.xml", "/1.xml", "/a", "/2.xml", "/b"]


def test_site_maps_that_name_each_other_end() -> None:
    found, server = visit(
        {"/map.xml": index("HERE/2.xml", "HERE/map.xml"), "/2.xml": index("HERE/map.xml", "HERE/2.xml")}
    )
    assert found == []
    assert len(server.paths()) <= 3


def test_site_maps_without_end_are_cut() -> None:
    found, server = visit(
        {"/map.xml": index("HERE/m/"), **{f"/m/{'x' * n}": index(f"HERE/m/{'x' * (n + 1)}") for n in range(9)}}
    )
    assert "without end" in found[-1].reason
    assert len(server.paths()) == MAX_DEPTH + 1


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (reply(status=404), "gone", "404 at the source"),
        (reply(status=410), "killed", "410 at the source"),
        (reply(page("A", "<meta name='robots' content='follow, NOINDEX'>"), **HTML), "gone", "noindex"),
        (reply(page("A", "<META content=none name=robots>"), **HTML), "gone", "noindex"),
        (reply(page("A"), x_robots_tag="noarchive, noindex", **HTML), "gone", "noindex"),
        (reply(b"%PDF-1.7", content_type="application/pdf"), "gone", "not an HTML page"),
        (reply(b"\x00\x01\x02"), "gone", "not an HTML page"),
    ],
)
def test_a_page_that_is_not_to_be_shown_is_withdrawn(answer: bytes, kind: str, reason: str) -> None:
    found, server = visit({"/map.xml": urlset("HERE/a", "HERE/b"), "/a": answer, "/b": page("B")})
    withdrawn, article = found
    assert isinstance(withdrawn, Withdrawal)
    assert (withdrawn.kind, withdrawn.reason) == (kind, reason)
    assert withdrawn.url == (None if reason == "not an HTML page" else f"{server.url}/a")
    assert article.title == "B"


@pytest.mark.parametrize("head", ["<meta name='robots' content='index, follow'>",
                                  "<meta name='googlebot' content='noindex'>",
                                  "<meta name='description' content='noindex, none'>"])  # fmt: skip
def test_a_page_that_does_not_say_noindex_to_us_is_read(head: str) -> None:
    found, _ = visit(
        {"/map.xml": urlset("HERE/a"), "/a": reply(page("A", head), x_robots_tag="otherbot: noindex", **HTML)}
    )
    assert titles(found) == ["A"]


def test_what_robots_txt_disallows_is_counted_and_not_withdrawn() -> None:
    table = {
        "/robots.txt": reply("User-agent: *\nDisallow: /a"),
        "/map.xml": urlset("HERE/a", "HERE/b"),
        "/b": page("B"),
    }
    (withdrawn, article), server = visit(table)
    assert (withdrawn.reason, withdrawn.url) == ("disallowed by robots.txt", None)
    assert (article.title, server.paths()) == ("B", ["/map.xml", "/b"])


def test_a_page_has_its_canonical_address_else_the_one_it_was_found_at() -> None:
    table = {
        "/map.xml": urlset("HERE/old", "HERE/copy"), "/old": redirect("/new"), "/new": page("A"),
        "/copy": page("B", "<link rel=canonical href='https://x.example/original'>"),
    }  # fmt: skip
    found, server = visit(table)
    assert [article.url for article in found] == [f"{server.url}/new", "https://x.example/original"]


def test_the_encoding_of_a_page_may_be_known_to_its_server_alone() -> None:
    body = page("Fähre").encode("cp1252")
    found, _ = visit({"/map.xml": urlset("HERE/a"), "/a": reply(body, content_type="text/html; charset=ISO-8859-1")})
    assert titles(found) == ["Fähre"]


def test_addresses_on_other_hosts_are_counted_and_not_asked_for() -> None:
    found, _ = visit(
        {"/map.xml": urlset("https://other.example/a", "https://other.example/b", "HERE/a"), "/a": page("A")}
    )
    assert titles(found) == ["A"]
    assert isinstance(found[-1], Skipped)
    assert found[-1].files == 2
    assert "other.example: 2" in found[-1].reason


def test_what_is_no_address_is_reported_and_the_next_goes_on() -> None:
    found, _ = visit({"/map.xml": urlset("http://[bad", "javascript:alert(1)", "HERE/a"), "/a": page("A")})
    assert [isinstance(item, SourceError) for item in found] == [True, True, False]


def test_a_failing_page_costs_only_itself() -> None:
    found, _ = visit({"/map.xml": urlset("HERE/a", "HERE/b"), "/a": reply("oh", 403), "/b": page("B")})
    assert "403" in found[0].reason
    assert titles(found) == ["B"]


def test_a_host_that_refuses_everything_is_left_alone() -> None:
    table = {"/map.xml": urlset(*(f"HERE/{number}" for number in range(500)))}
    found, server = visit({**table, **{f"/{number}": reply("no", 403) for number in range(500)}})
    assert len(server.paths()) == MAX_FAILURES + 2
    assert f"{500 - MAX_FAILURES - 1} pages of {server.place} were not asked for" in found[-1].reason


def test_a_host_that_dies_is_left_alone_soon() -> None:
    table = {"/map.xml": urlset(*(f"HERE/{number}" for number in range(500)))}
    found, server = visit({**table, **{f"/{number}": reply("oh", 500) for number in range(500)}})
    assert len(server.paths()) < 30
    assert "were not asked for" in found[-1].reason


@pytest.mark.parametrize("target", ["http://gone.invalid/x", "http://169.254.169.254/latest"])
def test_a_page_that_redirects_to_a_host_that_cannot_be_asked_costs_only_itself(target: str) -> None:
    table = {
        "/map.xml": urlset(*(f"HERE/{name}" for name in ("a", "lost", "b"))), "/a": page("A"), "/b": page("B"),
        "/lost": redirect(target),
    }  # fmt: skip
    found, server = visit(table, resolve=nowhere)
    assert titles(found) == ["A", "B"]
    assert [item.origin for item in found if isinstance(item, SourceError)] == [f"{server.url}/lost"]
    assert f"redirects to {target}" in found[1].reason


def test_a_page_that_redirects_to_a_host_that_cannot_be_asked_is_not_pruned() -> None:
    table = {"/map.xml": reply(urlset("/a", "/b")), "/a": reply(page("A"), **HTML), "/b": reply(page("B"), **HTML)}
    indexer = Indexer(open_engine("memory:"))
    with web_server(table) as server, fetcher_for(server, resolve=nowhere) as fetcher:
        location = f"{server.url}/map.xml"
        assert indexer.run(find_sources(location, fetcher=fetcher)).added == 2
        table["/b"] = redirect("http://gone.invalid/x")
        report = indexer.run(find_sources(location, fetcher=fetcher), roots=[location], prune=True)
    assert (report.deleted, report.failed) == (0, 1)


def test_only_a_news_site_map_lists_the_newest_alone() -> None:
    news = "<news:news><news:title>T</news:title></news:news>"
    for more, everything in ((news, False), ("", True)):
        with (
            web_server({"/map.xml": reply(urlset("/a", more=more)), "/a": reply(page("A"), **HTML)}) as server,
            fetcher_for(server) as fetcher,
        ):
            (source,) = find_sources(f"{server.url}/map.xml", fetcher=fetcher)
            read(source)
            assert lists_all(source) is everything


# --- site maps on the disk


def test_a_site_map_on_the_disk_that_is_named_has_its_pages_fetched(tmp_path: Path) -> None:
    with web_server({"/a": reply(page("A"), **HTML)}) as server, fetcher_for(server) as fetcher:
        (tmp_path / "map.xml").write_text(urlset(f"{server.url}/a"), "utf-8")
        (source,) = find_sources(tmp_path / "map.xml", fetcher=fetcher)
        assert titles(read(source)) == ["A"]


def test_a_site_map_in_a_folder_asks_nobody(tmp_path: Path) -> None:
    with web_server({"/a": reply(page("A"), **HTML)}) as server, fetcher_for(server) as fetcher:
        (tmp_path / "sitemap.xml").write_text(urlset(f"{server.url}/a"), "utf-8")
        (error,) = read(find_sources(tmp_path, fetcher=fetcher)[0])
        assert isinstance(error, Skipped)
        assert server.asked == []


def test_without_a_client_a_site_map_says_that_it_needs_one(tmp_path: Path) -> None:
    (tmp_path / "map.txt").write_text("https://x.example/a\n", "utf-8")
    (error,) = read(find_sources(tmp_path / "map.txt")[0])
    assert "fetches nothing" in str(error)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "pages", "news"),
    [("sitemap.xml", 125, 0), ("article-sitemap.xml", 118, 0), ("news-sitemap.xml", 117, 117),
     ("soul-news-sitemap.xml", 3, 3)],
)  # fmt: skip
def test_the_site_maps_of_the_collection_are_read(shared: Path, name: str, pages: int, news: int) -> None:
    rows = listed((shared / "corpora" / "sitemaps" / name).read_bytes())
    assert (len(rows), sum("title" in row.news for row in rows)) == (pages, news)
    assert all(row.url.startswith("https://") for row in rows)
