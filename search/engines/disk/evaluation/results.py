"""From matches to the answer: filters, total, counts, and the page of hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from search.document import Head
from search.engines.conventions import is_own
from search.engines.disk.evaluation.doc_sets import DocSet, doc_set_of
from search.engines.disk.evaluation.evaluator import Evaluator
from search.engines.disk.evaluation.explain import Explainer
from search.engines.disk.evaluation.facets import Counts, Selection
from search.engines.disk.evaluation.matched_leaves import matched_leaves
from search.engines.disk.evaluation.meaning import top_by_meaning
from search.engines.disk.evaluation.scoring import favour_recent
from search.engines.disk.evaluation.top_docs import Page, ScoredDoc, page_of, top_by_date, top_by_score
from search.engines.disk.format.arrays import Floats, Ints, Mask
from search.engines.disk.format.layout import DATE_ORDINALS
from search.engines.disk.reading.segments import Segment
from search.engines.grouping import MAX_GROUPED, grouped
from search.engines.plan import FacetPlan, Filter, Plan
from search.engines.results import Hit, MatchedLeaves, Results
from search.phases import phase
from search.ranking import SCORE_DIGITS


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What matches the query, what of it comes first, and for each filter what it keeps."""

    doc_set: DocSet
    matched: Mask
    scores: Floats | None
    preferred: Mask | None
    passing: tuple[Mask, ...]

    def hits(self, plan: Plan, facet: FacetPlan | None = None) -> Mask:
        """What matches and passes every filter, but for the facet's own one."""
        mask = self.matched
        for rule, passing in zip(plan.filters, self.passing, strict=True):
            if facet is None or not is_own(rule, facet):
                mask = mask & passing
        return mask


def search_results(plan: Plan, evaluator: Evaluator, counts: Counts) -> Results:
    """The answer to a plan; past the deadline, from the leaves that were read."""
    evaluator.read(plan.query)
    if plan.preferred:
        evaluator.read(plan.preferred)
    doc_set = evaluator.doc_set(plan.query)
    by_score = plan.sort == "relevance" and plan.limit > 0
    matched, scores = evaluator.matched(plan.query, doc_set, scored=by_score)
    if plan.recency and scores is not None:
        favour_recent(scores, doc_set, plan.recency)
    preferred = evaluator.matched(plan.preferred, doc_set, scored=False)[0] if plan.preferred else None
    passing = tuple(evaluator.passes(rule, doc_set) for rule in plan.filters)
    found = _Found(doc_set, matched, scores, preferred, passing)
    hits = found.hits(plan)
    total = int(np.count_nonzero(hits))
    page = _page(plan, evaluator, found, hits, total)
    with phase("facets"):
        selections = _selections(plan, found, hits, counts)
        facets, timeline = counts.counted(plan, selections) if selections else ((), None)
    return Results(
        total=total,
        preferred=total if preferred is None else int(np.count_nonzero(hits & preferred)),
        hits=_hits(plan, evaluator, page),
        rows=page.length,
        facets=facets,
        timeline=timeline,
        timed_out=evaluator.timed_out,
        cut=evaluator.cut,
        frequencies=evaluator.frequencies(plan.query) if plan.bring == "text" else (),
    )


def _selections(plan: Plan, found: _Found, hits: Mask, counts: Counts) -> dict[FacetPlan | None, Selection]:
    """What facets count: under None the hits, and under a facet what it counts in their place."""
    if not plan.facets and not plan.timeline:
        return {}
    selections: dict[FacetPlan | None, Selection] = {None: counts.selection(found.doc_set, hits)}
    known: dict[tuple[tuple[Filter, ...], bool], Selection] = {}
    for facet in plan.facets:
        own, rest = tuple(rule for rule in plan.filters if is_own(rule, facet)), facet.among == "rest"
        if not own and not rest:
            continue
        if (own, rest) not in known:  # facets of one field, and of one date, often count the same articles
            mask = found.hits(plan, facet)
            known[own, rest] = counts.selection(found.doc_set, mask & ~hits if rest else mask)
        selections[facet] = known[own, rest]
    return selections


Row = tuple[ScoredDoc, Sequence[ScoredDoc]]
"""A line of the result list: a hit and its near-copies further down."""


@dataclass(frozen=True, slots=True)
class _Page:
    """The rows asked for, how many rows the whole list has, and the doc ids of the hits that do not come first."""

    rows: Sequence[Row]
    length: int
    others: Set[int] = frozenset()


