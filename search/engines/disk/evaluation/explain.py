"""Why articles have their scores: what each leaf of the query contributes, field by field."""

from __future__ import annotations

from typing import Final

import numpy as np

from search.engines.conventions import leaf_text
from search.engines.disk.evaluation.doc_sets import SegmentDocs, doc_set_of
from search.engines.disk.evaluation.evaluator import Evaluator
from search.engines.disk.evaluation.leaves import LeafPostings
from search.engines.disk.evaluation.scoring import favour_recent
from search.engines.disk.format.arrays import Docs, Floats, Ints, Mask, intersect
from search.engines.disk.format.layout import FIELD_ORDINALS
from search.engines.outcome import outcome
from search.engines.plan import Plan
from search.engines.results import Explanation, FieldPart, LeafScore
from search.query.match import Leaf, MatchDates, MatchKeyword
from search.ranking import normalised_frequency, saturation, untitled_factor

_TITLE: Final = FIELD_ORDINALS["title"]


class Explainer:
    """Explains some hits: `docs`, ascending. What a leaf contributes is read for all of them at once."""

    def __init__(self, plan: Plan, evaluator: Evaluator, docs: Ints) -> None:
        self._plan = plan
        self._evaluator = evaluator
        self._docs = docs
        self._doc_set = doc_set_of(evaluator.snapshot, docs)
        self._counted: dict[Leaf, dict[int, Floats]] = {}
        self._held: dict[MatchKeyword | MatchDates, Mask] = {}
        self._recency: Floats = np.ones(len(docs))
        if plan.recency and plan.sort == "relevance":
            favour_recent(self._recency, self._doc_set, plan.recency)

    def explanation(self, doc: int) -> Explanation:
        """Why one of the hits has its score."""
        index = int(np.searchsorted(self._docs, doc))
        found = outcome(
            self._plan.query,
            lambda leaf: self._leaf_score(leaf, index),
            lambda condition: self._holds(condition, index),
        )
        return Explanation(found[1] if found else (), float(self._recency[index]))

    def _holds(self, condition: MatchKeyword | MatchDates, index: int) -> bool:
        if condition not in self._held:
            self._held[condition] = self._evaluator.holds(condition, self._doc_set)
        return bool(self._held[condition][index])

    def _leaf_score(self, leaf: Leaf, index: int) -> LeafScore | None:
        """The score of a leaf for the hit at an index of the doc set; None if it does not match."""
        found = self._evaluator.postings(leaf)
        parts = self._parts(leaf, found, index) if found else ()
        if not found or not parts:
            return None
        doc_freq = self._evaluator.reader.doc_freq(leaf, found)
        idf = self._evaluator.reader.idf(doc_freq)
        saturated = saturation(sum(part.weight for part in parts))
        return LeafScore(leaf_text(leaf), leaf.boost * idf * saturated, doc_freq, idf, saturated, leaf.boost, parts)

    def _parts(self, leaf: Leaf, found: LeafPostings, index: int) -> tuple[FieldPart, ...]:
        if leaf not in self._counted:
            self._counted[leaf] = self._frequencies(found)
        counted = self._counted[leaf]
        averages = self._evaluator.norms.averages()
        parts = []
        for name in leaf.fields:
            field = FIELD_ORDINALS[name]
            if field in counted and (frequency := float(counted[field][index])):
                length, title = self._length(index, field), self._length(index, _TITLE)
                weight = normalised_frequency(name, frequency, float(length), averages[field], title)
                factor = untitled_factor(name, title, averages[field])
                parts.append(FieldPart(name, frequency, length, weight, factor))
        return tuple(parts)

    def _frequencies(self, found: LeafPostings) -> dict[int, Floats]:
        """The weighted term frequency in each field, for every hit."""
        counted: dict[int, Floats] = {}
        for part in self._doc_set.parts:
            for postings in found.lists[part.number]:
                at, own = intersect(postings.docs, _docs(part), unsorted=postings.unsorted)
                if len(at):
                    total = counted.setdefault(postings.field, np.zeros(self._doc_set.size))
                    np.add.at(total[part.span], own, postings.weight * postings.counts[at])
        return counted

    def _length(self, index: int, field: int) -> int:
        part, doc = self._evaluator.snapshot.locate(int(self._docs[index]))
        return int(part.segment.lengths[field, doc])


def _docs(part: SegmentDocs) -> Docs:
    return np.arange(part.live.segment.size, dtype=np.uint32) if part.docs is None else part.docs
