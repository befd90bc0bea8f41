"""The clauses that others are built from. None of them scores, but where it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from search.engines.opensearch.format.mapping import POSITION_SEPARATOR, WORD_SEPARATOR

T = TypeVar("T")

Clause = dict[str, Any]
"""A query of the cluster, as JSON."""

MOST_CLAUSES: Final = 960
"""A cluster refuses queries of more than 1,024 clauses, unless it is set up otherwise."""


def everything() -> Clause:
    """All documents, score 0."""
    return {"bool": {"filter": [{"match_all": {}}]}}


def nothing() -> Clause:
    """No document."""
    return {"match_none": {}}


def every(clauses: Iterable[Clause], *, but_not: Iterable[Clause] = ()) -> Clause:
    """Documents that match all the clauses and none of the others, score 0."""
    filters, excluded = list(clauses), list(but_not)
    if len(filters) == 1 and not excluded:
        return filters[0] if "match_none" in filters[0] else {"bool": {"filter": filters}}
    return {"bool": {"filter": filters or [{"match_all": {}}], **({"must_not": excluded} if excluded else {})}}


def some(clauses: Sequence[Clause], least: int = 1) -> Clause:
    """Documents that match at least so many of the clauses, with the sum of their scores."""
    if len(clauses) < least:
        return nothing()
    return {"bool": {"should": list(clauses), "minimum_should_match": least}}


def scripted(query: Clause, source: str, **params: object) -> Clause:
    """The documents of a query, each with the score that a script makes of its `_score`. Scripts are compiled once:
    what differs from query to query belongs into `params`."""
    return {"script_score": {"query": query, "script": {"source": source, "params": params}}}


def clauses_in(clause: object) -> int:
    """About how many clauses the cluster counts in a query: each word of an `intervals` query is one."""
    if isinstance(clause, list):
        return sum(map(clauses_in, clause))
    if not isinstance(clause, dict):
        return 0
    return sum(_own_clauses(name, inside) + clauses_in(inside) for name, inside in clause.items())


def _own_clauses(name: str, inside: object) -> int:
    if name in _LEAVES:
        return 1
    if name == "match" and isinstance(inside, dict) and "max_gaps" in inside:
        words: str = inside["query"]
        return 1 + words.count(WORD_SEPARATOR) + words.count(POSITION_SEPARATOR)
    return int(name == "match")


def parted(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """The items in groups, each with no more clauses than a cluster takes in one query, or of one item."""
    part: list[T] = []
    clauses = 0
    for item in items:
        own = size(item)
        if part and clauses + own > MOST_CLAUSES:
            yield part
            part, clauses = [], 0
        part.append(item)
        clauses += own
    if part:
        yield part


_LEAVES: Final = frozenset({"term", "terms", "range", "exists", "ids", "match_all", "regexp"})
