"""The scores of a ranking on a judged set: of each query, their means, and the comparison with another system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from search.evaluation.judged_sets import JudgedSet
from search.evaluation.measures import average_precision, ndcg, recall
from search.evaluation.rankings import Rankings
from search.evaluation.significance import paired_randomisation

MEASURES: Final = {
    "ndcg_at_10": ndcg,
    "mean_average_precision": average_precision,
    "recall_at_100": recall,
}
"""By the name of their mean."""


@dataclass(frozen=True, slots=True)
class SetScores:
    """By measure, the scores of each query of a set that has at least one relevant document."""

    name: str
    documents: int
    scores: Mapping[str, Mapping[str, float]]

    @property
    def queries(self) -> int:
        """The number of queries."""
        return len(next(iter(self.scores.values())))

    @property
    def means(self) -> dict[str, float]:
        """The mean of each measure over the queries."""
        return {measure: fmean(own.values()) for measure, own in self.scores.items()}


def score(judged: JudgedSet, rankings: Rankings) -> SetScores:
    """Scores what was found for every query of a set."""
    scores = {
        name: {query: measure(rankings[query], judged.relevant[query]) for query in judged.queries}
        for name, measure in MEASURES.items()
    }
    return SetScores(judged.name, len(judged.documents), scores)


def wins(ours: SetScores, theirs: SetScores) -> dict[str, tuple[int, int]]:
    """By measure, for how many queries the first of two systems is better, and for how many the second."""
    pairs = {
        measure: [(own[query], theirs.scores[measure][query]) for query in own] for measure, own in ours.scores.items()
    }
    return {
        measure: (sum(one > other for one, other in own), sum(one < other for one, other in own))
        for measure, own in pairs.items()
    }


def p_values(ours: SetScores, theirs: SetScores) -> dict[str, float]:
    """By measure, the p-value of the difference of two systems on the same set; see `paired_randomisation`."""
    return {
        measure: paired_randomisation([own[query] for query in own], [theirs.scores[measure][query] for query in own])
        for measure, own in ours.scores.items()
    }
