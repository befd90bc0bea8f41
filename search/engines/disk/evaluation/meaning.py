"""The first hits by words in the order of words and meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from search.engines.disk.evaluation.top_docs import Page, ScoredDoc
from search.engines.disk.reading.snapshot import Snapshot
from search.engines.plan import Meaning
from search.engines.results import MeaningScore
from search.engines.vectors import joined, similarities
from search.ranking import MEANING_DEPTH, scores_by_meaning


def top_by_meaning(
    snapshot: Snapshot, best: Callable[[Page], list[ScoredDoc]], page: Page, meaning: Meaning
) -> list[ScoredDoc]:
    """The page of a list of which the first MEANING_DEPTH hits are ordered by meaning too. `best` gives the pages of
    the list by words alone; it is asked for at most two."""
    if not page.limit:
        return []
    if page.after is None:
        found = best(Page(max(page.limit, MEANING_DEPTH)))
        first = _ordered(snapshot, found[:MEANING_DEPTH], meaning)
        return [*first, *found[MEANING_DEPTH:]][: page.limit]
    by_words = best(Page(MEANING_DEPTH))
    if len(by_words) < MEANING_DEPTH:
        return _following(_ordered(snapshot, by_words, meaning), page.after)[: page.limit]
    last = by_words[-1]
    first = _following(_ordered(snapshot, by_words, meaning), page.after)[: page.limit]
    after = max(page.after, (last.value, last.id), key=lambda place: (-place[0], place[1]))
    return [*first, *best(Page(page.limit - len(first), after))]


def _following(hits: Sequence[ScoredDoc], after: tuple[float, str]) -> list[ScoredDoc]:
    return [hit for hit in hits if (-hit.value, hit.id) > (-after[0], after[1])]


def _ordered(snapshot: Snapshot, hits: Sequence[ScoredDoc], meaning: Meaning) -> list[ScoredDoc]:
    """The hits with their scores by words and meaning, in that order."""
    if not hits:
        return []
    near = _similarities(snapshot, hits, meaning)
    scores = scores_by_meaning([hit.value for hit in hits], near)
    scored = [
        replace(hit, value=score, meaning=MeaningScore(similarity, hit.value))
        for hit, score, similarity in zip(hits, scores, near, strict=True)
    ]
    return sorted(scored, key=lambda hit: (-hit.value, hit.id))


def _similarities(snapshot: Snapshot, hits: Sequence[ScoredDoc], meaning: Meaning) -> list[float | None]:
    """The similarity of each hit to the question; None where it has no vectors of that model."""
    places = (snapshot.locate(hit.doc) for hit in hits)
    rows = [part.rows_of(own, meaning.model) for part, own in places]
    parts = [part for part in rows if part is not None]
    if not parts:
        return [None] * len(hits)
    starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
    found = iter(similarities(joined(parts), starts, meaning.vector))
    return [None if part is None else next(found) for part in rows]
