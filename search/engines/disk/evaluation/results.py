"""From matches to the answer: filters, total, counts, and the page of hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.engines.base import Hit, Plan, Results
from search.engines.disk.evaluation.doc_sets import DocSet, doc_set_of
from search.engines.disk.evaluation.evaluator import Evaluator
from search.engines.disk.evaluation.explain import Explainer
from search.engines.disk.evaluation.facets import Counts, Selection
from search.engines.disk.evaluation.top_docs import ScoredDoc, page_of, top_by_date, top_by_score
from search.engines.disk.format.arrays import Floats, Mask
from search.engines.disk.format.layout import DATE_ORDINALS
from search.ranking import SCORE_DIGITS


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What matches the query, and for each filter what it keeps."""

    doc_set: DocSet
    matched: Mask
    scores: Floats | None
    passing: tuple[Mask, ...]

    def hits(self, plan: Plan, field: str | None = None) -> Mask:
        """What matches and passes every filter, or every one that is not on `field`."""
        mask = self.matched
        for rule, passing in zip(plan.filters, self.passing, strict=True):
            if rule.field != field:
                mask = mask & passing
        return mask


def search_results(plan: Plan, evaluator: Evaluator, counts: Counts, numbers: dict[str, int]) -> Results:
    """The answer to a plan; past the deadline, from the leaves that were read.

    The number in the snapshot of each hit is put into `numbers`.
    """
    evaluator.read(plan.query)
    doc_set = evaluator.doc_set(plan.query)
    by_score = plan.sort == "relevance" and plan.limit > 0
    matched, scores = evaluator.matched(plan.query, doc_set, scored=by_score)
    found = _Found(doc_set, matched, scores, tuple(evaluator.passes(rule, doc_set) for rule in plan.filters))
    hits = found.hits(plan)
    selections = _selections(plan, found, hits, counts)
    page = _page(plan, evaluator, found, hits)
    numbers.update((candidate.id, candidate.doc) for candidate in page)
    return Results(
        total=int(np.count_nonzero(hits)),
        hits=_hits(plan, evaluator, page),
        facets=tuple(
            counts.facet(facet, selections.get(facet.field, selections[None]), plan.time_zone) for facet in plan.facets
        ),
        timeline=counts.timeline(plan.date_field, selections[None], plan.time_zone) if plan.timeline else None,
        timed_out=evaluator.timed_out,
        warnings=evaluator.warnings,
    )


def _selections(plan: Plan, found: _Found, hits: Mask, counts: Counts) -> dict[str | None, Selection]:
    """What facets count: under None the hits, and under a field that is filtered what passes all other filters."""
    if not plan.facets and not plan.timeline:
        return {}
    filtered = {rule.field for rule in plan.filters}.intersection(facet.field for facet in plan.facets)
    masks = {None: hits} | {field: found.hits(plan, field) for field in filtered}
    return {field: counts.selection(found.doc_set, mask) for field, mask in masks.items()}


def _page(plan: Plan, evaluator: Evaluator, found: _Found, hits: Mask) -> list[ScoredDoc]:
    if plan.limit == 0:
        return []
    page = page_of(plan.sort, plan.offset + plan.limit, plan.after)
    snapshot = evaluator.snapshot
    if plan.sort != "relevance":
        best = top_by_date(snapshot, found.doc_set.chosen(hits), plan.date_field, plan.sort, page)
    else:
        best = top_by_score(snapshot, found.doc_set, hits, found.scores, plan.recency, page)
    return best[plan.offset :]


def _hits(plan: Plan, evaluator: Evaluator, shown: Sequence[ScoredDoc]) -> tuple[Hit, ...]:
    if not shown:
        return ()
    scores = _scores(plan, evaluator, shown)
    docs = np.sort(np.array([candidate.doc for candidate in shown], np.int64))
    explainer = Explainer(plan, evaluator, docs) if plan.explain else None
    return tuple(_hit(plan, evaluator, candidate, scores[candidate.doc], explainer) for candidate in shown)


def _scores(plan: Plan, evaluator: Evaluator, shown: Sequence[ScoredDoc]) -> dict[int, float]:
    """The score of each hit; those sorted by date have not been scored yet."""
    if plan.sort == "relevance":
        return {candidate.doc: candidate.value for candidate in shown}
    docs = np.sort(np.array([candidate.doc for candidate in shown], np.int64))
    scores = evaluator.matched(plan.query, doc_set_of(evaluator.snapshot, docs), scored=True)[1]
    values = np.zeros(len(docs)) if scores is None else np.round(scores, SCORE_DIGITS)
    return dict(zip(docs.tolist(), values.tolist(), strict=True))


def _hit(plan: Plan, evaluator: Evaluator, candidate: ScoredDoc, score: float, explainer: Explainer | None) -> Hit:
    part, doc = evaluator.snapshot.locate(candidate.doc)
    dated = float(part.segment.epochs(DATE_ORDINALS[plan.date_field])[doc])
    return Hit(
        id=candidate.id,
        score=score,
        sort_key=score if plan.sort == "relevance" else None if np.isnan(dated) else dated,
        fingerprint=int(part.segment.fingerprints[doc]),
        explanation=explainer.explanation(candidate.doc) if explainer else None,
    )
