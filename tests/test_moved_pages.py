"""What is promised of addresses that change: an article moves with its page, and its old address leads to the new."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from followed_site import ids, moved_to
from news_pages import page, rss, serving, urlset
from web_servers import WebServer, fetcher_for, redirect, reply, web_server

from index.indexer import Indexer
from index.opening import Opened, open_for_filling
from index.report import Report
from index.sources import find_sources
from search.settings import Settings

Run = Callable[..., Report]


@pytest.fixture
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    place = tmp_path_factory.mktemp("moved")
    return open_for_filling(Settings.model_validate({"index": f"whoosh:{place / 'archive'}"}))


def run(opened: Opened, server: WebServer, start: str = "/map.xml", *, prune: bool = False, **options: Any) -> Report:
    with fetcher_for(server) as fetcher:
        sources = find_sources(server.url + start, fetcher=fetcher, state=opened.state, **options)
        indexer = Indexer(opened.engine, ledger=opened.ledger, state=opened.state)
        return indexer.run(sources, roots=[server.url + start] if prune else [], prune=prune)


@pytest.mark.parametrize("status", [301, 308])
def test_an_article_moves_with_its_page(opened: Opened, status: int) -> None:
    table: dict[str, Any] = {"/map.xml": urlset("/a", "/b"), "/a": page("A"), "/b": page("B")}
    with web_server(serving(table)) as server:
        run(opened, server)
        table |= {"/a": redirect("/new", status), "/new": page("A")}
        run(opened, server)
        assert ids(opened, server) == {"/new", "/b"}
        assert moved_to(opened, server, "/a") == "/new"
        table |= {"/map.xml": urlset("/new", "/b")}
        assert run(opened, server, prune=True).unchanged == 2
        assert (ids(opened, server), moved_to(opened, server, "/a")) == ({"/new", "/b"}, "/new")


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_redirect_for_now_moves_nothing(opened: Opened, status: int) -> None:
    table: dict[str, Any] = {"/map.xml": urlset("/a"), "/a": page("A"), "/b": page("B")}
    with web_server(serving(table)) as server:
        run(opened, server)
        run(opened, server, "/b")
        table |= {"/a": redirect("/b", status)}
        run(opened, server)
        assert ids(opened, server) == {"/a", "/b"}
        assert moved_to(opened, server, "/a") is None


def test_an_article_that_moves_twice_is_found_by_each_address(opened: Opened) -> None:
    table: dict[str, Any] = {"/map.xml": urlset("/a"), "/a": page("A")}
    with web_server(serving(table)) as server:
        run(opened, server)
        for before, now in (("/a", "/b"), ("/b", "/c")):
            table |= {before: redirect(now), now: page("A")}
            run(opened, server)
        assert ids(opened, server) == {"/c"}
        assert [moved_to(opened, server, path) for path in ("/a", "/b")] == ["/c", "/c"]


def test_an_article_moves_to_a_page_that_was_read_before(opened: Opened) -> None:
    table: dict[str, Any] = {"/map.xml": urlset("/a"), "/a": page("A"), "/new": page("A")}
    with web_server(serving(table)) as server:
        run(opened, server)
        run(opened, server, "/new")
        table |= {"/a": redirect("/new")}
        run(opened, server)
        assert (ids(opened, server), moved_to(opened, server, "/a")) == ({"/new"}, "/new")


def test_what_is_sent_to_one_page_for_all_has_not_moved_there(opened: Opened) -> None:
    paths = [f"/{number}" for number in range(9)]
    table: dict[str, Any] = {"/map.xml": urlset(*paths), **{path: page(f"Page {path}") for path in paths}}
    with web_server(serving(table)) as server:
        run(opened, server)
        table |= dict.fromkeys(paths, redirect("/closed")) | {"/closed": page("Closed")}
        for _ in range(3):
            run(opened, server)
        assert ids(opened, server) == {"/closed", *paths[1:]}, "one may have moved there, not all"


def test_nothing_moves_to_a_front_page(opened: Opened) -> None:
    table: dict[str, Any] = {"/map.xml": urlset("/a"), "/a": page("A"), "/": page("News")}
    with web_server(serving(table)) as server:
        run(opened, server)
        table |= {"/a": redirect("/")}
        run(opened, server)
        assert "/a" in ids(opened, server)
        assert moved_to(opened, server, "/a") is None


def test_an_article_goes_by_the_address_that_its_page_states_now(opened: Opened) -> None:
    table: dict[str, Any] = {"/map.xml": urlset("/a"), "/a": page("A"), "/b": page("B")}
    with web_server(serving(table)) as server:
        run(opened, server)
        run(opened, server, "/b")
        table |= {"/a": page("A", f"<link rel=canonical href='{server.url}/b'>")}
        run(opened, server)
        assert ids(opened, server) == {"/a", "/b"}, "a page does not do away with another by a word"
        table |= {"/a": page("A", f"<link rel=canonical href='{server.url}/story'>")}
        run(opened, server)
        assert (ids(opened, server), moved_to(opened, server, "/a")) == ({"/story", "/b"}, "/story")


@pytest.mark.parametrize("states_another", [True, False])
def test_a_page_that_fails_keeps_its_article_though_the_state_is_lost(opened: Opened, states_another: bool) -> None:
    table: dict[str, Any] = {"/map.xml": urlset("/a", "/b"), "/b": page("B")}
    with web_server(serving(table)) as server:
        table |= {"/a": page("A", f"<link rel=canonical href='{server.url}/story'>")}
        run(opened, server)
        if not states_another:  # it did, and does no more
            table |= {"/a": page("A")}
            run(opened, server, prune=True)
        held = ids(opened, server)
        assert held == {"/story" if states_another else "/a", "/b"}
        Path(opened.state.place).unlink()
        table |= {"/a": reply("it failed", 500)}
        report = run(opened, server, prune=True)
        assert (report.failed, report.deleted, ids(opened, server)) == (1, 0, held)


def test_an_article_with_an_id_of_its_own_keeps_it(opened: Opened, tmp_path_factory: pytest.TempPathFactory) -> None:
    table: dict[str, Any] = {"/map.xml": urlset("/a"), "/a": redirect("/new"), "/new": page("A")}
    export = tmp_path_factory.mktemp("export") / "a.jsonl"
    with web_server(serving(table)) as server:
        export.write_text(f'{{"id": "cms-7", "title": "A", "body": "Old.", "url": "{server.url}/a"}}\n', "utf-8")
        Indexer(opened.engine, ledger=opened.ledger, state=opened.state).run(find_sources(export))
        run(opened, server)
        assert ids(opened, server) == {"cms-7"}
        assert [moved_to(opened, server, path) for path in ("/a", "/new")] == ["cms-7", "cms-7"]


def test_the_page_behind_an_entry_of_a_feed_moves_the_article(opened: Opened) -> None:
    item = "<title>A</title><link>{}/a</link><description>Beginning …</description>"
    table: dict[str, Any] = {"/a": page("A")}
    with web_server(serving(table)) as server:
        table["/feed"] = reply(rss(item.format(server.url)))
        run(opened, server, "/feed", pages=True)
        table |= {"/a": redirect("/new"), "/new": page("A"), "/feed": reply(rss(item.format(server.url), head=" "))}
        run(opened, server, "/feed", pages=True)
        assert (ids(opened, server), moved_to(opened, server, "/a")) == ({"/new"}, "/new")


@pytest.mark.parametrize("status", [301, 302])
def test_a_source_that_has_moved_for_good_is_said_once_with_its_new_address(opened: Opened, status: int) -> None:
    table: dict[str, Any] = {
        "/map.xml": redirect("/sitemap.xml", status), "/sitemap.xml": urlset("/a"), "/a": page("A"),
        "/rss": redirect("/feed", status), "/feed": reply(rss("<title>B</title>"), etag='"1"'),
    }  # fmt: skip
    with web_server(serving(table)) as server:
        for start, new in (("/map.xml", "/sitemap.xml"), ("/rss", "/feed")):
            said = [[str(each) for each in run(opened, server, start).warnings] for _ in range(2)]
            once = [f"{server.url}{start}: has moved for good to {server.url}{new}; name that address in future"]
            assert said == [once if status == 301 else [], []]
