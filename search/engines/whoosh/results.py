"""From matches to the answer: filters, total, counts, and the page of hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.engines.answer import Deadline
from search.engines.base import Explanation, FacetCounts, Hit, Plan, Results, Timeline
from search.engines.outcome import outcome
from search.engines.whoosh.evaluate import DATE_ORDINALS, Evaluator, recency_factors, rounded
from search.engines.whoosh.facets import Counts
from search.engines.whoosh.leaves import LeafMatches, leaf_score
from search.engines.whoosh.ranked import Candidate, best, order_of
from search.engines.whoosh.segments import Mask
from search.engines.whoosh.snapshot import LiveSegment
from search.query.match import Leaf


@dataclass(frozen=True, slots=True)
class _Part:
    """One segment's share of the answer: `hits` pass all filters, `matched` match the query."""

    evaluator: Evaluator
    hits: Mask
    matched: Mask
    passing: tuple[Mask, ...]
    scores: NDArray[np.float64]
    recency: NDArray[np.float64] | None

    def hits_without(self, field: str, plan: Plan) -> Mask:
        """What matches and passes every filter that is not on `field`."""
        if all(rule.field != field for rule in plan.filters):
            return self.hits
        mask = self.matched
        for rule, passing in zip(plan.filters, self.passing, strict=True):
            if rule.field != field:
                mask = mask & passing
        return mask


def search_results(
    plan: Plan,
    segments: Sequence[LiveSegment],
    known: Mapping[Leaf, LeafMatches],
    counts: Counts,
    deadline: Deadline,
) -> Results:
    """The answer to a plan whose leaves have been read; past the deadline, of the segments that were looked at."""
    parts: list[_Part] = []
    candidates: list[Candidate] = []
    for number, segment in enumerate(segments):
        if deadline.passed():
            break
        parts.append(_evaluate(plan, Evaluator(segment, number, plan.time_zone, known.__getitem__)))
        candidates += _best(plan, parts[-1])
    candidates.sort(key=lambda candidate: (candidate.order, candidate.id))
    unseen = [np.zeros(segment.segment.size, np.bool_) for segment in segments[len(parts) :]]
    return Results(
        total=sum(int(part.hits.sum()) for part in parts),
        hits=tuple(_hit(plan, c, parts[c.number], known) for c in candidates[plan.offset : plan.offset + plan.limit]),
        facets=tuple(
            counts.facet(facet, [part.hits_without(facet.field, plan) for part in parts] + unseen, plan.time_zone)
            for facet in plan.facets
        ),
        timeline=_timeline(plan, [part.hits for part in parts] + unseen, counts),
        timed_out=bool(unseen) or deadline.passed(),
        warnings=tuple(warning for leaf in known.values() for warning in leaf.warnings),
    )


def no_results(plan: Plan) -> Results:
    """The answer when the deadline passed before anything was found."""
    return Results(
        total=0,
        hits=(),
        facets=tuple(FacetCounts((), 0, 0, truncated=False) for _ in plan.facets),
        timeline=Timeline("year", {}, {}) if plan.timeline else None,
        timed_out=True,
    )


def _evaluate(plan: Plan, evaluator: Evaluator) -> _Part:
    matched, scores = evaluator.matched(plan.query)
    passing = tuple(evaluator.passes(rule) for rule in plan.filters)
    hits = matched
    for mask in passing:
        hits = hits & mask
    recency = None
    if plan.recency and plan.sort == "relevance":
        recency = recency_factors(evaluator.part.segment, plan.recency)
        scores = scores * recency
    return _Part(evaluator, hits, matched, passing, rounded(scores), recency)


def _best(plan: Plan, part: _Part) -> list[Candidate]:
    if plan.limit == 0:
        return []
    segment = part.evaluator.part.segment
    keys = part.scores if plan.sort == "relevance" else segment.epochs(DATE_ORDINALS[plan.date_field])
    order = order_of(plan.sort, keys)
    return best(segment, part.evaluator.number, part.hits, order, plan.offset + plan.limit, plan.sort, plan.after)


def _hit(plan: Plan, candidate: Candidate, part: _Part, known: Mapping[Leaf, LeafMatches]) -> Hit:
    segment = part.evaluator.part.segment
    score = float(part.scores[candidate.doc])
    dated = float(segment.epochs(DATE_ORDINALS[plan.date_field])[candidate.doc])
    return Hit(
        id=candidate.id,
        score=score,
        sort_key=score if plan.sort == "relevance" else None if np.isnan(dated) else dated,
        fingerprint=int(segment.facts["fingerprint"][candidate.doc]),
        explanation=_explanation(plan, candidate, part, known) if plan.explain else None,
    )


def _explanation(plan: Plan, candidate: Candidate, part: _Part, known: Mapping[Leaf, LeafMatches]) -> Explanation:
    evaluator = part.evaluator
    found = outcome(
        plan.query,
        lambda leaf: leaf_score(leaf, known[leaf], candidate.number, evaluator.part.segment, candidate.doc),
        lambda condition: bool(evaluator.holds(condition)[candidate.doc]),
    )
    recency = 1.0 if part.recency is None else float(part.recency[candidate.doc])
    return Explanation(found[1] if found else (), recency)


def _timeline(plan: Plan, masks: Sequence[Mask], counts: Counts) -> Timeline | None:
    return counts.timeline(plan.date_field, plan.time_zone, masks) if plan.timeline else None
