"""How similar articles are in meaning to an article or a draft, and the order of those related to it by that too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from search.document import Document
from search.engines.results import Hit, MeaningScore
from search.engines.vectors import SIMILARITY_DIGITS, Vectors
from search.ranking import scores_by_meaning
from search.request.planning import Planner

if TYPE_CHECKING:
    from search.meaning.encoder import Encoder


def ordered_by_meaning(planner: Planner, article: Document, hits: Sequence[Hit], *, stored: bool) -> list[Hit]:
    """The hits in the order of their scores and of how similar they are in meaning to an article of the archive, or
    to a draft. Unchanged if nothing is searched by meaning. Raises EngineError."""
    if planner.encoder is None:
        return list(hits)
    near = _similarities(planner, planner.encoder, article, [hit.id for hit in hits], stored=stored)
    scores = scores_by_meaning([hit.score for hit in hits], near)
    scored = [
        replace(hit, score=score, sort_key=None, meaning=MeaningScore(similarity, hit.score))
        for hit, score, similarity in zip(hits, scores, near, strict=True)
    ]
    return sorted(scored, key=lambda hit: -hit.score)


def _similarities(
    planner: Planner, encoder: Encoder, article: Document, ids: Sequence[str], *, stored: bool
) -> list[float | None]:
    """The cosine of each article with the subject, by the passage nearest to it; None where a vector is missing."""
    found = planner.searcher.vectors(encoder.model, [*ids, article.id] if stored else ids)
    own = found.get(article.id) if stored else encoder.article(article)
    direction = None if own is None else _direction(own)
    if direction is None:
        return [None] * len(ids)
    nearest = {name: round(float((rows @ direction).max()), SIMILARITY_DIGITS) for name, rows in found.items()}
    return [nearest.get(name) for name in ids]


def _direction(rows: Vectors) -> Vectors | None:
    """Where the passages of an article point together; None if nowhere."""
    total: Vectors = rows.sum(axis=0)
    length = float(np.linalg.norm(total))
    return total / length if length else None
