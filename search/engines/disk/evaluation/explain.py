"""Why articles have their scores: what each leaf of the query came to, field by field."""

from __future__ import annotations

import numpy as np

from search.engines.base import Explanation, FieldPart, LeafScore, Plan
from search.engines.conventions import leaf_text
from search.engines.disk.evaluation.doc_sets import FramePart, frame_of
from search.engines.disk.evaluation.evaluator import Evaluator
from search.engines.disk.evaluation.leaves import LeafPostings
from search.engines.disk.evaluation.scoring import favour_recent
from search.engines.disk.format.arrays import Docs, Floats, Ints, Mask, intersect
from search.engines.disk.format.layout import FIELD_ORDINALS
from search.engines.outcome import outcome
from search.query.match import Leaf, MatchDates, MatchKeyword
from search.ranking import normalised_frequency, saturation


class Explainer:
    """Explains some hits (`docs`, rising): what is read of a leaf is read for all of them at once."""

    def __init__(self, plan: Plan, evaluator: Evaluator, docs: Ints) -> None:
        self._plan = plan
        self._evaluator = evaluator
        self._docs = docs
        self._frame = frame_of(evaluator.snapshot, docs)
        self._counted: dict[Leaf, dict[int, Floats]] = {}
        self._held: dict[MatchKeyword | MatchDates, Mask] = {}
        self._recency: Floats = np.ones(len(docs))
        if plan.recency and plan.sort == "relevance":
            favour_recent(self._recency, self._frame, plan.recency)

    def explanation(self, doc: int) -> Explanation:
        """Why one of the hits has its score."""
        place = int(np.searchsorted(self._docs, doc))
        found = outcome(
            self._plan.query,
            lambda leaf: self._leaf_score(leaf, place),
            lambda condition: self._holds(condition, place),
        )
        return Explanation(found[1] if found else (), float(self._recency[place]))

    def _holds(self, condition: MatchKeyword | MatchDates, place: int) -> bool:
        if condition not in self._held:
            self._held[condition] = self._evaluator.holds(condition, self._frame)
        return bool(self._held[condition][place])

    def _leaf_score(self, leaf: Leaf, place: int) -> LeafScore | None:
        """How a leaf scored for the hit at a place of the frame; None if it does not match."""
        found = self._evaluator.postings(leaf)
        parts = self._parts(leaf, found, place) if found else ()
        if not found or not parts:
            return None
        articles = self._evaluator.reader.articles(leaf, found)
        idf = self._evaluator.reader.idf(articles)
        saturated = saturation(sum(part.weight for part in parts))
        return LeafScore(leaf_text(leaf), leaf.boost * idf * saturated, articles, idf, saturated, leaf.boost, parts)

    def _parts(self, leaf: Leaf, found: LeafPostings, place: int) -> tuple[FieldPart, ...]:
        if leaf not in self._counted:
            self._counted[leaf] = self._frequencies(found)
        counted = self._counted[leaf]
        averages = self._evaluator.norms.averages()
        parts = []
        for name in leaf.fields:
            field = FIELD_ORDINALS[name]
            if field in counted and (frequency := float(counted[field][place])):
                length = self._length(place, field)
                weight = normalised_frequency(name, frequency, float(length), averages[field])
                parts.append(FieldPart(name, frequency, length, weight))
        return tuple(parts)

    def _frequencies(self, found: LeafPostings) -> dict[int, Floats]:
        """What the occurrences in each field count, in every hit."""
        counted: dict[int, Floats] = {}
        for part in self._frame.parts:
            for run in found.runs[part.number]:
                at, own = intersect(run.docs, _docs(part), unsorted=run.loose)
                if len(at):
                    total = counted.setdefault(run.field, np.zeros(self._frame.size))
                    np.add.at(total[part.span], own, run.weight * run.counts[at])
        return counted

    def _length(self, place: int, field: int) -> int:
        part, doc = self._evaluator.snapshot.place(int(self._docs[place]))
        return int(part.segment.lengths[field, doc])


def _docs(part: FramePart) -> Docs:
    return np.arange(part.live.segment.size, dtype=np.uint32) if part.docs is None else part.docs
