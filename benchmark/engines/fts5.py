"""SQLite's FTS5: ranking by its bm25 with weights, snippets by its snippet, counts by grouping the matching rows.

Section, month and day stand in a table beside the index, as a site on SQLite would keep them.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmark.articles import instant_of, month_of, section_of
from benchmark.engines.base import SECTIONS, TEXT, WEIGHTS, Answer, Output, text_of
from benchmark.queries import Question
from search.document import Document

CACHE_KIB: Final = 262_144
MAPPED_BYTES: Final = 1 << 34
SNIPPET_TOKENS: Final = 40
"""What comes to some 250 characters."""
_TOKENIZER: Final = "porter unicode61 remove_diacritics 2"
_FILE: Final = "articles.sqlite"
_RANK: Final = f"bm25({', '.join(map(str, WEIGHTS))})"


class Fts5Indexing:
    """See `benchmark.engines.base.Indexing`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._database = _connect(folder)
        self._database.execute(f"CREATE VIRTUAL TABLE text USING fts5({', '.join(TEXT)}, tokenize = '{_TOKENIZER}')")
        self._database.execute("INSERT INTO text(text, rank) VALUES ('rank', ?)", (_RANK,))
        self._database.execute(
            "CREATE TABLE article"
            "(number INTEGER PRIMARY KEY, id TEXT, section TEXT, month INTEGER, day TEXT, html TEXT)"
        )
        self._number = 0

    def add(self, documents: Sequence[Document]) -> None:
        numbers = range(self._number, self._number + len(documents))
        self._number += len(documents)
        marks = ", ".join("?" * (len(TEXT) + 1))
        self._database.executemany(
            f"INSERT INTO text(rowid, {', '.join(TEXT)}) VALUES ({marks})",  # noqa: S608 - names of this module
            [
                (n, *(text_of(document, field) for field in TEXT))
                for n, document in zip(numbers, documents, strict=True)
            ],
        )
        self._database.executemany(
            "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?)",
            [(n, *_columns(document)) for n, document in zip(numbers, documents, strict=True)],
        )

    def commit(self) -> None:
        self._database.execute("CREATE INDEX by_section ON article(section, month)")
        self._database.execute("CREATE INDEX by_day ON article(day)")
        self._database.commit()
        self._database.close()

    def settle(self) -> None:
        """Nothing goes on after the commit."""


class Fts5Searching:
    """See `benchmark.engines.base.Searching`."""

    def __init__(self, folder: Path) -> None:
        self._database = _connect(folder)
        weakref.finalize(self, self._database.close)

    def answer(self, question: Question, output: Output) -> Answer:
        condition, values = _condition(question)
        ids, snippets = self._top(question, condition, values, marked=output == "page")
        if output == "top":
            total = self._all(f"SELECT count(*) FROM {_source(question)} WHERE {condition}", values)[0][0]  # noqa: S608
            return Answer(total, ids)
        sections: Counter[str] = Counter()
        months: Counter[int] = Counter()
        for section, month, count in self._groups(question, condition, values):
            sections[section] += count
            months[month] += count
        return Answer(sections.total(), ids, len(sections.most_common(SECTIONS)), len(months), snippets)

    def _top(
        self, question: Question, condition: str, values: list[Any], *, marked: bool
    ) -> tuple[tuple[str, ...], int]:
        """The ten best. Asked for by rank alone, FTS5 sorts before it makes snippets or looks up articles."""
        if question.shape == "everything":
            found = self._all(
                "SELECT number, substr(body, 1, 250) FROM article JOIN text ON text.rowid = number LIMIT 10"
            )
        else:
            column = f"snippet(text, 3, '<b>', '</b>', '…', {SNIPPET_TOKENS})" if marked else "1"
            order = f"FROM text WHERE {condition} ORDER BY rank LIMIT 10"
            found = self._all(f"SELECT rowid, {column} {order}", values)
        lookup = "SELECT id, title FROM article JOIN text ON text.rowid = number WHERE number = ?"
        stored = [self._all(lookup, [number])[0] for number, _ in found]
        return tuple(name for name, _ in stored), sum(bool(text) for _, text in found) if marked else 0

    def _groups(self, question: Question, condition: str, values: list[Any]) -> Iterator[tuple[str, int, int]]:
        """One pass over the matching rows gives sections, months and the total at once."""
        source = "article" if question.shape == "everything" else "text JOIN article ON number = text.rowid"
        yield from self._all(
            f"SELECT section, month, count(*) FROM {source} WHERE {condition} GROUP BY section, month",  # noqa: S608
            values,
        )

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        return self._database.execute(statement, values).fetchall()


@dataclass(frozen=True, slots=True)
class _Fts5:
    label: str = "SQLite FTS5"
    workers: tuple[int, ...] = (1,)
    most: int | None = None
    why_most: str = ""

    def version(self) -> str:
        return sqlite3.sqlite_version

    def index(self, folder: Path, workers: int) -> Fts5Indexing:
        del workers
        return Fts5Indexing(folder)

    def optimize(self, folder: Path) -> bool:
        database = _connect(folder)
        database.execute("INSERT INTO text(text) VALUES ('optimize')")
        database.commit()
        database.close()
        return True

    def search(self, folder: Path) -> Fts5Searching:
        return Fts5Searching(folder)

    def lacks(self, question: Question, output: Output) -> str | None:
        del output
        return "FTS5 has no fuzzy search" if question.shape == "fuzzy" else None


def _connect(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / _FILE)
    database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    database.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
    return database


def _columns(document: Document) -> tuple[Any, ...]:
    published = instant_of(document)
    day = published.date().isoformat() if published else None
    return document.id, section_of(document), month_of(document.published), day, document.html


def _source(question: Question) -> str:
    return "article" if question.shape == "everything" else "text"


def _condition(question: Question) -> tuple[str, list[Any]]:
    if question.shape == "everything":
        return "1", []
    conditions, values = ["text MATCH ?"], [_matched(question)]
    # The plus keeps SQLite from looking up every row of the section in the index instead of the matches in the section.
    if question.section:
        conditions.append("+text.rowid IN (SELECT number FROM article WHERE section = ?)")
        values.append(question.section)
    if question.start and question.end:
        conditions.append("+text.rowid IN (SELECT number FROM article WHERE day BETWEEN ? AND ?)")
        values += [question.start.isoformat(), question.end.isoformat()]
    return " AND ".join(conditions), values


def _matched(question: Question) -> str:
    match question.shape:
        case "phrase":
            return f'"{" ".join(question.words)}"'
        case "prefix":
            return f'"{question.words[0]}" *'
        case "any":
            return " OR ".join(f'"{word}"' for word in question.words)
        case _:
            return " AND ".join(f'"{word}"' for word in question.words)


ENGINE: Final = _Fts5()
