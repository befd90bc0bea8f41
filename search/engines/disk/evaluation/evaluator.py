"""A query tree over a frame of articles: a mask of those that match, and the score of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from search.engines.base import Filter
from search.engines.conventions import Deadline
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.evaluation.doc_sets import Frame, frame_of, tiles, whole_frame
from search.engines.disk.evaluation.filters import Conditions
from search.engines.disk.evaluation.leaves import FEW, LeafPostings, LeafReader
from search.engines.disk.evaluation.scoring import Norms, frequencies, matches, saturate
from search.engines.disk.format.arrays import Floats, Ints, Mask
from search.engines.disk.reading.snapshot import Snapshot
from search.engines.outcome import conditions, leaves
from search.query.match import (
    Leaf,
    Match,
    MatchAll,
    MatchAny,
    MatchBest,
    MatchDates,
    MatchEvery,
    MatchFuzzy,
    MatchKeyword,
    MatchNone,
    MatchNot,
    MatchPhrase,
    MatchPrefix,
    MatchTerm,
    MatchWildcard,
)

Matched = tuple[Mask, Floats | None]
"""Which articles match, and the scores of all (0 where they do not match; None if all are 0)."""

_LEAVES: Final = (MatchTerm, MatchPhrase, MatchPrefix, MatchWildcard, MatchFuzzy)
_NOWHERE: Final = np.empty(0, np.int64)

TILE: Final = 1 << 17
"""So many articles are evaluated at once."""


class Evaluator:
    """One search over one snapshot.

    `timed_out`: the deadline passed, and what was not read by then was left out. `warnings` are those of the leaves.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        reader: LeafReader,
        norms: Norms,
        conditions: Conditions,
        deadline: Deadline,
        time_zone: str,
    ) -> None:
        self.snapshot = snapshot
        self.reader = reader
        self.norms = norms
        self._conditions = conditions
        self._deadline = deadline
        self._time_zone = time_zone
        self._late = False
        self._leaves: dict[Leaf, LeafPostings | None] = {}
        self._sparse: dict[Leaf, tuple[Ints, Mask, Floats | None]] = {}

    @property
    def timed_out(self) -> bool:
        return self._late or self._deadline.passed()

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(warning for found in self._leaves.values() if found for warning in found.warnings)

    def read(self, query: Match) -> None:
        """Reads every leaf of a query."""
        for leaf in leaves(query):
            self.postings(leaf)

    def postings(self, leaf: Leaf) -> LeafPostings | None:
        """The postings of a leaf; None if there was no time to read them."""
        if leaf not in self._leaves:
            try:
                self._leaves[leaf] = self.reader.read(leaf, self._deadline)
            except TimeIsUp:
                self._late = True
                self._leaves[leaf] = None
        return self._leaves[leaf]

    # Which articles to look at

    def frame(self, query: Match) -> Frame:
        """The articles that can match: a few, or all."""
        most = self._most(query)
        if most * FEW >= self.snapshot.size:
            return whole_frame(self.snapshot)
        return frame_of(self.snapshot, self._candidates(query))

    def _most(self, query: Match) -> int:
        """How many articles match at most."""
        match query:
            case MatchNone():
                return 0
            case MatchEvery(children):
                return min((self._most(child) for child in children), default=self.snapshot.size)
            case MatchAny(children) | MatchBest(children):
                return sum(map(self._most, children))
            case MatchAll() | MatchNot() | MatchKeyword() | MatchDates():
                return self.snapshot.size
            case _:
                found = self.postings(query)
                return found.postings if found else 0

    def _candidates(self, query: Match) -> Ints:
        """The articles that can match a query that has few, rising."""
        match query:
            case MatchEvery(children):
                return self._candidates(min(children, key=self._most))
            case MatchAny(children) | MatchBest(children):
                found = [self._candidates(child) for child in children]
                return found[0] if len(found) == 1 else np.unique(np.concatenate([_NOWHERE, *found]))
            case MatchNone() | MatchAll() | MatchNot() | MatchKeyword() | MatchDates():
                return _NOWHERE
            case _:
                postings = self.postings(query)
                return self.reader.matching(query, postings) if postings else _NOWHERE

    # What of them matches

    def matched(self, query: Match, frame: Frame, *, scored: bool) -> Matched:
        """What a query matches among the articles that are not deleted; `scored`: the scores are wanted."""
        if not frame.is_whole or frame.size <= 2 * TILE:
            return self._matched(query, frame, scored)
        for condition in conditions(query):
            self.holds(condition, frame)  # remembered for all articles, to be cut into tiles
        mask: Mask = np.empty(frame.size, np.bool_)
        scores = None
        for tile in tiles(self.snapshot, TILE):
            own_mask, own_scores = self._matched(query, tile, scored)
            mask[tile.span] = own_mask
            if own_scores is not None:
                scores = np.zeros(frame.size) if scores is None else scores
                scores[tile.span] = own_scores
        return mask, scores

    def _matched(self, query: Match, frame: Frame, scored: bool) -> Matched:
        match query:
            case MatchAll():
                return self._live(frame), None
            case MatchNone():
                return np.zeros(frame.size, np.bool_), None
            case MatchKeyword() | MatchDates():
                return self.holds(query, frame) & self._live(frame), None
            case MatchNot(child):
                return self._not(child, frame), None
            case MatchEvery(children):
                return self._every(children, frame, scored)
            case MatchAny(children):
                return self._any(children, frame, scored, np.add)
            case MatchBest(children):
                return self._any(children, frame, scored, np.maximum)
            case _:
                return self._leaf(query, frame, scored)

    def _live(self, frame: Frame) -> Mask:
        return frame.gather(np.bool_, lambda part: part.column(part.live.live))

    def _not(self, child: Match, frame: Frame) -> Mask:
        mask = ~self._matched(child, frame, False)[0] & self._live(frame)
        return mask & (not any(self.postings(leaf) is None for leaf in leaves(child)))

    def _every(self, children: Sequence[Match], frame: Frame, scored: bool) -> Matched:
        mask, scores = self._live(frame), None
        for child in children:
            own_mask, own_scores = self._matched(child, frame, scored)
            mask = mask & own_mask
            scores = _combined(scores, own_scores, np.add)
        if scores is not None:
            scores *= mask
        return mask, scores

    def _any(self, children: Sequence[Match], frame: Frame, scored: bool, combine: Callable[..., Any]) -> Matched:
        mask: Mask = np.zeros(frame.size, np.bool_)
        scores = None
        for child in children:
            few = self._few(child, frame) if scored else None
            if few is None:
                own_mask, own_scores = self._matched(child, frame, scored)
                mask |= own_mask
                scores = _combined(scores, own_scores, combine)
                continue
            at, own_mask, own_scores = few
            mask[at] |= own_mask
            if own_scores is not None:
                scores = np.zeros(frame.size) if scores is None else scores
                scores[at] = combine(scores[at], own_scores)
        return mask, scores

    def _few(self, query: Match, frame: Frame) -> tuple[Ints, Mask, Floats | None] | None:
        """Where in a frame of all articles, or in a tile, a leaf may match, if to look there alone takes less time."""
        if frame.docs is not None or not isinstance(query, _LEAVES):
            return None
        if query not in self._sparse:
            found = self.postings(query)
            if found is None or found.postings * FEW >= self.snapshot.size:
                return None
            docs = self.reader.matching(query, found)
            self._sparse[query] = docs, *self._leaf(query, frame_of(self.snapshot, docs), scored=True)
        docs, mask, scores = self._sparse[query]
        own = slice(*np.searchsorted(docs, (frame.first, frame.first + frame.size)).tolist())
        return docs[own] - frame.first, mask[own], None if scores is None else scores[own]

    def _leaf(self, leaf: Leaf, frame: Frame, scored: bool) -> Matched:
        found = self.postings(leaf)
        try:
            if found and scored:
                return self._scored(leaf, found, frame)
            if found:
                return matches(found, frame, self._deadline), None
        except TimeIsUp:
            self._late = True
            self._leaves[leaf] = None
        return np.zeros(frame.size, np.bool_), None

    def _scored(self, leaf: Leaf, found: LeafPostings, frame: Frame) -> Matched:
        scores = frequencies(found, frame, self.norms, self._deadline)
        mask = scores > 0.0
        if frame.is_whole:
            self.reader.remember_articles(leaf, int(np.count_nonzero(mask)))
        saturate(scores, leaf.boost * self.reader.idf(self.reader.articles(leaf, found)))
        return mask, scores

    # Conditions and filters

    def holds(self, condition: MatchKeyword | MatchDates, frame: Frame) -> Mask:
        """Which articles, deleted ones included, a condition holds for."""
        return self._conditions.holds(condition, frame, self._time_zone)

    def passes(self, filter: Filter, frame: Frame) -> Mask:
        """Which articles, deleted ones included, a filter keeps."""
        return self._conditions.passes(filter, frame, self._time_zone)


def _combined(scores: Floats | None, others: Floats | None, combine: Callable[..., Any]) -> Floats | None:
    """Both together, in the place of the first."""
    if scores is None or others is None:
        return others if scores is None else scores
    combine(scores, others, out=scores)
    return scores
