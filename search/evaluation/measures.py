"""The measures of a ranking, with binary relevance. `relevant` is never empty."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import log2
from typing import Final

CUTOFF: Final = 10
"""Hits that nDCG looks at."""
RECALL_DEPTH: Final = 100


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
