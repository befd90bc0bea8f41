"""What reading addresses promises: what is there is recognised by its content, and a site by what it offers."""

from __future__ import annotations

import gzip
import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from news_pages import HTML, PROSE, index, page, rss, urlset
from test_source_sitemaps import read, titles
from web_servers import Asked, WebServer, fetcher_for, reply, web_server

from index.article import Article
from index.fetching import USER_AGENT, Fetcher
from index.sources import find_sources
from index.sources.reading import Reading
from search.commands import main
from search.errors import SourceError

FEED_LINK = "<link rel='alternate' type='application/rss+xml' href='/feed'>"


def visit(table: Mapping[str, Any], start: str = "/", **options: Any) -> tuple[list[Any], WebServer, list[str]]:
    """What is at an address of a server: the articles and errors, the server, and what was said."""

    def respond(asked: Asked) -> bytes:
        answer = table.get(asked.path, reply("nothing here", 404))
        if isinstance(answer, bytes):
            return answer
        return reply(answer.replace("HERE", f"http://{asked.headers['host']}"), **HTML)

    said: list[str] = []
    with web_server(respond) as server, fetcher_for(server) as fetcher:
        found = find_sources(
            server.url + start, fetcher=fetcher, say=lambda origin, text: said.append(f"{origin}: {text}"), **options
        )
        return [item for source in found for item in read(source)], server, said


# --- one address


def test_a_feed_is_read() -> None:
    found, server, said = visit({"/feed": rss("<title>A</title><link>/a</link>", "<title>B</title>")}, "/feed")
    assert titles(found) == ["A", "B"]
    assert found[0].url == f"{server.url}/a"
    assert (server.paths(), said) == (["/feed"], [])


def test_a_compressed_file_is_recognised_too() -> None:
    found, _, _ = visit({"/f.xml.gz": reply(gzip.compress(rss("<title>A</title>").encode()))}, "/f.xml.gz")
    assert titles(found) == ["A"]


def test_a_json_feed_is_read() -> None:
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "A"}]})
    assert titles(visit({"/feed.json": feed}, "/feed.json")[0]) == ["A"]


def test_a_page_is_read_alone() -> None:
    found, server, _ = visit({"/2024/a": page("A", FEED_LINK), "/feed": rss("<title>B</title>")}, "/2024/a")
    assert titles(found) == ["A"]
    assert (found[0].url, server.paths()) == (f"{server.url}/2024/a", ["/2024/a"])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(status=404), "answered 404"),
        (reply(status=410), "answered 410"),
        (reply(b"PK\x03\x04"), "of no known kind"),
        (reply(""), "of no known kind"),
        (reply(b"\x1f\x8b" + b"\xff" * 30), "of no known kind"),
        (reply(status=403), "answered 403"),
    ],
)
def test_what_cannot_be_used_is_reported(answer: bytes, reason: str) -> None:
    (error,), server, _ = visit({"/x": answer}, "/x")
    assert isinstance(error, SourceError)
    assert reason in error.reason
    assert error.origin == f"{server.url}/x"


def test_without_a_client_nothing_is_asked_for() -> None:
    with web_server({}) as server:
        (error,) = read(find_sources(f"{server.url}/feed.xml")[0])
        assert "fetches nothing" in str(error)
        assert server.asked == []


# --- a site


def test_a_site_is_read_by_the_site_maps_that_its_robots_txt_names() -> None:
    table = {
        "/robots.txt": "Sitemap: HERE/gone.xml\nSitemap: HERE/1.xml\nSitemap: HERE/2.xml", "/": page("Home", FEED_LINK),
        "/1.xml": urlset("HERE/a"), "/2.xml": index("HERE/3.xml"), "/3.xml": urlset("HERE/b"), "/a": page("A"),
        "/b": page("B"), "/feed": rss("<title>F</title>"),
    }  # fmt: skip
    found, server, (said,) = visit(table)
    assert titles(found) == ["A", "B"]
    assert said == f"{server.url}/: the front page of a site; its articles are found by its site map"


def test_a_site_map_at_the_usual_place_needs_no_mention() -> None:
    found, _, _ = visit({"/": page("Home", FEED_LINK), "/sitemap.xml": urlset("HERE/a"), "/a": page("A")})
    assert titles(found) == ["A"]


def test_a_site_without_a_site_map_is_read_by_its_feed() -> None:
    table = {
        "/": page("Home", FEED_LINK),
        "/feed": rss("<title>F</title>"),
        "/sitemap.xml": page("Not found, politely"),
    }
    found, _, (said,) = visit(table)
    assert titles(found) == ["F"]
    assert "the feed that it links" in said


def test_a_site_that_offers_nothing_is_its_front_page() -> None:
    found, _, (said,) = visit({"/": page("Home")})
    assert titles(found) == ["Home"]
    assert "read alone" in said


# --- feeds with excerpts


EXCERPT = (
    "<title>Listed</title><link>HERE/a</link><guid isPermaLink='false'>17</guid><category>sea</category>"
    "<description>Only…</description>"
)


