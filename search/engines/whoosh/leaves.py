"""A leaf of a query over all segments: which articles it matches, how often in which field, how rare it is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.engines.answer import Deadline, leaf_text
from search.engines.base import FieldPart, LeafScore
from search.engines.whoosh.codec import NOWHERE
from search.engines.whoosh.dictionary import Dictionary
from search.engines.whoosh.places import TimeIsUp, Weighted, expansion_places, phrase_places, runs, term_places
from search.engines.whoosh.schema import FIELD_ORDINALS, POSITION_BITS
from search.engines.whoosh.segments import Segment
from search.engines.whoosh.snapshot import LiveSegment, Snapshot
from search.query.match import Leaf, MatchPhrase, MatchTerm
from search.ranking import inverse_document_frequency, normalised_frequency, saturation
from search.schema import TEXT_FIELDS

_CACHED_CELLS: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Matches:
    """A leaf in one segment. Cells are pairs of article and field, ascending: `cells` is doc * 8 + field ordinal,
    `frequencies` the weighted counts, `weights` those normalised by length.
    `docs` are the articles, ascending, and `saturated` their frequencies over all fields, saturated."""

    cells: NDArray[np.int64]
    frequencies: NDArray[np.float64]
    weights: NDArray[np.float64]
    docs: NDArray[np.int64]
    saturated: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LeafMatches:
    """A leaf in every segment; `articles` is its document frequency."""

    articles: int
    idf: float
    segments: tuple[Matches, ...]
    warnings: tuple[str, ...]


_NO_MATCHES: Final = Matches(NOWHERE, np.empty(0), np.empty(0), NOWHERE, np.empty(0))


class LeafReader:
    """Evaluates leaves over one snapshot and remembers the latest of them."""

    def __init__(self, snapshot: Snapshot, dictionary: Dictionary) -> None:
        self._snapshot = snapshot
        self._dictionary = dictionary
        self._averages: dict[str, float] | None = None
        self._known: OrderedDict[Leaf, LeafMatches] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def read(self, leaf: Leaf, deadline: Deadline) -> LeafMatches:
        """The matches of a leaf. Raises TimeIsUp."""
        with self._lock:
            if leaf in self._known:
                self._known.move_to_end(leaf)
                return self._known[leaf]
        found = self._evaluate(leaf, deadline)
        self._remember(leaf, found)
        return found

    def _remember(self, leaf: Leaf, found: LeafMatches) -> None:
        with self._lock:
            if leaf not in self._known:
                self._known[leaf] = found
                self._size += _size(found)
            while self._size > _CACHED_CELLS and self._known:
                self._size -= _size(self._known.popitem(last=False)[1])

    def _evaluate(self, leaf: Leaf, deadline: Deadline) -> LeafMatches:
        expansion: Mapping[str, float] = {}
        warnings: tuple[str, ...] = ()
        if not isinstance(leaf, MatchTerm | MatchPhrase):
            expansion, warnings = self._dictionary.expand(leaf, deadline)
        averages = self.averages()
        segments = []
        for part in self._snapshot.segments:
            if deadline.passed():
                raise TimeIsUp
            segments.append(_matches(part, _places(part.segment, leaf, expansion, deadline), averages))
        articles = sum(len(matches.docs) for matches in segments)
        idf = inverse_document_frequency(articles, self._snapshot.manifest.articles)
        return LeafMatches(articles, idf, tuple(segments), warnings)

    def averages(self) -> dict[str, float]:
        """The mean length of each text field over the articles that have it; 0 where none has."""
        if self._averages is None:
            totals = np.zeros(len(TEXT_FIELDS))
            counts = np.zeros(len(TEXT_FIELDS))
            for part in self._snapshot.segments:
                lengths = part.segment.lengths[:, part.live]
                totals += lengths.sum(axis=1)
                counts += (lengths > 0).sum(axis=1)
            means = totals / np.maximum(counts, 1)
            self._averages = dict(zip(TEXT_FIELDS, means.tolist(), strict=True))
        return self._averages


def leaf_score(leaf: Leaf, known: LeafMatches, number: int, segment: Segment, doc: int) -> LeafScore | None:
    """How a leaf scored for one article of segment `number`; None if it does not match."""
    matches = known.segments[number]
    at = int(np.searchsorted(matches.docs, doc))
    if at == len(matches.docs) or matches.docs[at] != doc:
        return None
    saturated = float(matches.saturated[at])
    return LeafScore(
        text=leaf_text(leaf),
        score=leaf.boost * known.idf * saturated,
        articles=known.articles,
        idf=known.idf,
        saturation=saturated,
        boost=leaf.boost,
        parts=_parts(leaf, matches, segment, doc),
    )


def _size(found: LeafMatches) -> int:
    return 100 + sum(len(matches.cells) + len(matches.docs) for matches in found.segments)


def _places(segment: Segment, leaf: Leaf, expansion: Mapping[str, float], deadline: Deadline) -> Weighted:
    if isinstance(leaf, MatchTerm):
        return term_places(segment, leaf.term, leaf.fields)
    if isinstance(leaf, MatchPhrase):
        return phrase_places(segment, leaf, deadline)
    return expansion_places(segment, expansion, leaf.fields)


def _matches(part: LiveSegment, found: Weighted, averages: Mapping[str, float]) -> Matches:
    """Occurrences added up by field and article: BM25F's frequency, see `search.ranking`."""
    places, weights = found
    if part.articles < part.segment.size and len(places):
        kept = part.live[places >> 32]
        places, weights = places[kept], weights[kept]
    if not len(places):
        return _NO_MATCHES
    starts = runs(places >> POSITION_BITS)
    cells = places[starts] >> POSITION_BITS
    frequencies = np.add.reduceat(weights, starts)
    normalised = _normalise(cells, frequencies, part.segment, averages)
    starts = runs(cells >> 3)
    return Matches(
        cells=cells,
        frequencies=frequencies,
        weights=normalised,
        docs=cells[starts] >> 3,
        saturated=saturation(np.add.reduceat(normalised, starts)),
    )


def _normalise(
    cells: NDArray[np.int64], frequencies: NDArray[np.float64], segment: Segment, averages: Mapping[str, float]
) -> NDArray[np.float64]:
    weights = np.empty(len(cells))
    fields = cells & 7
    for name, ordinal in FIELD_ORDINALS.items():
        chosen = np.flatnonzero(fields == ordinal)
        if len(chosen):
            lengths = segment.lengths[ordinal][cells[chosen] >> 3]
            weights[chosen] = normalised_frequency(name, frequencies[chosen], lengths, averages[name])
    return weights


def _parts(leaf: Leaf, matches: Matches, segment: Segment, doc: int) -> tuple[FieldPart, ...]:
    parts = []
    for name in leaf.fields:
        cell = doc * 8 + FIELD_ORDINALS[name]
        at = int(np.searchsorted(matches.cells, cell))
        if at < len(matches.cells) and matches.cells[at] == cell:
            length = int(segment.lengths[FIELD_ORDINALS[name]][doc])
            parts.append(FieldPart(name, float(matches.frequencies[at]), length, float(matches.weights[at])))
    return tuple(parts)
