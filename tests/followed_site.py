"""A news site with a site map, and an archive that follows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from news_pages import page, serving, urlset
from web_servers import WebServer, fetcher_for, web_server

from index.indexer import Indexer
from index.opening import Opened, open_for_filling
from index.report import Report
from index.sources import find_sources
from search.settings import Settings

PATHS = [f"/{number}" for number in range(9)]


def ids(opened: Opened, server: WebServer) -> set[str]:
    """The articles of the server, by the path of their ids."""
    with opened.engine.searcher() as searcher:
        return {name.removeprefix(f"{server.place}") for name in (each.id for each in searcher.articles())}


def moved_to(opened: Opened, server: WebServer, path: str) -> str | None:
    """The path to which an address leads by now."""
    found = opened.ledger.moved_to(f"{server.place}{path}")
    return found and found.removeprefix(server.place)


class Site:
    """A site with a site map, and an archive that follows it; `table` has the answers, and `now` is the time."""

    def __init__(self, opened: Opened, server: WebServer, table: dict[str, Any]) -> None:
        self.opened = opened
        self.server = server
        self.table = table
        self.now = datetime(2026, 7, 1, tzinfo=UTC)

    def show(self, *paths: str) -> None:
        """Has pages, and lists them all."""
        self.table |= {path: page(f"Page {path}") for path in paths}
        self.list(*paths)

    def list(self, *paths: str) -> None:
        self.table["/map.xml"] = urlset(*paths)

    def sync(self, *others: WebServer, prune: bool = True, **options: Any) -> Report:
        """Brings the archive into step."""
        self.server.asked.clear()
        start = f"{self.server.url}/map.xml"
        with fetcher_for(self.server, *others) as fetcher:
            sources = find_sources(start, fetcher=fetcher, state=self.opened.state)
            indexer = Indexer(
                self.opened.engine, ledger=self.opened.ledger, state=self.opened.state, clock=lambda: self.now
            )
            return indexer.run(sources, roots=[start] if prune else [], prune=prune, **options)

    def ids(self) -> set[str]:
        return ids(self.opened, self.server)


def nine_pages(place: Path) -> Iterator[Site]:
    """A site of nine pages, all of them in the archive."""
    opened = open_for_filling(Settings.model_validate({"index": f"whoosh:{place / 'archive'}"}))
    table: dict[str, Any] = {}
    with web_server(serving(table)) as server:
        site = Site(opened, server, table)
        site.show(*PATHS)
        assert site.sync().added == len(PATHS)
        yield site
