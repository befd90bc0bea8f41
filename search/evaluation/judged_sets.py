"""Judged sets: folders of documents and queries, and people's judgements of which answers which.

A set is a folder with `docs.jsonl` (id, title, text), `queries.jsonl` (id, text) and `qrels.tsv`
(query, 0, document, grade between tabs or spaces, as TREC writes it). Relevance is binary: a grade above 0.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from search.document import Document
from search.errors import SourceError

MAX_NAMED: Final = 5
"""Unknown ids that a message names."""

Parts = Literal["all", "text", "title"]
"""What is taken of each document: title and text; the text without its title; or the title alone, as a text without a
title. The last two turn a set into one of articles without titles, the very last into one of short ones."""

PARTS: Final[tuple[Parts, ...]] = get_args(Parts)


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """A set as it was read. `queries` are those with at least one relevant document, in the order of the file;
    `relevant` has the ids of these documents, by query."""

    name: str
    documents: tuple[Document, ...]
    queries: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]


def read_judged_set(folder: Path, *, language: str = "en", parts: Parts = "all", words: int | None = None) -> JudgedSet:
    """Reads the set in a folder, in memory as a whole. `words`: take only so many of each text, from its beginning.

    Raises SourceError for a set that cannot be read, that has no judged query or none of the parts, or whose judgements
    name queries or documents that it does not have: these could never be found, and would count as missed.
    """
    relevant = _judgements(folder / "qrels.tsv")
    asked = read_queries(folder)
    if not relevant.keys() & asked.keys():
        raise SourceError(str(folder), "no query of queries.jsonl has a relevant document in qrels.tsv")
    _refuse_unknown(folder, "queries", relevant.keys() - asked.keys(), "queries.jsonl")
    documents = tuple(_document(path, row, language, parts, words) for path, row in _rows(folder, "docs.jsonl"))
    known = {document.id for document in documents}
    _refuse_unknown(folder, "documents", frozenset[str]().union(*relevant.values()) - known, "docs.jsonl")
    if not any(document.title or document.body for document in documents):
        raise SourceError(str(folder), f"no document has a {parts if parts == 'title' else 'title or text'}")
    queries = {query: text for query, text in asked.items() if query in relevant}
    return JudgedSet(folder.name, documents, queries, relevant)


def json_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file in JSON Lines. Raises SourceError that names the line."""
    for number, line in enumerate(text_lines(path), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path}:{number}", f"is not JSON ({error})") from error
        if not isinstance(row, dict):
            raise SourceError(f"{path}:{number}", "is not a JSON object")
        yield row


def text_lines(path: Path) -> Iterator[str]:
    """The lines of a file in UTF-8 that are not blank. Raises SourceError."""
    try:
        with path.open(encoding="utf-8") as stream:
            yield from (line for line in stream if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(str(path), f"cannot be read ({error})") from error


def text_under(row: Mapping[str, Any], key: str, path: Path) -> str:
    """The text under a key of a row. Raises SourceError that names the file if there is none."""
    value = row.get(key)
    if not isinstance(value, str):
        raise SourceError(str(path), f"a line has no text under {key!r}")
    return value


def _rows(folder: Path, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    path = folder / name
    return ((path, row) for row in json_rows(path))


def _document(path: Path, row: Mapping[str, Any], language: str, parts: Parts, words: int | None) -> Document:
    name, text = text_under(row, "id", path), text_under(row, "text", path)
    title = text_under(row, "title", path) if "title" in row else ""
    if parts == "text":
        title = ""
    elif parts == "title":
        title, text = "", title
    if words is not None:
        text = " ".join(text.split()[:words])
    return Document(name, title, text, language=language)


def read_qrels(path: Path) -> Iterator[tuple[str, str, bool]]:
    """Of each judgement in a file, the query, the document and whether it is relevant. Raises SourceError."""
    for number, line in enumerate(text_lines(path), 1):
        parts = line.split()
        try:
            query, _, document, grade = parts
            relevant = int(grade) > 0
        except ValueError as error:
            raise SourceError(f"{path}:{number}", "write query, 0, document and grade between tabs") from error
        yield query, document, relevant


def read_queries(folder: Path) -> Mapping[str, str]:
    """The text of each query in a folder's `queries.jsonl`, by its id. Raises SourceError."""
    return {text_under(row, "id", path): text_under(row, "text", path) for path, row in _rows(folder, "queries.jsonl")}


def _judgements(path: Path) -> Mapping[str, frozenset[str]]:
    relevant: dict[str, set[str]] = {}
    for query, document, is_relevant in read_qrels(path):
        if is_relevant:
            relevant.setdefault(query, set()).add(document)
    return {query: frozenset(documents) for query, documents in relevant.items()}


def _refuse_unknown(folder: Path, kind: str, unknown: Collection[str], file: str) -> None:
    if unknown:
        named = ", ".join(map(repr, sorted(unknown)[:MAX_NAMED])) + (", …" if len(unknown) > MAX_NAMED else "")
        raise SourceError(
            str(folder / "qrels.tsv"), f"names {len(unknown):,} {kind} that {file} does not have: {named}"
        )
