"""The measures of a ranking, with binary relevance. `relevant` is never empty.

Those that take `bad` or `judged` are for judgements that are not complete: what nobody judged is not bad.
"""

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


def reciprocal_rank(found: Sequence[str], relevant: Collection[str]) -> float:
    """1 / the rank of the first relevant document, 0 if none is found; its mean over queries is MRR.

    Voorhees: "The TREC-8 Question Answering Track Report", 1999.
    """
    return next((1.0 / rank for rank, name in enumerate(found, 1) if name in relevant), 0.0)


def bpref(found: Sequence[str], relevant: Collection[str], bad: Collection[str]) -> float:
    """How seldom a document judged bad stands before one judged relevant, from 0 to 1; others are not looked at.

    The mean over all R relevant documents of 1 - n / min(R, N), where n, at most R, of the N bad documents stand before
    that one; 0 for one not found. Without bad documents it is the share of the relevant ones that is found.

    Buckley and Voorhees: "Retrieval evaluation with incomplete information", SIGIR 2004, as trec_eval computes it.
    """
    most = min(len(relevant), len(bad))
    before, total = 0, 0.0
    for name in found:
        if name in relevant:
            total += 1.0 - min(before, len(relevant)) / most if before else 1.0
        elif name in bad:
            before += 1
    return total / len(relevant)


def condensed(found: Sequence[str], judged: Collection[str]) -> list[str]:
    """What was found without the documents that nobody judged: a measure of that takes them for neither good nor bad.

    Sakai: "Alternatives to bpref", SIGIR 2007.
    """
    return [name for name in found if name in judged]


def judged_share(found: Sequence[str], judged: Collection[str], cutoff: int = CUTOFF) -> float:
    """Which share of the first `cutoff` documents found has been judged: how far the other measures can be trusted. 1
    if nothing is found."""
    first = found[:cutoff]
    return sum(name in judged for name in first) / len(first) if first else 1.0
