"""What the benchmark asks of an engine, and the table of those it knows.

The same article becomes the same fields everywhere: title, headings, summary, body, author and tags as searched text
with positions and English stemming; the section and the date to filter and count by; and the whole article stored.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol, cast

from benchmark.queries import Question
from search.document import Document
from search.ranking import FIELD_WEIGHTS

Output = Literal["top", "counts", "page"]
OUTPUTS: Final[dict[Output, str]] = {
    "top": "top ten",
    "counts": "with counts",
    "page": "with counts and snippets",
}
"""What is asked for: the ten best and the number of hits; then, of all hits, the counts by section and by month;
then a snippet of each of the ten."""

TEXT: Final = ("title", "headings", "summary", "body", "author", "tags")
WEIGHTS: Final = tuple(FIELD_WEIGHTS[field] for field in TEXT)
SECTIONS: Final = 10
"""Sections counted for an answer, the most frequent ones."""
SNIPPET_CHARACTERS: Final = 250


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, enough to see that the work was done: `sections` and `buckets` count the values counted."""

    total: int
    ids: tuple[str, ...]
    sections: int = 0
    buckets: int = 0
    snippets: int = 0


class Indexing(Protocol):
    """An index being built from nothing."""

    def add(self, documents: Sequence[Document]) -> None: ...

    def commit(self) -> None:
        """Makes everything durable and searchable."""
        ...

    def settle(self) -> None:
        """Waits for work that goes on after the commit."""
        ...


class Searching(Protocol):
    """An index open for questions."""

    def answer(self, question: Question, output: Output) -> Answer:
        """Puts the question into the engine's own terms and answers it; everything here is measured."""
        ...


class Engine(Protocol):
    """One engine. `workers`: the numbers of processes or threads it can index with.

    `most`: the largest archive it is asked to index, None for no limit; `why_most` is the reason.
    """

    label: str
    workers: tuple[int, ...]
    most: int | None
    why_most: str

    def version(self) -> str: ...

    def index(self, folder: Path, workers: int) -> Indexing: ...

    def optimize(self, folder: Path) -> bool:
        """Merges everything into one segment; False if there is no way to ask for it."""
        ...

    def search(self, folder: Path) -> Searching: ...

    def lacks(self, question: Question, output: Output) -> str | None:
        """Why the engine is not asked this; None if it is."""
        ...


ENGINES: Final[dict[str, str]] = {
    "backfile": "benchmark.engines.backfile",
    "tantivy": "benchmark.engines.tantivy",
    "fts5": "benchmark.engines.fts5",
    "whoosh": "benchmark.engines.whoosh",
    "bm25s": "benchmark.engines.bm25s",
}
"""Modules, each with an `ENGINE`. Nothing is imported before it is asked for, since peers are optional."""


def engine_named(name: str) -> Engine:
    """Raises ImportError if the library behind it is not installed."""
    return cast(Engine, importlib.import_module(ENGINES[name]).ENGINE)


def is_installed(name: str) -> bool:
    """Whether the library behind the engine can be imported."""
    try:
        engine_named(name)
    except ImportError:
        return False
    return True


def text_of(document: Document, field: str) -> str:
    """A text field as one string, for engines that keep no lists."""
    return "\n".join(values_of(document, field))


def values_of(document: Document, field: str) -> Sequence[str]:
    """The values of a text field."""
    match field:
        case "headings":
            return [heading.text for heading in document.headings]
        case "author":
            return document.authors
        case "tags":
            return document.tags
        case _:
            return [getattr(document, field)]
