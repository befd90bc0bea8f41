"""A query tree as a query of the cluster: unscored, to count and to filter, or with the scores of `search.ranking`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from search.dates import DAY_SECONDS, epoch
from search.engines.opensearch.queries.clauses import Clause, every, everything, nothing, scripted, some
from search.engines.opensearch.queries.filters import condition_clause
from search.engines.opensearch.queries.leaves import Context, frequency, matching
from search.engines.plan import Recency
from search.query.match import (
    Leaf,
    Match,
    MatchAll,
    MatchAny,
    MatchBest,
    MatchDates,
    MatchEvery,
    MatchKeyword,
    MatchNone,
    MatchNot,
)
from search.ranking import (
    FIELD_B,
    FIELD_WEIGHTS,
    K1,
    RECENCY_FLOOR,
    RECENCY_HALF_LIFE_DAYS,
    RECENCY_OFFSET_DAYS,
    inverse_document_frequency,
    untitled_factor,
)
from search.schema import TEXT_FIELDS

_NORMALISED: Final = {
    field: f"{FIELD_WEIGHTS[field]} * _score / ({1.0 - FIELD_B[field]} + params.share * doc['length.{field}'].value)"
    for field in TEXT_FIELDS
} | {
    "body": f"(doc['length.title'].size() == 0 ? params.untitled : {FIELD_WEIGHTS['body']}) * _score"
    f" / ({1.0 - FIELD_B['body']} + params.share * doc['length.body'].value)"
}
_SATURATED: Final = f"params.weight * _score / (_score + {K1})"
_RECENT: Final = (
    "_score * (doc['date.published.seconds'].size() == 0 ? params.floor : params.floor + (1 - params.floor) * "
    "Math.pow(0.5, Math.max(0, (params.now - doc['date.published.seconds'].value) / params.day - params.offset)"
    " / params.half))"
)
"""The formulas of `search.ranking`, in the cluster's script language. What changes with a commit is a parameter: the
cluster compiles few new scripts a minute."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What scores depend on besides the article: articles in all, average lengths by field, articles by leaf."""

    articles: int
    average_lengths: Mapping[str, float]
    frequencies: Mapping[Leaf, int]


@dataclass(frozen=True, slots=True)
class Trees:
    """Translates trees for one archive. `by_presence`: a leaf scores as if it occurred once in an average text."""

    zone: ZoneInfo
    context: Context
    by_presence: bool = False

    def matching(self, match: Match) -> Clause:
        """The documents that a tree matches; scores mean nothing."""
        return self._tree(match, self.leaf)

    def scored(self, match: Match, statistics: Statistics) -> Clause:
        """The documents that a tree matches, each with its score."""
        return self._tree(match, lambda leaf: self._scored_leaf(leaf, statistics))

    def leaf(self, leaf: Leaf) -> Clause:
        """The documents that a leaf matches."""
        return matching(leaf, self.context)

    def frequency(self, leaf: Leaf, field: str) -> Clause:
        """The documents that a leaf matches in a field, scored with its frequency there."""
        return frequency(leaf, field, self.context)

    def _tree(self, match: Match, leaf: Callable[[Leaf], Clause]) -> Clause:
        match match:
            case MatchAll():
                return everything()
            case MatchNone():
                return nothing()
            case MatchKeyword() | MatchDates():
                return every([condition_clause(match, self.zone)])
            case MatchNot(child):
                return every((), but_not=[self.matching(child)])
            case MatchEvery(children):
                return self._every(children, leaf)
            case MatchAny(children, least):
                return some([self._tree(child, leaf) for child in children], least)
            case MatchBest(children):
                found = [self._tree(child, leaf) for child in children]
                return {"dis_max": {"queries": found, "tie_breaker": 0.0}} if found else nothing()
            case _:
                return leaf(match)

    def _every(self, children: Sequence[Match], leaf: Callable[[Leaf], Clause]) -> Clause:
        if not children:
            return everything()
        silent = [child for child in children if isinstance(child, MatchKeyword | MatchDates)]
        absent = [child.child for child in children if isinstance(child, MatchNot)]
        scored = [child for child in children if not isinstance(child, MatchKeyword | MatchDates | MatchNot)]
        unscored = every(
            [condition_clause(child, self.zone) for child in silent],
            but_not=[self.matching(child) for child in absent],
        )
        if not scored:
            return unscored
        found = [self._tree(child, leaf) for child in scored]
        return {"bool": {"must": found, **({"filter": [unscored]} if silent or absent else {})}}

    def _scored_leaf(self, leaf: Leaf, statistics: Statistics) -> Clause:
        idf = inverse_document_frequency(statistics.frequencies[leaf], statistics.articles)
        if self.by_presence:
            return {"constant_score": {"filter": self.leaf(leaf), "boost": leaf.boost * idf}}
        fields = [self._normalised(leaf, field, statistics.average_lengths[field]) for field in leaf.fields]
        return scripted(some(fields), _SATURATED, weight=leaf.boost * idf * (K1 + 1.0))

    def _normalised(self, leaf: Leaf, field: str, average: float) -> Clause:
        if not average:
            return nothing()
        found, share = self.frequency(leaf, field), FIELD_B[field] / average
        if field != "body":
            return scripted(found, _NORMALISED[field], share=share)
        untitled = FIELD_WEIGHTS[field] * untitled_factor(field, 0.0, average)
        return scripted(found, _NORMALISED[field], share=share, untitled=untitled)


def by_recency(scored: Clause, recency: Recency) -> Clause:
    """The same documents, their scores multiplied by `search.ranking.recency_factor`."""
    return scripted(
        scored,
        _RECENT,
        now=epoch(recency.now),
        day=float(DAY_SECONDS),
        floor=RECENCY_FLOOR,
        offset=RECENCY_OFFSET_DAYS,
        half=RECENCY_HALF_LIFE_DAYS,
    )
