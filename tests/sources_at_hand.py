"""Sources for the indexer whose articles are at hand, and what a run makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archives import stamps_of

from index.article import Article, Record
from index.indexer import Indexer
from index.report import Report
from search.engines.protocols import Engine
from search.errors import SourceError


class Given:
    """A source whose articles are at hand; `then` is raised after them."""

    def __init__(self, name: str, *items: Record | SourceError, then: BaseException | None = None) -> None:
        self.name = name
        self._items = items
        self._then = then

    @property
    def size(self) -> int:
        return len(self._items)

    def records(self) -> Iterator[Record | SourceError]:
        yield from self._items
        if self._then:
            raise self._then


def article(name: str, title: str = "A title", **changes: object) -> Article:
    """An article with some other facts."""
    return replace(Article(f"{name}.jsonl:1", title, f"Text of {name}.", id=name), **changes)  # type: ignore[arg-type]


def run(engine: Engine, *sources: Given, batch: int = 10_000, **options: object) -> Report:
    """What a run makes of the sources."""
    return Indexer(engine, batch=batch).run(sources, **options)  # type: ignore[arg-type]


def ids(engine: Engine) -> list[str]:
    """The ids of the articles that an index has."""
    with engine.searcher() as searcher:
        return sorted(stamps_of(searcher))
