"""A leaf of a query over all segments: its posting lists, the articles it matches, and its document frequency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final

import numpy as np

from search import native
from search.engines.conventions import Deadline
from search.engines.disk.cache import LruCache
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.evaluation.doc_sets import all_docs
from search.engines.disk.evaluation.phrase_postings import PhraseReader
from search.engines.disk.evaluation.posting_lists import (
    EXTENT,
    PostingList,
    SegmentPostings,
    term_reader,
    word_postings,
)
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


class LeafPostings:
    """What a leaf has in each segment of a snapshot (`parts`). `max_docs`: it matches no more articles than this."""

    def __init__(self, segments: Sequence[Segment], parts: tuple[SegmentPostings, ...], cut: Cut | None = None) -> None:
        self._segments = segments
        self.parts = parts
        self.max_docs = sum(part.most for part in parts)
        self.cut = cut

    @cached_property
    def lists(self) -> tuple[tuple[PostingList, ...], ...]:
        """The same as posting lists, segment by segment."""
        return tuple(tuple(part.lists(own)) for part, own in zip(self.parts, self._segments, strict=True))

    @property
    def size_bytes(self) -> int:
        """About the memory it takes; for numpy, short lists are copied out of the file."""
        own = sum(len(part.extents) + sum(each.size_bytes for each in part.others) for part in self.parts)
        return 500 + own + (0 if native.kernel is not None else 12 * self.max_docs)


class PostingsReader:
    """Reads the leaves of queries over one snapshot, and caches the latest of them. `whole` has every article."""

    def __init__(self, snapshot: Snapshot, dictionary: TermDictionary) -> None:
        self._snapshot = snapshot
        self._dictionary = dictionary
        self.whole = all_docs(snapshot)
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
        phrase = PhraseReader(leaf, deadline) if isinstance(leaf, MatchPhrase) else None
        read = phrase.read if phrase else _reader(leaf, expansion)
        parts = []
        for number, part in enumerate(self._snapshot.segments):
            if deadline.passed():
                raise TimeIsUp
            parts.append(read(number, part.segment))
        cut = phrase.cut if phrase else expansion.cut
        return LeafPostings([part.segment for part in self._snapshot.segments], tuple(parts), cut)

    def doc_freq(self, leaf: Leaf, found: LeafPostings) -> int:
        """How many articles a leaf matches."""
        if (count := self._doc_freqs.get(leaf)) is None:
            count = sum(
                _count(part, found, number, own)
                for number, (part, own) in enumerate(zip(self._snapshot.segments, found.parts, strict=True))
            )
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


def _reader(leaf: Leaf, expansion: Expansion) -> Callable[[int, Segment], SegmentPostings]:
    """Reads what a leaf that is no phrase has in a segment, given by its number too."""
    if isinstance(leaf, MatchTerm):
        read_term = term_reader(leaf.term, leaf.fields)
        return lambda _, segment: read_term(segment)

    def read_pattern(number: int, segment: Segment) -> SegmentPostings:
        words, owners = segment.vocabulary.words_of_surfaces(expansion.surfaces[number])
        weights = expansion.weights[number][owners]
        by_weight = {weight: words[weights == weight].astype(np.uint32) for weight in np.unique(weights).tolist()}
        return word_postings(segment, by_weight, leaf.fields)

    return read_pattern


def _count(part: LiveSegment, found: LeafPostings, number: int, own: SegmentPostings) -> int:
    """How many live articles a leaf has in a segment."""
    if not own.most:
        return 0
    whole = part.articles == part.segment.size
    if whole and len(own.extents) == EXTENT.itemsize and not own.others:
        return own.total
    if native.kernel is not None:
        count: int = part.segment.compiled.count(own.extents, own.arrays, None if whole else part.live)
        return count
    lists = found.lists[number]
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
