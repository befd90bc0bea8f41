"""BM25F over arrays: length norms, the score of a leaf for every article of a doc set, and recency."""

from __future__ import annotations

from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.dates import epoch
from search.engines.conventions import Deadline
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.evaluation.doc_sets import DocSet, SegmentDocs
from search.engines.disk.evaluation.leaves import LeafPostings
from search.engines.disk.evaluation.posting_lists import PostingList
from search.engines.disk.format.arrays import Floats, Ints, Mask, intersect
from search.engines.disk.format.layout import DATE_ORDINALS, FIELD_ORDINALS
from search.engines.disk.reading.segments import recency_factors
from search.engines.disk.reading.snapshot import LiveSegment, Snapshot
from search.engines.plan import Recency
from search.ranking import K1, normalised_frequency
from search.schema import TEXT_FIELDS

_FIELDS: Final = tuple(TEXT_FIELDS)
_PUBLISHED: Final = DATE_ORDINALS["published"]
_TITLE: Final = FIELD_ORDINALS["title"]
_BODY: Final = FIELD_ORDINALS["body"]
_ONE: Final = np.ones(1)
_BLOCK: Final = 1 << 15
"""Articles whose frequencies are saturated in one step: they stay in the processor's cache."""


class Norms:
    """The weight of one occurrence in each field of each article of a snapshot: BM25F's length norm with the field's
    boost."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._averages: tuple[float, ...] | None = None
        self._tables: dict[int, Floats] = {}
        self._by_segment: dict[int, tuple[Floats, ...]] = {}
        self._lock = Lock()

    def averages(self) -> tuple[float, ...]:
        """The mean length of each text field over the articles that have it; 0 where none has."""
        if self._averages is None:
            self._averages = tuple(self._average(field) for field in range(len(_FIELDS)))
        return self._averages

    def _average(self, field: int) -> float:
        total = count = 0
        for part in self._snapshot.segments:
            lengths = part.segment.lengths[field]
            if part.articles < part.segment.size:
                lengths = lengths[part.live]
            total += int(lengths.sum(dtype=np.int64))
            count += int(np.count_nonzero(lengths))
        return total / count if count else 0.0

    def weights(self, field: int, part: LiveSegment, docs: NDArray[Any]) -> Floats:
        """The weights for some articles of a segment."""
        if (table := self._tables.get(field)) is not None:
            own: Floats = table[part.span][docs]
            return own
        return self._weights(field, part.segment.lengths, docs)

    def table(self, field: int) -> Floats:
        """The weights for all articles of the snapshot."""
        with self._lock:
            if (table := self._tables.get(field)) is None:
                table = np.empty(self._snapshot.size)
                for part in self._snapshot.segments:
                    table[part.span] = self._weights(field, part.segment.lengths, slice(None))
                self._tables[field] = table
        return table

    def tables(self, number: int) -> tuple[Floats, ...]:
        """The weights for all articles of one segment, for each text field."""
        if (known := self._by_segment.get(number)) is None:
            span = self._snapshot.segments[number].span
            known = self._by_segment[number] = tuple(self.table(field)[span] for field in range(len(_FIELDS)))
        return known

    def _weights(self, field: int, lengths: NDArray[np.uint32], docs: NDArray[Any] | slice) -> Floats:
        average = self.averages()[field] or 1.0  # no live article has the field: any number will do
        own = lengths[field][docs].astype(np.float64)
        titles = lengths[_TITLE][docs] if field == _BODY else 1.0
        return normalised_frequency(_FIELDS[field], _ONE, own, average, titles)


def frequencies(found: LeafPostings, doc_set: DocSet, norms: Norms, deadline: Deadline) -> Floats:
    """The weighted term frequency of a leaf in every article of a doc set, 0 where it does not match. Raises
    TimeIsUp."""
    total = np.zeros(doc_set.size)
    for part in doc_set.parts:
        own = total[part.span]
        for number, postings in enumerate(found.lists[part.number]):
            if deadline.passed():
                raise TimeIsUp
            at, weights = _weigh(postings, part, norms)
            if postings.unsorted:
                own += np.bincount(at, weights, len(own))
            elif number:
                own[at] += weights
            else:
                own[at] = weights
        if part.docs is None and part.live.articles < part.live.segment.size:
            own *= part.column(part.live.live)
    return total


def matches(found: LeafPostings, doc_set: DocSet, deadline: Deadline) -> Mask:
    """Which articles of a doc set a leaf matches. Raises TimeIsUp."""
    mask: Mask = np.zeros(doc_set.size, np.bool_)
    for part in doc_set.parts:
        own = mask[part.span]
        for postings in found.lists[part.number]:
            if deadline.passed():
                raise TimeIsUp
            own[_locate(postings, part)[1]] = True
        if part.docs is None and part.live.articles < part.live.segment.size:
            own &= part.column(part.live.live)
    return mask


def saturate(frequencies: Floats, factor: float) -> None:
    """Turns frequencies into scores, in place: `search.ranking.saturation` of each, times the factor."""
    room = np.empty(min(_BLOCK, len(frequencies)))
    for start in range(0, len(frequencies), _BLOCK):
        block = frequencies[start : start + _BLOCK]
        divisors = np.add(block, K1, out=room[: len(block)])
        block *= (K1 + 1.0) * factor
        block /= divisors


def _weigh(postings: PostingList, part: SegmentDocs, norms: Norms) -> tuple[Ints, Floats]:
    """The indices of a list's articles in a segment's share of a doc set, and the weight of its occurrences in each."""
    chosen, at = _locate(postings, part)
    if part.docs is None:
        weights = norms.table(postings.field)[part.live.base + part.first : part.live.base + part.end][at]
    else:
        weights = norms.weights(postings.field, part.live, part.docs[at])
    weights *= postings.counts[chosen]
    if postings.weight != 1.0:
        weights *= postings.weight
    return at, weights


def _locate(postings: PostingList, part: SegmentDocs) -> tuple[Ints | slice, Ints]:
    """Which articles of a list are in a segment's share of a doc set, and their indices there."""
    if part.docs is not None:
        return intersect(postings.docs, part.docs, unsorted=postings.unsorted)
    if part.is_whole:
        return slice(None), postings.docs.astype(np.intp)
    if postings.unsorted:
        inside = np.flatnonzero((postings.docs >= part.first) & (postings.docs < part.end))
        return inside, postings.docs[inside].astype(np.intp) - part.first
    chosen = slice(*postings.docs.searchsorted(part.bounds).tolist())
    return chosen, np.subtract(postings.docs[chosen], part.first, dtype=np.intp)


def favour_recent(scores: Floats, doc_set: DocSet, recency: Recency) -> None:
    """Multiplies the scores of a doc set, in place, by what recency leaves of each article's score."""
    now = epoch(recency.now)
    for part in doc_set.parts:
        segment = part.live.segment
        if part.docs is None:
            factors = part.column(segment.recency_factors(_PUBLISHED, now))
        else:
            factors = recency_factors(segment.epochs(_PUBLISHED)[part.docs], now)
        scores[part.span] *= factors