def test_the_pages_of_excerpts_are_fetched_on_request() -> None:
    table = {"/feed": rss(EXCERPT), "/a": page("On the page")}
    (short,), server, _ = visit(table, "/feed")
    assert (short.body, server.paths()) == ("Only…", ["/feed"])
    (whole,), server, _ = visit(table, "/feed", pages=True)
    assert (whole.title, whole.tags, whole.url) == ("Listed", ("sea",), f"{server.url}/a")
    assert PROSE.strip() in whole.body
    assert whole.guid == "17"


def test_a_whole_entry_needs_no_page() -> None:
    whole = EXCERPT + f"<content:encoded>{PROSE}</content:encoded>"
    found, server, _ = visit({"/feed": rss(whole), "/a": page("A")}, "/feed", pages=True)
    assert (titles(found), server.paths()) == (["Listed"], ["/feed"])


def test_an_excerpt_does_not_take_the_place_of_a_page_that_failed() -> None:
    found, _, _ = visit({"/feed": rss(EXCERPT), "/a": reply("oh", 403)}, "/feed", pages=True)
    assert [type(item) for item in found] == [type(found[0])]
    assert isinstance(found[0], SourceError)


def test_an_excerpt_stands_where_robots_txt_disallows_its_page() -> None:
    table = {"/robots.txt": "User-agent: *\nDisallow: /a", "/feed": rss(EXCERPT), "/a": page("A")}
    found, _, _ = visit(table, "/feed", pages=True)
    assert [item.body for item in found if isinstance(item, Article)] == ["Only…"]


# --- the run


def test_a_way_to_read_stays_in_its_process_without_its_client() -> None:
    with Fetcher() as fetcher:
        reading = Reading(ZoneInfo("UTC"), "/root", {"a": "b"}, fetcher=fetcher, pages=True, say=lambda *_: None)
        sent = pickle.loads(pickle.dumps(reading))  # noqa: S301
    assert sent == Reading(ZoneInfo("UTC"), "/root", {"a": "b"})


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    env = {f"BACKFILE_{name.upper()}": value for name, value in {"fetch_per_second": "1000", **environment}.items()}
    result = CliRunner().invoke(main, ["index", *arguments], env=env, catch_exceptions=False)
    return result.exit_code, result.output


def test_the_command_indexes_an_address_as_the_settings_say(tmp_path: Path) -> None:
    table = {"/feed": reply(rss("<title>A</title><link>https://x.example/a</link>"))}
    with web_server(table) as server:
        arguments = (f"{server.url}/feed", "--index", str(tmp_path / "archive"))
        code, output = run(*arguments)
        assert code == 3
        assert f"add '{server.place}' to the setting fetch_allow" in output
        code, output = run(*arguments, fetch_allow=server.place, user_agent="News/1 (news@x.example)")
        assert (code, output.startswith("added 1, changed 0")) == (0, True)
        assert {asked.headers["user-agent"] for asked in server.asked} == {"News/1 (news@x.example)"}
        code, output = run(*arguments, fetch_allow="127.0.0.1")
        assert "added 0, changed 0, unchanged 1" in output
        assert server.asked[-1].headers["user-agent"] == USER_AGENT


def test_articles_that_have_left_a_feed_are_not_pruned(tmp_path: Path) -> None:
    items = ["<title>A</title><link>https://x.example/a</link>", "<title>B</title><link>https://x.example/b</link>"]
    with web_server({"/feed": lambda _: reply(rss(*items))}) as server:
        arguments = (f"{server.url}/feed", "--index", str(tmp_path / "archive"), "--prune")
        run(*arguments, fetch_allow=server.place)
        items.pop(0)
        output = run(*arguments, fetch_allow=server.place)[1]
        assert "only the newest articles" in output
        assert "deleted 0" in output


def test_pages_that_have_left_a_site_map_are_pruned_if_they_are_gone(tmp_path: Path) -> None:
    pages = ["/a", "/b"]
    answers = {"/b": reply(page("B"), **HTML)}
    table = {"/map": lambda _: reply(urlset(*pages)), "/a": reply(page("A"), **HTML), "/b": lambda _: answers["/b"]}
    with web_server(table) as server:
        arguments = (f"{server.url}/map", "--index", str(tmp_path / "archive"), "--prune")
        assert "added 2" in run(*arguments, fetch_allow=server.place)[1]
        pages.pop()
        answers["/b"] = reply(status=404)
        assert "unchanged 1, deleted 1" in run(*arguments, fetch_allow=server.place)[1]


def test_a_page_that_is_gone_goes_from_the_index(tmp_path: Path) -> None:
    answers = {"/a": reply(page("A"), **HTML), "/b": reply(page("B"), **HTML)}
    with web_server(
        {"/map": reply(urlset("/a", "/b")), **{path: lambda asked: answers[asked.path] for path in answers}}
    ) as server:
        arguments = (f"{server.url}/map", "--index", str(tmp_path / "archive"))
        run(*arguments, fetch_allow=server.place)
        answers["/b"] = reply(status=404)
        assert "unchanged 1, deleted 1, failed 0" in run(*arguments, fetch_allow=server.place)[1]


@pytest.mark.parametrize("address", ["http://me:s3cret@x.example/", "http://[bad", "https://", "gopher://x.example/"])
def test_an_address_that_cannot_be_one_is_a_mistake_of_the_command(address: str, tmp_path: Path) -> None:
    code, output = run(address, "--index", str(tmp_path / "archive"))
    assert code == 2
    assert "s3cret" not in output
