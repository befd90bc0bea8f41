"""BM25F over arrays: the length norms of a snapshot, and what a leaf comes to for every article of a frame."""

from __future__ import annotations

from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.dates import epoch
from search.engines.base import Recency
from search.engines.conventions import Deadline
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.evaluation.doc_sets import Frame, FramePart
from search.engines.disk.evaluation.leaves import LeafPostings
from search.engines.disk.evaluation.posting_lists import Run
from search.engines.disk.format.arrays import Floats, Ints, Mask, intersect
from search.engines.disk.format.layout import DATE_ORDINALS
from search.engines.disk.reading.segments import recency_factors
from search.engines.disk.reading.snapshot import LiveSegment, Snapshot
from search.ranking import K1, normalised_frequency
from search.schema import TEXT_FIELDS

_FIELDS: Final = tuple(TEXT_FIELDS)
_ONE: Final = np.ones(1)
_BLOCK: Final = 1 << 15
"""Articles whose frequencies are saturated in one step: they stay in the processor's cache."""


class Norms:
    """What one occurrence in a field of an article weighs, for all articles of a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._averages: tuple[float, ...] | None = None
        self._tables: dict[int, Floats] = {}
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
        """For some articles of a segment."""
        if (table := self._tables.get(field)) is not None:
            own: Floats = table[part.span][docs]
            return own
        return self._weights(field, part.segment.lengths[field][docs])

    def table(self, field: int) -> Floats:
        """For all articles of the snapshot."""
        with self._lock:
            if (table := self._tables.get(field)) is None:
                table = np.empty(self._snapshot.size)
                for part in self._snapshot.segments:
                    table[part.span] = self._weights(field, part.segment.lengths[field])
                self._tables[field] = table
        return table

    def _weights(self, field: int, lengths: NDArray[np.uint32]) -> Floats:
        average = self.averages()[field] or 1.0  # no article that counts has the field: any number will do
        return normalised_frequency(_FIELDS[field], _ONE, lengths.astype(np.float64), average)


def frequencies(found: LeafPostings, frame: Frame, norms: Norms, deadline: Deadline) -> Floats:
    """BM25F's frequency of a leaf for every article of a frame, 0 where it does not match. Raises TimeIsUp."""
    total = np.zeros(frame.size)
    for part in frame.parts:
        own = total[part.span]
        for number, run in enumerate(found.runs[part.number]):
            if deadline.passed():
                raise TimeIsUp
            at, weights = _weighed(run, part, norms)
            if run.loose:
                own += np.bincount(at, weights, len(own))
            elif number:
                own[at] += weights
            else:
                own[at] = weights
        if part.docs is None and part.live.articles < part.live.segment.size:
            own *= part.column(part.live.live)
    return total


def matches(found: LeafPostings, frame: Frame, deadline: Deadline) -> Mask:
    """Which articles of a frame a leaf matches. Raises TimeIsUp."""
    mask: Mask = np.zeros(frame.size, np.bool_)
    for part in frame.parts:
        own = mask[part.span]
        for run in found.runs[part.number]:
            if deadline.passed():
                raise TimeIsUp
            own[_places(run, part)[1]] = True
        if part.docs is None and part.live.articles < part.live.segment.size:
            own &= part.column(part.live.live)
    return mask


def saturate(frequencies: Floats, factor: float) -> None:
    """Makes scores of frequencies, where they are: `search.ranking.saturation` of each, times the factor."""
    room = np.empty(min(_BLOCK, len(frequencies)))
    for start in range(0, len(frequencies), _BLOCK):
        block = frequencies[start : start + _BLOCK]
        divisors = np.add(block, K1, out=room[: len(block)])
        block *= (K1 + 1.0) * factor
        block /= divisors


def _weighed(run: Run, part: FramePart, norms: Norms) -> tuple[Ints, Floats]:
    """Where in its part of the frame the articles of a run stand, and what its occurrences there weigh."""
    chosen, at = _places(run, part)
    if part.docs is None:
        weights = norms.table(run.field)[part.live.base + part.first : part.live.base + part.end][at]
    else:
        weights = norms.weights(run.field, part.live, part.docs[at])
    weights *= run.counts[chosen]
    if run.weight != 1.0:
        weights *= run.weight
    return at, weights


def _places(run: Run, part: FramePart) -> tuple[Ints | slice, Ints]:
    """Which articles of a run are in the frame, and where they stand in its part."""
    if part.docs is not None:
        return intersect(run.docs, part.docs, unsorted=run.loose)
    if part.is_whole:
        return slice(None), run.docs.astype(np.intp)
    if run.loose:
        inside = np.flatnonzero((run.docs >= part.first) & (run.docs < part.end))
        return inside, run.docs[inside].astype(np.intp) - part.first
    chosen = slice(*run.docs.searchsorted(part.bounds).tolist())
    return chosen, np.subtract(run.docs[chosen], part.first, dtype=np.intp)


_PUBLISHED: Final = DATE_ORDINALS["published"]


def favour_recent(scores: Floats, frame: Frame, recency: Recency) -> None:
    """Makes the scores of a frame, where they are, what their articles' ages leave of them."""
    now = epoch(recency.now)
    for part in frame.parts:
        segment = part.live.segment
        if part.docs is None:
            factors = part.column(segment.recency_factors(_PUBLISHED, now))
        else:
            factors = recency_factors(segment.epochs(_PUBLISHED)[part.docs], now)
        scores[part.span] *= factors
