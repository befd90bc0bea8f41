"""What Backfile finds for the queries of a judged set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from search.analysis import analyze
from search.engines.plan import Plan
from search.engines.protocols import Engine, Searcher
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
        plans = {query: asked(searcher, text, language, operator) for query, text in judged.queries.items()}
        return {query: found_by(searcher, plan) for query, plan in plans.items()}


def asked(searcher: Searcher, text: str, language: str, operator: Operator) -> Plan:
    """The plan for the first DEPTH hits of a query: under "auto" the one that fills the list up where it must be."""
    planner = Planner(searcher, language)
    request = SearchRequest(_bag_of_words(text), operator=operator, sort="relevance", facets=())
    resolved = planner.resolve(request)
    plan = replace(planner.plan(resolved, request), limit=DEPTH, recency=None, bring="nothing")
    return searched(planner, resolved, request, plan).plan


def found_by(searcher: Searcher, plan: Plan) -> Sequence[str]:
    """The ids of the hits."""
    return [hit.id for hit in searcher.search(plan).hits]


def _bag_of_words(text: str) -> str:
    """The words alone, in lower case: a question mark, a bracket or an OR in a judged query is not meant as syntax."""
    words = [token.surface for token in analyze(text, "") if not token.compound]
    return " ".join(words[:MAX_CLAUSES])
