"""Why one article has its score: what each leaf of the query came to, field by field."""

from __future__ import annotations

import numpy as np

from search.engines.answer import leaf_text
from search.engines.base import FieldPart, LeafScore
from search.engines.flat.evaluate import Evaluator
from search.engines.flat.frames import Frame
from search.engines.flat.layout import FIELD_ORDINALS
from search.engines.flat.leaves import LeafPostings
from search.engines.flat.postings import shared
from search.query.match import Leaf
from search.ranking import normalised_frequency, saturation


def leaf_score(evaluator: Evaluator, leaf: Leaf, frame: Frame) -> LeafScore | None:
    """How a leaf scored for the one article of a frame; None if it does not match."""
    found = evaluator.postings(leaf)
    parts = _parts(evaluator, leaf, found, frame) if found else ()
    if not found or not parts:
        return None
    articles = evaluator.reader.articles(leaf, found)
    idf = evaluator.reader.idf(articles)
    saturated = saturation(sum(part.weight for part in parts))
    return LeafScore(leaf_text(leaf), leaf.boost * idf * saturated, articles, idf, saturated, leaf.boost, parts)


def _parts(evaluator: Evaluator, leaf: Leaf, found: LeafPostings, frame: Frame) -> tuple[FieldPart, ...]:
    counted = _frequencies(found, frame)
    averages = evaluator.norms.averages()
    parts = []
    for name in leaf.fields:
        field = FIELD_ORDINALS[name]
        if frequency := counted.get(field, 0.0):
            length = _length(frame, field)
            weight = normalised_frequency(name, frequency, float(length), averages[field])
            parts.append(FieldPart(name, frequency, length, weight))
    return tuple(parts)


def _frequencies(found: LeafPostings, frame: Frame) -> dict[int, float]:
    """What the occurrences in each field count."""
    part = frame.parts[0]
    doc = part.column(np.arange(part.live.segment.size, dtype=np.uint32)) if part.docs is None else part.docs
    counted: dict[int, float] = {}
    for run in found.runs[part.number]:
        at, _ = shared(run.docs, doc, loose=run.loose)
        if len(at):
            counted[run.field] = counted.get(run.field, 0.0) + run.weight * float(run.counts[at].sum())
    return counted


def _length(frame: Frame, field: int) -> int:
    part = frame.parts[0]
    return int(part.column(part.live.segment.lengths[field])[0])
