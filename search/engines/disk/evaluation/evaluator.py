"""A query tree over a doc set: a mask of the articles that match, and the score of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from search import native
from search.engines.conventions import Deadline
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.evaluation.doc_sets import DocSet, blocks, doc_set_of
from search.engines.disk.evaluation.filters import FilterCache
from search.engines.disk.evaluation.leaves import SPARSE, LeafPostings, PostingsReader
from search.engines.disk.evaluation.program import Compiler, Program
from search.engines.disk.evaluation.scoring import Norms, frequencies, matches, saturate
from search.engines.disk.format.arrays import Array, Floats, Ints, Mask
from search.engines.disk.reading.snapshot import Snapshot
from search.engines.outcome import conditions, leaves
from search.engines.plan import Filter
from search.engines.results import Cut
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
"""Which articles match, and the score of each: 0 where it does not match, None if all scores are 0."""

_LEAVES: Final = (MatchTerm, MatchPhrase, MatchPrefix, MatchWildcard, MatchFuzzy)
_NOWHERE: Final = np.empty(0, np.int64)

BLOCK: Final = 1 << 17
"""Articles evaluated at once."""


class Evaluator:
    """One search over one snapshot.

    Leaves that could not be read before the deadline count as matching nothing; then `timed_out` is true.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        reader: PostingsReader,
        norms: Norms,
        filters: FilterCache,
        deadline: Deadline,
        time_zone: str,
    ) -> None:
        self.snapshot = snapshot
        self.reader = reader
        self.norms = norms
        self._filters = filters
        self._deadline = deadline
        self._time_zone = time_zone
        self._late = False
        self._leaves: dict[Leaf, LeafPostings | None] = {}
        self._sparse: dict[Leaf, tuple[Ints, Mask, Floats | None]] = {}

    @property
    def timed_out(self) -> bool:
        """Whether the deadline has passed."""
        return self._late or self._deadline.passed()

    @property
    def cut(self) -> tuple[Cut, ...]:
        """The leaves that were not searched in full."""
        return tuple(found.cut for found in self._leaves.values() if found and found.cut)

    def read(self, query: Match) -> None:
        """Reads the postings of every leaf of a query."""
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

    def frequencies(self, query: Match) -> tuple[int, ...]:
        """How many articles each leaf of a query matches at most, for no more than a look at what was read."""
        found = (self.postings(leaf) for leaf in leaves(query))
        return tuple(postings.max_docs if postings else 0 for postings in found)

    # Which articles to look at

    def doc_set(self, query: Match) -> DocSet:
        """The articles to evaluate a query for: the few that can match, or all if they are not few."""
        if native.kernel is not None:
            return self.reader.whole
        most = self._most(query)
        if most * SPARSE >= self.snapshot.size:
            return self.reader.whole
        return doc_set_of(self.snapshot, self._candidates(query))

    def _most(self, query: Match) -> int:
        """An upper bound for the number of articles that match."""
        match query:
            case MatchNone():
                return 0
            case MatchEvery(children):
                return min((self._most(child) for child in children), default=self.snapshot.size)
            case MatchAny(children) | MatchBest(children):
                return sum(map(self._most, self._needed(query)))
            case MatchAll() | MatchNot() | MatchKeyword() | MatchDates():
                return self.snapshot.size
            case _:
                found = self.postings(query)
                return found.max_docs if found else 0

    def _candidates(self, query: Match) -> Ints:
        """The doc ids that can match, ascending; for queries with few of them."""
        match query:
            case MatchEvery(children):
                return self._candidates(min(children, key=self._most))
            case MatchAny() | MatchBest():
                found = [self._candidates(child) for child in self._needed(query)]
                return found[0] if len(found) == 1 else np.unique(np.concatenate([_NOWHERE, *found]))
            case MatchNone() | MatchAll() | MatchNot() | MatchKeyword() | MatchDates():
                return _NOWHERE
            case _:
                postings = self.postings(query)
                return self.reader.matching_docs(query, postings) if postings else _NOWHERE

    def _needed(self, query: MatchAny | MatchBest) -> Sequence[Match]:
        """The rarest children, of which every article that matches the query matches one: without `least` - 1 of the
        children, no article can have `least` of them."""
        least = query.least if isinstance(query, MatchAny) else 1
        if least <= 1:
            return query.children
        return sorted(query.children, key=self._most)[: max(0, len(query.children) + 1 - least)]

    # Which of them match

    def matched(self, query: Match, doc_set: DocSet, *, scored: bool) -> Matched:
        """Which articles match and are not deleted; with their scores if these are wanted (`scored`)."""
        if doc_set.is_whole and native.kernel is not None and (program := self._program(query, scored)):
            return program.run(doc_set, self.norms, self._deadline, scored=scored)
        if not doc_set.is_whole or doc_set.size <= 2 * BLOCK:
            return self._matched(query, doc_set, scored)
        for condition in conditions(query):
            self.holds(condition, doc_set)  # cached for all articles, to be cut into blocks
        mask: Mask = np.empty(doc_set.size, np.bool_)
        scores = None
        for block in blocks(self.snapshot, BLOCK):
            own_mask, own_scores = self._matched(query, block, scored)
            mask[block.span] = own_mask
            if own_scores is not None:
                scores = np.zeros(doc_set.size) if scores is None else scores
                scores[block.span] = own_scores
        return mask, scores

    def _program(self, query: Match, scored: bool) -> Program | None:
        """The query for the kernel. The compiler is not kept: it refers to this evaluator, and a cycle would hold the
        files of a snapshot open until a garbage collection."""
        whole = self.reader.whole
        compiler = Compiler(self.reader, self.postings, lambda condition: self.holds(condition, whole), self._most)
        return compiler.program(query, scored=scored)

    def _matched(self, query: Match, doc_set: DocSet, scored: bool) -> Matched:
        match query:
            case MatchAll():
                return self._live(doc_set), None
            case MatchNone():
                return np.zeros(doc_set.size, np.bool_), None
            case MatchKeyword() | MatchDates():
                return self.holds(query, doc_set) & self._live(doc_set), None
            case MatchNot(child):
                return self._not(child, doc_set), None
            case MatchEvery(children):
                return self._every(children, doc_set, scored)
            case MatchAny(children, least):
                return self._any(children, doc_set, scored, np.add, least)
            case MatchBest(children):
                return self._any(children, doc_set, scored, np.maximum)
            case _:
                return self._leaf(query, doc_set, scored)

    def _live(self, doc_set: DocSet) -> Mask:
        return doc_set.gather(np.bool_, lambda part: part.column(part.live.live))

    def _not(self, child: Match, doc_set: DocSet) -> Mask:
        mask = ~self._matched(child, doc_set, False)[0] & self._live(doc_set)
        return mask & (not any(self.postings(leaf) is None for leaf in leaves(child)))

    def _every(self, children: Sequence[Match], doc_set: DocSet, scored: bool) -> Matched:
        mask, scores = self._live(doc_set), None
        for child in children:
            own_mask, own_scores = self._matched(child, doc_set, scored)
            mask = mask & own_mask
            scores = _combined(scores, own_scores, np.add)
        if scores is not None:
            scores *= mask
        return mask, scores

    def _any(
        self, children: Sequence[Match], doc_set: DocSet, scored: bool, combine: Callable[..., Any], least: int = 1
    ) -> Matched:
        times: Array = np.zeros(doc_set.size, np.uint16 if least > 1 else np.bool_)  # the sum of truth values is "or"
        scores = None
        for child in children:
            sparse = self._sparse_leaf(child, doc_set) if scored else None
            if sparse is None:
                own_mask, own_scores = self._matched(child, doc_set, scored)
                times += own_mask
                scores = _combined(scores, own_scores, combine)
                continue
            at, own_mask, own_scores = sparse
            times[at] += own_mask
            if own_scores is not None:
                scores = np.zeros(doc_set.size) if scores is None else scores
                scores[at] = combine(scores[at], own_scores)
        if least <= 1:
            return times, scores
        mask: Mask = times >= least
        if scores is not None:
            scores *= mask
        return mask, scores

    def _sparse_leaf(self, query: Match, doc_set: DocSet) -> tuple[Ints, Mask, Floats | None] | None:
        """A rare leaf evaluated only where it may match: indices into a doc set of all articles or into a block, with
        mask and scores there. None if evaluating it everywhere costs less."""
        if doc_set.docs is not None or not isinstance(query, _LEAVES):
            return None
        if query not in self._sparse:
            found = self.postings(query)
            if found is None or found.max_docs * SPARSE >= self.snapshot.size:
                return None
            docs = self.reader.matching_docs(query, found)
            self._sparse[query] = docs, *self._leaf(query, doc_set_of(self.snapshot, docs), scored=True)
        docs, mask, scores = self._sparse[query]
        own = slice(*np.searchsorted(docs, (doc_set.first, doc_set.first + doc_set.size)).tolist())
        return docs[own] - doc_set.first, mask[own], None if scores is None else scores[own]

    def _leaf(self, leaf: Leaf, doc_set: DocSet, scored: bool) -> Matched:
        found = self.postings(leaf)
        try:
            if found and scored:
                return self._scored(leaf, found, doc_set)
            if found:
                return matches(found, doc_set, self._deadline), None
        except TimeIsUp:
            self._late = True
            self._leaves[leaf] = None
        return np.zeros(doc_set.size, np.bool_), None

    def _scored(self, leaf: Leaf, found: LeafPostings, doc_set: DocSet) -> Matched:
        scores = frequencies(found, doc_set, self.norms, self._deadline)
        mask = scores > 0.0
        if doc_set.is_whole:
            self.reader.keep_doc_freq(leaf, int(np.count_nonzero(mask)))
        saturate(scores, leaf.boost * self.reader.idf(self.reader.doc_freq(leaf, found)))
        return mask, scores

    # FilterCache and filters

    def holds(self, condition: MatchKeyword | MatchDates, doc_set: DocSet) -> Mask:
        """Which articles, deleted ones included, a condition holds for."""
        return self._filters.holds(condition, doc_set, self._time_zone)

    def passes(self, filter: Filter, doc_set: DocSet) -> Mask:
        """Which articles, deleted ones included, a filter lets through."""
        return self._filters.passes(filter, doc_set, self._time_zone)


def _combined(scores: Floats | None, others: Floats | None, combine: Callable[..., Any]) -> Floats | None:
    """Both combined, written over the first; None stands for zeros."""
    if scores is None or others is None:
        return others if scores is None else scores
    combine(scores, others, out=scores)
    return scores
