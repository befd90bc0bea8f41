"""Judgements of an archive as files that other programs read: a judged set, whose judgements are as TREC has them.

https://trec.nist.gov/data/qrels_eng/: query, 0, document and grade. A name there has no white space, so that of an
article that has some is percent-encoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from search.document import Document
from search.errors import RequestError, SourceError
from search.evaluation.judged_sets import read_qrels, read_queries
from search.judging import normalised
from search.ledger.judgements import MAX_JUDGEMENTS, Judgement

QRELS: Final = "qrels.tsv"
QUERIES: Final = "queries.jsonl"
DOCUMENTS: Final = "docs.jsonl"

_ODD: Final = re.compile(r"[\s%\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Written:
    """What a folder got: how many queries and judgements, and documents, if these were asked for."""

    queries: int
    judgements: int
    documents: int | None = None


def write_judgements(folder: Path, rows: Iterable[Judgement], documents: Iterable[Document] | None = None) -> Written:
    """Writes a judged set, the folder too if it is not there. Queries are numbered in the order of the rows.

    With `documents`, the set is complete, and judgements of others are left out. Raises SourceError if a file cannot be
    written.
    """
    numbers: dict[str, str] = {}
    lines = []
    known = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if documents is not None:
            known = _write_documents(folder / DOCUMENTS, documents)
        for row in rows:
            name = trec_name(row.article)
            if known is None or name in known:
                number = numbers.setdefault(row.query, str(len(numbers) + 1))
                lines.append(f"{number}\t0\t{name}\t{int(row.grade == 'good')}\n")
        queries = (json.dumps({"id": number, "text": text}, ensure_ascii=False) for text, number in numbers.items())
        (folder / QUERIES).write_text("".join(f"{line}\n" for line in queries), encoding="utf-8")
        (folder / QRELS).write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise SourceError(str(folder), f"cannot be written ({error.strerror or error})") from error
    return Written(len(numbers), len(lines), None if known is None else len(known))


def _write_documents(path: Path, documents: Iterable[Document]) -> set[str]:
    known = set()
    with path.open("w", encoding="utf-8") as stream:
        for document in documents:
            name = trec_name(document.id)
            row = {"id": name, "title": document.title, "text": f"{document.summary}\n\n{document.body}".strip()}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            known.add(name)
    return known


def read_judgements(folder: Path, at: datetime, named: Callable[[str], str | None]) -> Iterator[Judgement]:
    """The judgements in a folder, of which the documents need not be there. `named` says which id a name stands for
    in the archive, None if none; an article that is not there keeps its name.

    Raises SourceError for what cannot be read, for a query that is not in `queries.jsonl`, and for more judgements than
    a ledger may have.
    """
    queries = {number: _normalised(folder, number, text) for number, text in read_queries(folder).items()}
    for count, (number, name, relevant) in enumerate(read_qrels(folder / QRELS), 1):
        if number not in queries:
            raise SourceError(str(folder / QRELS), f"names a query that {QUERIES} does not have: {number[:80]!r}")
        if count > MAX_JUDGEMENTS:
            raise SourceError(str(folder / QRELS), f"has more than {MAX_JUDGEMENTS:,} judgements")
        article = named(name) or named(unquote(name)) or unquote(name)
        yield Judgement(queries[number], article, "good" if relevant else "bad", at)


def _normalised(folder: Path, number: str, text: str) -> str:
    try:
        return normalised(text)
    except RequestError as error:
        raise SourceError(str(folder / QUERIES), f"query {number[:80]!r} cannot be judged ({error})") from error


def trec_name(id: str) -> str:
    """The id of an article as a name without white space; `unquote` is the inverse."""
    return _ODD.sub(lambda found: quote(found[0]), id)
