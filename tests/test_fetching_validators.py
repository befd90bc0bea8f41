"""What remembering answers promises: a later run asks only for what has changed, after a broken one for the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_source_feeds import rss
from test_source_sitemaps import HTML, page, read, titles, urlset
from web_servers import Asked, WebServer, fetcher_for, reply, web_server

from index.article import lists_all
from index.fetching.validators import MemoryValidators, SqliteValidators, Validator, Validators
from index.sources import find_sources


class Site:
    """A site whose pages have an ETag each; `pages` may be changed between runs, as may `dates` in its site map."""

    def __init__(self) -> None:
        self.pages = {"/a": "A", "/b": "B"}
        self.dates = {"/a": "", "/b": ""}

    def answer(self, asked: Asked) -> bytes:
        if asked.path == "/map":
            rows = "".join(
                f"<url><loc>{path}</loc><lastmod>{date}</lastmod></url>" for path, date in self.dates.items()
            )
            return reply(urlset().replace("</urlset>", f"{rows}</urlset>"))
        title = self.pages.get(asked.path)
        if title is None:
            return reply(status=404)
        if asked.headers.get("if-none-match") == f'"{title}"':
            return reply(status=304)
        body = rss(f"<title>{title}</title>") if asked.path == "/feed" else page(title)
        return reply(body, etag=f'"{title}"', **HTML)


def visit(server: WebServer, path: str, validators: Validators) -> tuple[list[str], list[str], bool]:
    """The titles that a run reads, what it asks for, and whether what is not listed is gone."""
    server.asked.clear()
    with fetcher_for(server) as fetcher:
        (source,) = find_sources(server.url + path, fetcher=fetcher, validators=validators)
        found: list[Any] = read(source)
        return titles(found), server.paths(), lists_all(source)


def test_only_pages_that_have_changed_are_read_again() -> None:
    site, validators = Site(), MemoryValidators()
    with web_server(site.answer) as server:
        assert visit(server, "/map", validators) == (["A", "B"], ["/map", "/a", "/b"], True)
        assert visit(server, "/map", validators) == ([], ["/map", "/a", "/b"], False)
        site.pages["/b"] = "B2"
        assert visit(server, "/map", validators)[0] == ["B2"]


def test_a_page_with_the_same_date_in_the_site_map_is_not_asked_for() -> None:
    site, validators = Site(), MemoryValidators()
    site.dates = {"/a": "2024-07-03", "/b": "2024-07-03"}
    with web_server(site.answer) as server:
        assert visit(server, "/map", validators)[0] == ["A", "B"]
        assert visit(server, "/map", validators)[:2] == ([], ["/map"])
        site.dates["/a"], site.pages["/a"] = "2024-07-04", "A2"
        assert visit(server, "/map", validators)[:2] == (["A2"], ["/map", "/a"])
        site.dates["/b"] = "2024-07-05"  # touched, and the same
        assert visit(server, "/map", validators)[:2] == ([], ["/map", "/b"])
        assert visit(server, "/map", validators)[:2] == ([], ["/map"])


def test_a_feed_that_has_not_changed_is_not_read_again() -> None:
    site, validators = Site(), MemoryValidators()
    site.pages["/feed"] = "F"
    with web_server(site.answer) as server:
        assert visit(server, "/feed", validators)[0] == ["F"]
        assert visit(server, "/feed", validators) == ([], ["/feed"], False)
        site.pages["/feed"] = "F2"
        assert visit(server, "/feed", validators)[0] == ["F2"]


def test_a_page_that_failed_is_asked_for_again() -> None:
    site, validators = Site(), MemoryValidators()
    del site.pages["/b"]
    with web_server(site.answer) as server:
        assert visit(server, "/map", validators)[0] == ["A"]
        site.pages["/b"] = "B"
        assert visit(server, "/map", validators)[0] == ["B"]


def test_what_was_kept_is_there_in_the_next_run_and_what_was_not_is_not(tmp_path: Path) -> None:
    site = Site()
    with web_server(site.answer) as server:
        for expected, keeps in ((["A", "B"], False), (["A", "B"], True), ([], False)):
            validators = SqliteValidators(tmp_path / "state.sqlite")
            assert visit(server, "/map", validators)[0] == expected
            if keeps:
                validators.keep()
            validators.close()


@pytest.mark.parametrize("value", ["x" * 2_000, "naïve", "a\x7fb"])
def test_a_validator_that_cannot_be_sent_is_not_kept(value: str) -> None:
    validators = MemoryValidators()
    table = {"/a": reply(page("A"), etag=value, **HTML), "/map": reply(urlset("/a"))}
    with web_server(table) as server:
        visit(server, "/map", validators)
        assert validators.get(f"{server.url}/a") == Validator()
        assert visit(server, "/map", validators)[0] == ["A"]
