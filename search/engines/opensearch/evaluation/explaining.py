"""What a few hits have of a query, leaf by leaf and field by field: asked of the cluster by named queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from search.dates import DAY_SECONDS, epoch, within
from search.document import Head
from search.engines.conventions import keyword_values, leaf_text
from search.engines.opensearch.format.articles import HEAD, head_of
from search.engines.opensearch.queries.clauses import Clause, clauses_in, parted
from search.engines.opensearch.queries.trees import Statistics, Trees
from search.engines.outcome import leaves, outcome
from search.engines.plan import Plan
from search.engines.results import Explanation, FieldPart, LeafScore, MatchedLeaves
from search.query.match import Leaf, MatchDates, MatchKeyword
from search.ranking import (
    RECENCY_FLOOR,
    SCORE_DIGITS,
    inverse_document_frequency,
    normalised_frequency,
    recency_factor,
    saturation,
    untitled_factor,
)
from search.schema import DATE_FIELDS, TEXT_FIELDS

Ask = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Sends a search whose answer has the scores of named queries."""


@dataclass(frozen=True, slots=True)
class Details:
    """Of one hit: its head, the lengths of its fields in words, and by leaf and field the frequencies."""

    head: Head
    lengths: Mapping[str, int]
    frequencies: Mapping[tuple[int, str], float]


def details(plan: Plan, trees: Trees, versions: Sequence[str], ask: Ask) -> dict[str, Details]:
    """The details of hits, by the name of their version. One trip, or several for a long query."""
    named = [clause for at, leaf in enumerate(leaves(plan.query)) for clause in _named(at, leaf, trees)]
    found: dict[str, Details] = {}
    for answer in (ask(_body(part, versions)) for part in list(parted(named, clauses_in)) or [[]]):
        for row in answer["hits"]["hits"]:
            fields = row.get("fields", {})
            lengths = {name: fields.get(f"length.{name}", [0])[0] for name in TEXT_FIELDS}
            before = found[row["_id"]].frequencies if row["_id"] in found else {}
            own = {_split(name): score for name, score in (row.get("matched_queries") or {}).items()}
            found[row["_id"]] = Details(head_of(row["_source"]), lengths, {**before, **own})
    return found


def _named(at: int, leaf: Leaf, trees: Trees) -> list[Clause]:
    return [{"bool": {"must": [trees.frequency(leaf, field)], "_name": f"{at} {field}"}} for field in leaf.fields]


def _split(name: str) -> tuple[int, str]:
    at, _, field = name.partition(" ")
    return int(at), field


def _body(named: Sequence[Clause], versions: Sequence[str]) -> dict[str, Any]:
    return {
        "query": {"bool": {"filter": [{"ids": {"values": list(versions)}}], "should": list(named)}},
        "size": len(versions),
        "track_total_hits": False,
        "_source": [HEAD],
        "docvalue_fields": [f"length.{name}" for name in TEXT_FIELDS],
    }


def matched_leaves(of: Details) -> MatchedLeaves:
    """See `search.engines.results.MatchedLeaves`."""
    sums: dict[int, float] = {}
    for (at, _), frequency in of.frequencies.items():
        sums[at] = sums.get(at, 0.0) + _clean(frequency)
    order = sorted(sums)
    return MatchedLeaves(tuple(order), tuple(round(sums[at], SCORE_DIGITS) for at in order), sum(of.lengths.values()))


def explanation(plan: Plan, trees: Trees, statistics: Statistics, of: Details) -> Explanation:
    """Why a hit has its score, by the formulas of `search.ranking`."""
    places: dict[Leaf, int] = {leaf: at for at, leaf in enumerate(leaves(plan.query))}

    def score(leaf: Leaf) -> LeafScore | None:
        parts = _parts(leaf, places[leaf], statistics, of)
        if not parts:
            return None
        articles = statistics.frequencies[leaf]
        idf = inverse_document_frequency(articles, statistics.articles)
        saturated = saturation(sum(part.weight for part in parts))
        return LeafScore(leaf_text(leaf), leaf.boost * idf * saturated, articles, idf, saturated, leaf.boost, parts)

    def holds(condition: MatchKeyword | MatchDates) -> bool:
        if isinstance(condition, MatchDates):
            moment = DATE_FIELDS[condition.field].value(of.head)
            return within(moment, condition.start, condition.end, trees.zone)
        return not keyword_values(of.head, condition.field).isdisjoint(condition.values)

    found = outcome(plan.query, score, holds)
    recency = 1.0
    if plan.recency is not None and plan.sort == "relevance":
        published = of.head.published
        age = None if published is None else (epoch(plan.recency.now) - epoch(published)) / DAY_SECONDS
        recency = RECENCY_FLOOR if age is None else recency_factor(age)
    return Explanation(found[1] if found else (), recency)


def _parts(leaf: Leaf, at: int, statistics: Statistics, of: Details) -> tuple[FieldPart, ...]:
    parts = []
    for field in leaf.fields:
        if (at, field) in of.frequencies:
            frequency, average = _clean(of.frequencies[at, field]), statistics.average_lengths[field]
            length, title = of.lengths[field], of.lengths["title"]
            weight = normalised_frequency(field, frequency, length, average, title)
            parts.append(FieldPart(field, frequency, length, weight, float(untitled_factor(field, title, average))))
    return tuple(parts)


def _clean(frequency: float) -> float:
    """A frequency as it was before the cluster rounded it to 24 bits: a sum of hundredths, but for near phrases."""
    return round(frequency, 2) if abs(frequency - round(frequency, 2)) < 1e-5 * max(1.0, frequency) else frequency
