"""A leaf of a query over all segments: which articles it matches, how often in which field, how rare it is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final

import numpy as np

from search.engines.conventions import Deadline
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.evaluation.phrase_postings import phrase_runs
from search.engines.disk.evaluation.posting_lists import Run, runs_of_words, weighted_words
from search.engines.disk.format.arrays import Ints, Mask, union
from search.engines.disk.reading.segments import Segment
from search.engines.disk.reading.snapshot import LiveSegment, Snapshot
from search.engines.disk.reading.term_dictionary import Dictionary, Expansion
from search.query.match import Leaf, MatchPhrase, MatchTerm
from search.ranking import inverse_document_frequency

_CACHED_BYTES: Final = 16 * 1024 * 1024
_CACHED_COUNTS: Final = 10_000

FEW: Final = 32
"""An article of a whole frame takes so many times less time than one that is looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class LeafPostings:
    """The runs of a leaf in every segment. `postings` is how many articles it matches at most."""

    runs: tuple[tuple[Run, ...], ...]
    postings: int
    warnings: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """What it keeps in memory, if none of it is mapped."""
        return 500 + sum(200 + run.docs.nbytes + run.counts.nbytes for runs in self.runs for run in runs if run.owned)


class LeafReader:
    """Reads the leaves of queries over one snapshot, and remembers the latest of them."""

    def __init__(self, snapshot: Snapshot, dictionary: Dictionary) -> None:
        self._snapshot = snapshot
        self._dictionary = dictionary
        self._known: OrderedDict[Leaf, LeafPostings] = OrderedDict()
        self._counts: OrderedDict[Leaf, int] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def read(self, leaf: Leaf, deadline: Deadline) -> LeafPostings:
        """The postings of a leaf. Raises TimeIsUp."""
        with self._lock:
            if (known := self._known.get(leaf)) is not None:
                self._known.move_to_end(leaf)
                return known
        found = self._read(leaf, deadline)
        with self._lock:
            if leaf not in self._known:
                self._known[leaf] = found
                self._size += found.size_bytes
            while self._size > _CACHED_BYTES and self._known:
                self._size -= self._known.popitem(last=False)[1].size_bytes
        return found

    def _read(self, leaf: Leaf, deadline: Deadline) -> LeafPostings:
        expansion = Expansion((), ())
        if not isinstance(leaf, MatchTerm | MatchPhrase):
            expansion = self._dictionary.expand(leaf, deadline)
        runs = []
        for number, part in enumerate(self._snapshot.segments):
            if deadline.passed():
                raise TimeIsUp
            runs.append(tuple(_runs(part.segment, leaf, expansion, number, deadline)))
        postings = sum(len(run.docs) for own in runs for run in own if run.weight > 0)
        return LeafPostings(tuple(runs), postings, expansion.warnings)

    def articles(self, leaf: Leaf, found: LeafPostings) -> int:
        """How many articles a leaf matches."""
        if (count := self._counts.get(leaf)) is None:
            count = sum(_count(part, runs) for part, runs in zip(self._snapshot.segments, found.runs, strict=True))
            self.remember_articles(leaf, count)
        return count

    def remember_articles(self, leaf: Leaf, count: int) -> None:
        """Spares counting it again."""
        with self._lock:
            self._counts[leaf] = count
            while len(self._counts) > _CACHED_COUNTS:
                self._counts.popitem(last=False)

    def idf(self, articles: int) -> float:
        """How much a leaf with so many articles tells."""
        return inverse_document_frequency(articles, self._snapshot.articles)

    def matching(self, leaf: Leaf, found: LeafPostings) -> Ints:
        """The articles a leaf matches, rising; for leaves with few."""
        docs = [np.empty(0, np.int64)]
        for part, runs in zip(self._snapshot.segments, found.runs, strict=True):
            if runs:
                docs.append(_distinct(part, runs) + part.base)
        matching = np.concatenate(docs)
        self.remember_articles(leaf, len(matching))
        return matching


def _runs(segment: Segment, leaf: Leaf, expansion: Expansion, number: int, deadline: Deadline) -> Iterator[Run]:
    if isinstance(leaf, MatchPhrase):
        return phrase_runs(segment, leaf, deadline)
    if isinstance(leaf, MatchTerm):
        return runs_of_words(segment, weighted_words(segment.vocabulary, leaf.term), leaf.fields)
    words, owners = segment.vocabulary.words_of_surfaces(expansion.surfaces[number])
    weights = expansion.weights[number][owners]
    by_weight = {weight: words[weights == weight].astype(np.uint32) for weight in np.unique(weights).tolist()}
    return runs_of_words(segment, by_weight, leaf.fields)


def _count(part: LiveSegment, runs: tuple[Run, ...]) -> int:
    if not runs:
        return 0
    if len(runs) == 1 and not runs[0].loose and part.articles == part.segment.size:
        return len(runs[0].docs)
    if sum(len(run.docs) for run in runs) * FEW < part.segment.size:
        return len(_distinct(part, runs))
    mask: Mask = np.zeros(part.segment.size, np.bool_)
    for run in runs:
        mask[run.docs.astype(np.intp)] = True
    return int(np.count_nonzero(mask & part.live))


def _distinct(part: LiveSegment, runs: tuple[Run, ...]) -> Ints:
    """The articles of some runs that are not deleted, rising."""
    docs = union([run.docs for run in runs], unsorted=any(run.loose for run in runs))
    if part.articles < part.segment.size:
        docs = docs[part.live[docs]]
    return docs.astype(np.int64)
