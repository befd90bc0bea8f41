"""What Backfile finds for the queries of a judged set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from search.analysis import analyze
from search.engines.protocols import Engine
from search.evaluation.judged_sets import JudgedSet
from search.query import Operator
from search.query.limits import MAX_CLAUSES
from search.request.filling import searched
from search.request.planning import Planner
from search.request.request import SearchRequest

DEPTH: Final = 1_000
"""Hits that are looked at; average precision takes them all."""

Rankings = Mapping[str, Sequence[str]]
"""For each query the ids of the first DEPTH hits, the best first."""


def engine_rankings(judged: JudgedSet, engine: Engine, *, language: str = "en", operator: Operator = "or") -> Rankings:
    """Indexes a set into an engine, in place of what is there, and asks every query of it.

    Queries are asked as a bag of words, joined as `operator` says in a request, without recency. Raises EngineError.
    """
    with engine.writer(replace=True) as writer:
        for document in judged.documents:
            writer.add(document)
    with engine.searcher() as searcher:
        planner = Planner(searcher, language)
        return {query: _ranking(planner, text, operator) for query, text in judged.queries.items()}


def _ranking(planner: Planner, text: str, operator: Operator) -> Sequence[str]:
    request = SearchRequest(_bag_of_words(text), operator=operator, sort="relevance", facets=())
    resolved = planner.resolve(request)
    plan = replace(planner.plan(resolved, request), limit=DEPTH, recency=None, bring="nothing")
    return [hit.id for hit in searched(planner, resolved, request, plan).results.hits]


def _bag_of_words(text: str) -> str:
    """The words alone, in lower case: a question mark, a bracket or an OR in a judged query is not meant as syntax."""
    words = [token.surface for token in analyze(text, "") if not token.compound]
    return " ".join(words[:MAX_CLAUSES])
