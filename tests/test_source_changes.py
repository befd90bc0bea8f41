"""What later runs over addresses promise: they ask only for what has changed, and the index equals the site after."""

from __future__ import annotations

from pathlib import Path

import pytest
from news_pages import HTML, page, rss, urlset
from web_servers import Asked, WebServer, fetcher_for, reply, web_server

from index.indexer import Indexer
from index.report import Report
from index.sources import find_sources
from index.state import State
from search.engines import open_engine
from search.engines.protocols import Engine


class Site:
    """A site whose pages have an ETag each; `pages` may be changed between runs, as may `dates` in its site map."""

    def __init__(self) -> None:
        self.pages = {"/a": "A", "/b": "B"}
        self.dates = {"/a": "", "/b": ""}
        self.canonical: dict[str, str] = {}
        """What the head of a page says besides."""

    def answer(self, asked: Asked) -> bytes:
        if asked.path == "/map":
            rows = [f"<url><loc>{path}</loc><lastmod>{date}</lastmod></url>" for path, date in self.dates.items()]
            return reply(urlset().replace("</urlset>", f"{''.join(rows)}</urlset>"))
        title = self.pages.get(asked.path)
        if title is None:
            return reply(status=404)
        if asked.headers.get("if-none-match") == f'"{title}"':
            return reply(status=304)
        body = (
            rss(f"<title>{title}</title><link>/a</link>")
            if asked.path == "/feed"
            else page(title, self.canonical.get(asked.path, ""))
        )
        return reply(body, etag=f'"{title}"', **HTML)


