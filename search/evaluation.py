"""How good the ranking is, measured on sets of documents and queries that people judged.

A set is a folder with `docs.jsonl` (id, title, text), `queries.jsonl` (id, text) and `qrels.tsv`
(query, 0, document, grade between tabs, as TREC writes it). Relevance is binary: a grade above 0.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from search.analysis import analyze
from search.document import Document
from search.engines.plan import Plan
from search.engines.protocols import Engine, Searcher
from search.errors import SourceError
from search.query import parse, resolve
from search.query.limits import MAX_CLAUSES
from search.schema import TEXT_FIELDS

CUTOFF: Final = 10
"""Hits that nDCG looks at."""
DEPTH: Final = 1_000
"""Hits that average precision looks at."""
RECALL_DEPTH: Final = 100
MAX_NAMED: Final = 5
"""Unknown ids that a message names."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The means over the `queries` of a set that have at least one relevant document."""

    name: str
    documents: int
    queries: int
    ndcg_at_10: float
    mean_average_precision: float
    recall_at_100: float


def measure(folder: Path, engine: Engine, *, language: str = "en") -> Measured:
    """Indexes the set in `folder` into `engine`, in place of what is there, and asks every query of it.

    Queries are asked as a bag of words (any may match) without recency. Raises EngineError, and SourceError for a set
    that cannot be read or whose judgements name queries or documents that it does not have.
    """
    judged = _judgements(folder / "qrels.tsv")
    asked = dict(_queries(folder / "queries.jsonl"))
    if not judged.keys() & asked.keys():
        raise SourceError(str(folder), "no query of queries.jsonl has a relevant document in qrels.tsv")
    _refuse_unknown(folder, "queries", judged.keys() - asked.keys(), "queries.jsonl")
    queries = {query: text for query, text in asked.items() if query in judged}
    documents = _index(folder / "docs.jsonl", engine, language)
    with engine.searcher() as searcher:
        relevant_ids = frozenset[str]().union(*judged.values())
        _refuse_unknown(folder, "documents", relevant_ids - searcher.stamps(list(relevant_ids)).keys(), "docs.jsonl")
        rankings = {query: ranking(searcher, text, language) for query, text in queries.items()}
    pairs = [(rankings[query], judged[query]) for query in queries]
    return Measured(
        name=folder.name,
        documents=documents,
        queries=len(pairs),
        ndcg_at_10=fmean(ndcg(found, relevant) for found, relevant in pairs),
        mean_average_precision=fmean(average_precision(found, relevant) for found, relevant in pairs),
        recall_at_100=fmean(recall(found, relevant) for found, relevant in pairs),
    )


def ranking(searcher: Searcher, text: str, language: str) -> list[str]:
    """The ids of the first DEPTH hits for a text as a bag of words, the best first."""
    query = parse(_bag_of_words(text), operator="or").query
    resolved = resolve(
        query,
        fields=tuple(TEXT_FIELDS),
        languages=(language,),
        stop_language=language,
        values=searcher,
    )
    return [hit.id for hit in searcher.search(Plan(resolved.match, limit=DEPTH)).hits]


def ndcg(found: Sequence[str], relevant: Collection[str], cutoff: int = CUTOFF) -> float:
    """Normalised discounted cumulative gain with binary gains, discounted by log2(rank + 1).

    Järvelin and Kekäläinen: "Cumulated gain-based evaluation of IR techniques", TOIS 2002.
    """
    gained = sum(1.0 / log2(rank + 1) for rank, name in enumerate(found[:cutoff], 1) if name in relevant)
    ideal = sum(1.0 / log2(rank + 1) for rank in range(1, min(cutoff, len(relevant)) + 1))
    return gained / ideal


def average_precision(found: Sequence[str], relevant: Collection[str]) -> float:
    """The mean, over all relevant documents, of the precision at the rank of each; 0 for one not found.

    Manning, Raghavan, Schütze: "Introduction to Information Retrieval", 2008, section 8.4.
    """
    hits, total = 0, 0.0
    for rank, name in enumerate(found, 1):
        if name in relevant:
            hits += 1
            total += hits / rank
    return total / len(relevant)


def recall(found: Sequence[str], relevant: Collection[str], depth: int = RECALL_DEPTH) -> float:
    """Which share of the relevant documents is among the first `depth`."""
    return len(set(found[:depth]).intersection(relevant)) / len(relevant)


def _bag_of_words(text: str) -> str:
    """The words alone: a question mark or a bracket in a judged query is not meant as syntax."""
    words = [token.surface for token in analyze(text, "") if not token.compound]
    return " ".join(f'"{word}"' if word.upper() in ("AND", "OR", "NOT") else word for word in words[:MAX_CLAUSES])


def _index(path: Path, engine: Engine, language: str) -> int:
    count = 0
    with engine.writer(replace=True) as writer:
        for row in _rows(path):
            writer.add(
                Document(_text(path, row, "id"), row.get("title", ""), _text(path, row, "text"), language=language)
            )
            count += 1
    return count


def _queries(path: Path) -> Iterator[tuple[str, str]]:
    return ((_text(path, row, "id"), _text(path, row, "text")) for row in _rows(path))


def _refuse_unknown(folder: Path, kind: str, unknown: Collection[str], file: str) -> None:
    """Raises SourceError if there are ids that would count as not found although they could never be found."""
    if unknown:
        named = ", ".join(map(repr, sorted(unknown)[:MAX_NAMED])) + (", …" if len(unknown) > MAX_NAMED else "")
        raise SourceError(
            str(folder / "qrels.tsv"), f"names {len(unknown):,} {kind} that {file} does not have: {named}"
        )


def _judgements(path: Path) -> Mapping[str, frozenset[str]]:
    relevant: dict[str, set[str]] = {}
    for number, line in enumerate(_lines(path), 1):
        parts = line.split()
        try:
            query, _, document, grade = parts
            if int(grade) > 0:
                relevant.setdefault(query, set()).add(document)
        except ValueError as error:
            raise SourceError(f"{path}:{number}", "write query, 0, document and grade between tabs") from error
    return {query: frozenset(documents) for query, documents in relevant.items()}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_lines(path), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path}:{number}", f"is not JSON ({error})") from error
        if not isinstance(row, dict):
            raise SourceError(f"{path}:{number}", "is not a JSON object")
        yield row


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as stream:
            yield from (line for line in stream if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(str(path), f"cannot be read ({error})") from error


def _text(path: Path, row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise SourceError(str(path), f"a line has no text under {key!r}")
    return value
