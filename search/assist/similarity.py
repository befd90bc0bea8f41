"""How alike articles are: from what each has of the distinctive words, in a vector space.

A search finds candidates by their best words; this puts them in order by all of these words at once. Three things make
the difference, on articles that people had given topics:

- Rare words count for less than in a search (an idf below its first power): the search has already asked for them, and
  what two articles are about is said by words of middling rarity.
- The length of an article is discounted by half, so that a short one with two of the words does not come before a long
  one with ten (Singhal, Buckley, Mitra: "Pivoted document length normalization", SIGIR 1996).
- What the first few have in common counts as much as what they share with the subject (pseudo-relevance feedback by
  their centroid; Rocchio, "Relevance feedback in information retrieval", 1971).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.assist.distinctive import DistinctiveTerm
from search.engines.results import Hit, MatchedLeaves

IDF_POWER: Final = 0.35
"""The power of the idf in each of the two vectors; 1 in the textbook."""
LENGTH_SHARE: Final = 0.5
"""How much of an article's length is discounted, from 0 to 1."""
CENTROID: Final = 5
"""Candidates whose centroid the others are compared with."""
CENTROID_SHARE: Final = 0.5
"""The share of that comparison in the score."""

_Floats = NDArray[np.float64]


def similarities(hits: Sequence[Hit], terms: Sequence[DistinctiveTerm]) -> list[float]:
    """How alike each hit is to the subject with these terms, from 0 to 1, which the best has at most.

    The hits are those of a plan with `matched` whose leaves are the terms, in the same order.
    """
    found = [hit.matched for hit in hits if hit.matched is not None]
    if not found or not terms or len(found) < len(hits):
        return [0.0] * len(hits)
    rarity = np.array([term.rarity for term in terms]) ** IDF_POWER
    subject = np.log1p(np.array([term.frequency for term in terms])) * rarity
    vectors = np.log1p(_frequencies(found, len(terms))) * rarity / _norms(found)[:, np.newaxis]
    own = _scaled(vectors @ subject)
    nearest = np.argsort(-own, kind="stable")[:CENTROID]
    common = _scaled(vectors @ vectors[nearest].mean(axis=0))
    scores: list[float] = ((1.0 - CENTROID_SHARE) * own + CENTROID_SHARE * common).tolist()
    return scores


def _frequencies(found: Sequence[MatchedLeaves], terms: int) -> _Floats:
    """How often each article (row) has each term (column)."""
    table = np.zeros((len(found), terms))
    for row, matched in zip(table, found, strict=True):
        row[list(matched.leaves)] = matched.frequencies
    return table


def _norms(found: Sequence[MatchedLeaves]) -> _Floats:
    lengths = np.array([matched.length for matched in found], np.float64)
    norms: _Floats = 1.0 - LENGTH_SHARE + LENGTH_SHARE * lengths / max(1.0, float(lengths.mean()))
    return norms


def _scaled(scores: _Floats) -> _Floats:
    """The scores as shares of the highest."""
    highest = float(scores.max())
    return scores / highest if highest > 0.0 else scores