class Archive:
    """An index, and its state, which outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = State(str(folder / "archive.state"))
        self.engine: Engine = open_engine("memory:")

    def run(self, server: WebServer, path: str, *, prune: bool = False, rebuild: bool = False) -> Report:
        """Indexes an address; `server.asked` are the requests of this run."""
        server.asked.clear()
        with fetcher_for(server) as fetcher:
            sources = find_sources(server.url + path, fetcher=fetcher, state=self.state)
            indexer = Indexer(self.engine, state=self.state)
            return indexer.run(sources, roots=[server.url + path], prune=prune, rebuild=rebuild)

    def titles(self) -> list[str]:
        with self.engine.searcher() as searcher:
            return sorted(document.title for document in searcher.articles())


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.deleted


def test_only_pages_that_have_changed_are_read_again(archive: Archive) -> None:
    site = Site()
    with web_server(site.answer) as server:
        assert counts(archive.run(server, "/map")) == (2, 0, 0, 0)
        assert counts(archive.run(server, "/map")) == (0, 0, 2, 0)
        assert [asked.headers.get("if-none-match") for asked in server.asked[2:]] == ['"A"', '"B"']
        site.pages["/b"] = "B2"
        assert counts(archive.run(server, "/map")) == (0, 1, 1, 0)
        assert archive.titles() == ["A", "B2"]


def test_a_page_with_the_same_date_in_the_site_map_is_not_asked_for(archive: Archive) -> None:
    site = Site()
    site.dates = {"/a": "2024-07-03", "/b": "2024-07-03"}
    with web_server(site.answer) as server:
        archive.run(server, "/map")
        assert counts(archive.run(server, "/map")) == (0, 0, 2, 0)
        assert server.paths() == ["/map"]
        site.dates["/a"], site.pages["/a"] = "2024-07-04", "A2"
        assert counts(archive.run(server, "/map")) == (0, 1, 1, 0)
        assert server.paths() == ["/map", "/a"]
        site.dates["/b"] = "2024-07-05"  # touched, and the same
        assert counts(archive.run(server, "/map")) == (0, 0, 2, 0)
        archive.run(server, "/map")
        assert server.paths() == ["/map"]


@pytest.mark.parametrize("date", ["", "2024-07-03"])
@pytest.mark.parametrize("moves", [False, True])
def test_a_page_whose_article_has_another_address_is_not_read_again(archive: Archive, date: str, moves: bool) -> None:
    site = Site()
    site.dates = {"/a": date, "/b": date}
    with web_server(site.answer) as server:
        if moves:
            archive.run(server, "/map")
            site.dates["/a"], site.pages["/a"] = date and "2024-07-04", "A2"
        site.canonical["/a"] = "<link rel=canonical href='https://x.example/story'>"
        archive.run(server, "/map")
        with archive.engine.searcher() as searcher:
            assert searcher.document("x.example/story") is not None
        for _ in range(2):
            assert counts(archive.run(server, "/map", prune=True)) == (0, 0, 2, 0)
            tags = [asked.headers.get("if-none-match") for asked in server.asked if asked.path in site.pages]
            assert tags == ([] if date else [f'"{site.pages["/a"]}"', '"B"'])
        site.dates["/a"] = date and "2024-07-05"  # touched, and the same
        assert counts(archive.run(server, "/map", prune=True)) == (0, 0, 2, 0)
        site.dates["/a"], site.pages["/a"] = date and "2024-07-06", "A3"
        assert counts(archive.run(server, "/map", prune=True)) == (0, 1, 1, 0)
        assert archive.titles() == ["A3", "B"]


def test_a_page_whose_article_has_an_id_of_its_own_is_not_read_again(archive: Archive, tmp_path: Path) -> None:
    site = Site()
    with web_server(site.answer) as server:
        line = f'{{"id": "cms-7", "title": "A", "body": "Old.", "url": "{server.url}/a"}}\n'
        (tmp_path / "export.jsonl").write_text(line, "utf-8")
        Indexer(archive.engine, state=archive.state).run(find_sources(tmp_path / "export.jsonl"))
        archive.run(server, "/map")
        assert counts(archive.run(server, "/map", prune=True)) == (0, 0, 2, 0)
        assert [asked.headers.get("if-none-match") for asked in server.asked[2:]] == ['"A"', '"B"']


def test_a_page_that_fails_keeps_its_article_whatever_its_address(archive: Archive) -> None:
    site = Site()
    failing: list[str] = []

    def answer(asked: Asked) -> bytes:
        return reply("no", 403) if asked.path in failing else site.answer(asked)

    with web_server(answer) as server:
        site.canonical["/a"] = f"<link rel=canonical href='{server.url}/story'>"  # where there is nothing
        archive.run(server, "/map")
        failing.append("/a")
        for _ in range(2):
            assert counts(archive.run(server, "/map", prune=True)) == (0, 0, 1, 0)
            assert "/story" not in server.paths()
        failing.clear()
        assert counts(archive.run(server, "/map", prune=True)) == (0, 0, 2, 0)
        assert archive.titles() == ["A", "B"]


def test_a_page_whose_article_is_gone_is_read_again_whatever_its_address(archive: Archive) -> None:
    site = Site()
    site.canonical["/a"] = "<link rel=canonical href='https://x.example/story'>"
    with web_server(site.answer) as server:
        archive.run(server, "/map")
        with archive.engine.writer() as writer:
            writer.delete("x.example/story")
        assert counts(archive.run(server, "/map")) == (1, 0, 1, 0)


def test_pages_that_were_not_asked_for_are_not_pruned_and_others_are(archive: Archive) -> None:
    site = Site()
    site.dates = {"/a": "2024-07-03", "/b": "2024-07-03"}
    with web_server(site.answer) as server:
        archive.run(server, "/map")
        del site.dates["/b"], site.pages["/b"]
        assert counts(archive.run(server, "/map", prune=True)) == (0, 0, 1, 1)
        assert archive.titles() == ["A"]


def test_a_page_that_is_gone_and_comes_back_is_read_again(archive: Archive) -> None:
    site = Site()
    with web_server(site.answer) as server:
        archive.run(server, "/map")
        del site.pages["/b"]
        assert counts(archive.run(server, "/map")) == (0, 0, 1, 1)
        site.pages["/b"] = "B"
        assert counts(archive.run(server, "/map")) == (1, 0, 1, 0)


def test_what_the_index_does_not_have_is_asked_for_whatever_is_remembered(archive: Archive) -> None:
    site = Site()
    site.dates = {"/a": "2024-07-03", "/b": "2024-07-03"}
    site.pages["/feed"] = "F"
    with web_server(site.answer) as server:
        archive.run(server, "/map")
        archive.engine = open_engine("memory:")
        assert counts(archive.run(server, "/map")) == (2, 0, 0, 0)
        archive.run(server, "/feed")
        archive.engine = open_engine("memory:")
        assert counts(archive.run(server, "/feed")) == (1, 0, 0, 0)


def test_a_rebuild_reads_everything(archive: Archive) -> None:
    site = Site()
    site.dates = {"/a": "2024-07-03", "/b": "2024-07-03"}
    with web_server(site.answer) as server:
        archive.run(server, "/map")
        archive.run(server, "/map", rebuild=True)
        assert server.paths() == ["/map", "/a", "/b"]
        assert archive.titles() == ["A", "B"]


def test_a_page_that_could_not_be_read_is_asked_for_again(archive: Archive) -> None:
    empty = {"/map": reply(urlset("/a")), "/a": reply("<html><head></head><body></body></html>", etag='"1"', **HTML)}
    with web_server(empty) as server:
        for _ in range(2):
            assert archive.run(server, "/map").failed == 1
            assert "if-none-match" not in server.asked[-1].headers


def test_a_feed_that_has_not_changed_is_not_read_again(archive: Archive) -> None:
    site = Site()
    site.pages["/feed"] = "F"
    with web_server(site.answer) as server:
        assert counts(archive.run(server, "/feed")) == (1, 0, 0, 0)
        assert counts(archive.run(server, "/feed")) == (0, 0, 1, 0)
        assert server.asked[-1].headers["if-none-match"] == '"F"'
        site.pages["/feed"] = "F2"
        assert counts(archive.run(server, "/feed")) == (0, 1, 0, 0)


@pytest.mark.parametrize("value", ["x" * 2_000, "naïve", "a\x7fb"])
def test_a_validator_that_cannot_be_sent_is_not_used(archive: Archive, value: str) -> None:
    with web_server({"/a": reply(page("A"), etag=value, **HTML), "/map": reply(urlset("/a"))}) as server:
        for _ in range(2):
            archive.run(server, "/map")
        assert "if-none-match" not in server.asked[-1].headers
        assert archive.titles() == ["A"]
