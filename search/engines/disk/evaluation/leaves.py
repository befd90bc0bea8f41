"""A leaf of a query over all segments: its posting lists, the articles it matches, and its document frequency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from search.engines.conventions import Deadline
from search.engines.disk.cache import LruCache
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.evaluation.phrase_postings import phrase_postings
from search.engines.disk.evaluation.posting_lists import PostingList, posting_lists, words_of_term
from search.engines.disk.format.arrays import Ints, Mask, union
from search.engines.disk.reading.segments import Segment
from search.engines.disk.reading.snapshot import LiveSegment, Snapshot
from search.engines.disk.reading.term_dictionary import Expansion, TermDictionary
from search.engines.results import Cut
from search.query.match import Leaf, MatchPhrase, MatchTerm
from search.ranking import inverse_document_frequency

_CACHED_BYTES: Final = 16 * 1024 * 1024
_CACHED_COUNTS: Final = 10_000

SPARSE: Final = 32
"""What matches fewer than one in this many articles is evaluated for these alone: an article that has to be looked up
takes about this many times as long as one among all."""


@dataclass(frozen=True, slots=True, eq=False)
class LeafPostings:
    """The posting lists of a leaf, segment by segment. `max_docs`: it matches no more articles than this."""

    lists: tuple[tuple[PostingList, ...], ...]
    max_docs: int
    cut: Cut | None = None

    @property
    def size_bytes(self) -> int:
        """The memory it takes; mapped lists take next to none."""
        in_memory = (each for own in self.lists for each in own if each.in_memory)
        return 500 + sum(200 + each.docs.nbytes + each.counts.nbytes for each in in_memory)


class PostingsReader:
    """Reads the leaves of queries over one snapshot, and caches the latest of them."""

    def __init__(self, snapshot: Snapshot, dictionary: TermDictionary) -> None:
        self._snapshot = snapshot
        self._dictionary = dictionary
        self._postings = LruCache[LeafPostings](_CACHED_BYTES)
        self._doc_freqs = LruCache[int](_CACHED_COUNTS)

    def read(self, leaf: Leaf, deadline: Deadline) -> LeafPostings:
        """The postings of a leaf. Raises TimeIsUp."""
        if (found := self._postings.get(leaf)) is None:
            found = self._read(leaf, deadline)
            self._postings.put(leaf, found, found.size_bytes)
        return found

    def _read(self, leaf: Leaf, deadline: Deadline) -> LeafPostings:
        expansion = Expansion((), ())
        if not isinstance(leaf, MatchTerm | MatchPhrase):
            expansion = self._dictionary.expand(leaf, deadline)
        lists = []
        for number, part in enumerate(self._snapshot.segments):
            if deadline.passed():
                raise TimeIsUp
            lists.append(tuple(_lists(part.segment, leaf, expansion, number, deadline)))
        max_docs = sum(len(each.docs) for own in lists for each in own if each.weight > 0)
        return LeafPostings(tuple(lists), max_docs, expansion.cut)

    def doc_freq(self, leaf: Leaf, found: LeafPostings) -> int:
        """How many articles a leaf matches."""
        if (count := self._doc_freqs.get(leaf)) is None:
            count = sum(_count(part, own) for part, own in zip(self._snapshot.segments, found.lists, strict=True))
            self.keep_doc_freq(leaf, count)
        return count

    def keep_doc_freq(self, leaf: Leaf, count: int) -> None:
        """Notes how many articles a leaf matches, so that it is not counted again."""
        self._doc_freqs.put(leaf, count)

    def idf(self, doc_freq: int) -> float:
        """The inverse document frequency of a leaf that matches this many articles."""
        return inverse_document_frequency(doc_freq, self._snapshot.articles)

    def matching_docs(self, leaf: Leaf, found: LeafPostings) -> Ints:
        """The doc ids that a leaf matches, ascending; for leaves that match few."""
        docs = [np.empty(0, np.int64)]
        for part, own in zip(self._snapshot.segments, found.lists, strict=True):
            if own:
                docs.append(_live_docs(part, own) + part.base)
        matching = np.concatenate(docs)
        self.keep_doc_freq(leaf, len(matching))
        return matching


def _lists(
    segment: Segment, leaf: Leaf, expansion: Expansion, number: int, deadline: Deadline
) -> Iterator[PostingList]:
    if isinstance(leaf, MatchPhrase):
        return phrase_postings(segment, leaf, deadline)
    if isinstance(leaf, MatchTerm):
        return posting_lists(segment, words_of_term(segment.vocabulary, leaf.term), leaf.fields)
    words, owners = segment.vocabulary.words_of_surfaces(expansion.surfaces[number])
    weights = expansion.weights[number][owners]
    by_weight = {weight: words[weights == weight].astype(np.uint32) for weight in np.unique(weights).tolist()}
    return posting_lists(segment, by_weight, leaf.fields)


def _count(part: LiveSegment, lists: tuple[PostingList, ...]) -> int:
    """How many live articles are in any of the lists."""
    if not lists:
        return 0
    if len(lists) == 1 and not lists[0].unsorted and part.articles == part.segment.size:
        return len(lists[0].docs)
    if sum(len(each.docs) for each in lists) * SPARSE < part.segment.size:
        return len(_live_docs(part, lists))
    mask: Mask = np.zeros(part.segment.size, np.bool_)
    for each in lists:
        mask[each.docs.astype(np.intp)] = True
    return int(np.count_nonzero(mask & part.live))


def _live_docs(part: LiveSegment, lists: tuple[PostingList, ...]) -> Ints:
    """The live articles that are in any of the lists, ascending."""
    docs = union([each.docs for each in lists], unsorted=any(each.unsorted for each in lists))
    if part.articles < part.segment.size:
        docs = docs[part.live[docs]]
    return docs.astype(np.int64)