def _page(plan: Plan, evaluator: Evaluator, found: _Found, hits: Mask, total: int) -> _Page:
    if plan.limit == 0:
        return _Page((), total)
    depth = plan.offset + plan.limit
    best, rest = _best(plan, evaluator, found, hits, depth + MAX_GROUPED if plan.group else depth)
    others = frozenset(candidate.doc for candidate in rest)
    best = [*best, *rest]
    if not plan.group:
        return _Page([(candidate, ()) for candidate in best[plan.offset :]], total, others)
    rows = grouped([(candidate, _fingerprint(evaluator, candidate)) for candidate in best])
    return _Page(rows[plan.offset : depth], total - (len(best) - len(rows)), others)


def _best(
    plan: Plan, evaluator: Evaluator, found: _Found, hits: Mask, limit: int
) -> tuple[list[ScoredDoc], list[ScoredDoc]]:
    """The first hits in order: preferred ones, and what follows them. Those before `after` are left out."""
    if found.preferred is None and (plan.after is None or plan.after.preferred):
        return _top(plan, evaluator, found, hits, page_of(plan.sort, limit, plan.after)), []
    preferred = hits if found.preferred is None else hits & found.preferred
    first: list[ScoredDoc] = []
    after = plan.after
    if after is None or after.preferred:
        first, after = _top(plan, evaluator, found, preferred, page_of(plan.sort, limit, after)), None
    return first, _top(plan, evaluator, found, hits & ~preferred, page_of(plan.sort, limit - len(first), after))


def _top(plan: Plan, evaluator: Evaluator, found: _Found, hits: Mask, page: Page) -> list[ScoredDoc]:
    snapshot = evaluator.snapshot
    if plan.sort != "relevance":
        return top_by_date(snapshot, found.doc_set.chosen(hits), plan.date_field, plan.sort, page)
    best = partial(top_by_score, snapshot, found.doc_set, hits, found.scores)
    return top_by_meaning(snapshot, best, page, plan.meaning) if plan.meaning else best(page)


def _fingerprint(evaluator: Evaluator, candidate: ScoredDoc) -> int:
    part, doc = evaluator.snapshot.locate(candidate.doc)
    return int(part.segment.fingerprints[doc])


def _hits(plan: Plan, evaluator: Evaluator, page: _Page) -> tuple[Hit, ...]:
    if not page.rows:
        return ()
    shown = [candidate for candidate, _ in page.rows]
    scores = _scores(plan, evaluator, shown)
    explainer = Explainer(plan, evaluator, _docs(shown)) if plan.explain else None
    matched = matched_leaves(plan.query, evaluator, _docs(shown)) if plan.matched else {}
    found = (_hit(plan, evaluator, row, scores[row[0].doc], explainer, matched) for row in page.rows)
    if not page.others:
        return tuple(found)
    return tuple(
        replace(hit, preferred=row[0].doc not in page.others) for row, hit in zip(page.rows, found, strict=True)
    )


def _docs(shown: Sequence[ScoredDoc]) -> Ints:
    """The doc ids of some hits, ascending."""
    return np.sort(np.array([candidate.doc for candidate in shown], np.int64))


def _scores(plan: Plan, evaluator: Evaluator, shown: Sequence[ScoredDoc]) -> dict[int, float]:
    """The score of each hit; those sorted by date have not been scored yet."""
    if plan.sort == "relevance":
        return {candidate.doc: candidate.value for candidate in shown}
    docs = _docs(shown)
    scores = evaluator.matched(plan.query, doc_set_of(evaluator.snapshot, docs), scored=True)[1]
    values = np.zeros(len(docs)) if scores is None else np.round(scores, SCORE_DIGITS)
    return dict(zip(docs.tolist(), values.tolist(), strict=True))


def _hit(
    plan: Plan,
    evaluator: Evaluator,
    row: Row,
    score: float,
    explainer: Explainer | None,
    matched: Mapping[int, MatchedLeaves],
) -> Hit:
    candidate, copies = row
    part, doc = evaluator.snapshot.locate(candidate.doc)
    head, body = _brought(plan, part.segment, doc)
    return Hit(
        id=candidate.id,
        score=score,
        sort_key=score if plan.sort == "relevance" else _dated(part.segment, doc, plan.date_field),
        head=head,
        body=body,
        matched=matched.get(candidate.doc),
        similar=tuple(copy.id for copy in copies) if plan.group else None,
        explanation=explainer.explanation(candidate.doc) if explainer else None,
        meaning=candidate.meaning,
    )


def _dated(segment: Segment, doc: int, field: str) -> float | None:
    """The date of an article in seconds since 1970; None if it has none."""
    seconds = float(segment.epochs(DATE_ORDINALS[field])[doc])
    return None if np.isnan(seconds) else seconds


def _brought(plan: Plan, segment: Segment, doc: int) -> tuple[Head | None, str | None]:
    match plan.bring:
        case "nothing":
            return None, None
        case "head":
            return segment.article_head(doc), None
        case "text":
            return segment.article_text(doc)
