"""What Backfile finds for the queries of a judged set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from search.analysis import analyze
from search.engines.plan import Plan
from search.engines.protocols import Engine, Searcher
from search.evaluation.judged_sets import JudgedSet
from search.query import parse, resolve
from search.query.limits import MAX_CLAUSES
from search.schema import TEXT_FIELDS

DEPTH: Final = 1_000
"""Hits that are looked at; average precision takes them all."""

Operator = Literal["and", "or"]
"""Whether all words of a query must match, or any of them."""

Rankings = Mapping[str, Sequence[str]]
"""For each query the ids of the first DEPTH hits, the best first."""


def engine_rankings(judged: JudgedSet, engine: Engine, *, language: str = "en", operator: Operator = "or") -> Rankings:
    """Indexes a set into an engine, in place of what is there, and asks every query of it.

    Queries are asked as a bag of words, without recency. Raises EngineError.
    """
    with engine.writer(replace=True) as writer:
        for document in judged.documents:
            writer.add(document)
    with engine.searcher() as searcher:
        return {query: _ranking(searcher, text, language, operator) for query, text in judged.queries.items()}


def _ranking(searcher: Searcher, text: str, language: str, operator: Operator) -> Sequence[str]:
    query = parse(_bag_of_words(text), operator=operator).query
    fields = tuple(TEXT_FIELDS)
    resolved = resolve(query, fields=fields, languages=(language,), stop_language=language, values=searcher)
    return [hit.id for hit in searcher.search(Plan(resolved.match, limit=DEPTH)).hits]


def _bag_of_words(text: str) -> str:
    """The words alone: a question mark or a bracket in a judged query is not meant as syntax."""
    words = [token.surface for token in analyze(text, "") if not token.compound]
    return " ".join(f'"{word}"' if word.upper() in ("AND", "OR", "NOT") else word for word in words[:MAX_CLAUSES])
