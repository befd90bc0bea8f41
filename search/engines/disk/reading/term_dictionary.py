"""The spellings of the archive over all segments: which match a pattern or prefix, which are similar, how frequent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.engines.conventions import WORD_FIELDS, Deadline
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.format.arrays import Ints
from search.engines.disk.reading.document_frequencies import SpellingCounter
from search.engines.disk.reading.segments import ABSENT
from search.engines.disk.reading.snapshot import LiveSegment, Snapshot
from search.engines.disk.reading.vocabulary import Vocabulary
from search.engines.results import Cut
from search.query.limits import MAX_EXPANSIONS
from search.query.match import Leaf, MatchFuzzy, MatchPrefix, MatchWildcard
from search.ranking import STEM_WEIGHT


@dataclass(frozen=True, slots=True, eq=False)
class Expansion:
    """The spellings that a leaf stands for, segment by segment: numbers of surfaces, ascending, and the weight of an
    occurrence of each."""

    surfaces: tuple[Ints, ...]
    weights: tuple[NDArray[np.float64], ...]
    cut: Cut | None = None


class TermDictionary:
    """The spellings of one snapshot; deleted articles do not count."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._segments = snapshot.segments

    def expand(self, leaf: Leaf, deadline: Deadline) -> Expansion:
        """The most frequent spellings in the leaf's fields that match it, and whether some are left out; none for terms
        and phrases. Raises TimeIsUp."""
        found = [_candidates(part, leaf, deadline) for part in self._segments]
        cut = None
        if sum(map(len, found)) > MAX_EXPANSIONS:
            counter = SpellingCounter(self._segments, leaf.fields, deadline)
            numbers, others = counter.most_frequent(found, MAX_EXPANSIONS)
            found = [np.sort(column[column != ABSENT]) for column in numbers.T]
            cut = Cut(leaf, MAX_EXPANSIONS) if others else None
        weights = (
            _weights(part.segment.vocabulary, leaf, own) for part, own in zip(self._segments, found, strict=True)
        )
        return Expansion(tuple(found), tuple(weights), cut)

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """See `search.engines.protocols.Searcher.terms`."""
        ranges = (part.segment.vocabulary.prefix_range(prefix) for part in self._segments)
        return self._most_frequent([np.arange(first, last) for first, last in ranges], limit)

    def similar_terms(self, word: str, distance: int, limit: int, least: int = 1) -> list[tuple[str, int]]:
        """See `search.engines.protocols.Searcher.similar_terms`."""
        if least > 1:
            return self._similar_and_frequent(word, distance, least)[:limit]
        near = [part.segment.vocabulary.near(word, distance) for part in self._segments]
        found: list[tuple[str, int]] = []
        for wanted in range(1, distance + 1):
            found += self._most_frequent([numbers[edits == wanted] for numbers, edits in near], limit - len(found))
        return found

    def _similar_and_frequent(self, word: str, distance: int, least: int) -> list[tuple[str, int]]:
        """What occurs in that many articles occurs in its share of them in one segment at least. So each segment names
        few spellings, and only these are counted in the others."""
        share = -(-least // max(1, len(self._segments)))
        edits: dict[str, int] = {}
        for part in self._segments:
            vocabulary = part.segment.vocabulary
            numbers, distances = vocabulary.near(word, distance, least=share)
            edits.update(zip(vocabulary.spellings(numbers), distances.tolist(), strict=True))
        edits.pop(word, None)
        names = list(edits)
        counted = zip(names, self.document_frequencies(names), strict=True)
        frequent = [(name, count) for name, count in counted if count >= least]
        return sorted(frequent, key=lambda pair: (edits[pair[0]], -pair[1], pair[0]))

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        """See `search.engines.protocols.Searcher.document_frequencies`."""
        names = sorted(set(words))
        numbers = np.full((len(names), len(self._segments)), ABSENT, np.int64)
        for at, part in enumerate(self._segments):
            numbers[:, at] = part.segment.surface_numbers(names)
        counts = self._counter().count(numbers)
        known = dict(zip(names, counts.tolist(), strict=True))
        return [known[word] for word in words]

    def _most_frequent(self, candidates: Sequence[Ints], limit: int) -> list[tuple[str, int]]:
        if limit <= 0:
            return []
        counter = self._counter()
        numbers, _ = counter.most_frequent(candidates, limit)
        counted = zip(counter.names(numbers), counter.count(numbers).tolist(), strict=True)
        return sorted((pair for pair in counted if pair[1]), key=lambda pair: (-pair[1], pair[0]))

    def _counter(self) -> SpellingCounter:
        return SpellingCounter(self._segments, WORD_FIELDS, Deadline(None))


def _candidates(part: LiveSegment, leaf: Leaf, deadline: Deadline) -> Ints:
    """The surfaces of a segment that match the leaf, ascending. Raises TimeIsUp."""
    vocabulary = part.segment.vocabulary
    if deadline.passed():
        raise TimeIsUp
    if isinstance(leaf, MatchPrefix):
        return np.arange(*vocabulary.prefix_range(leaf.prefix))
    if isinstance(leaf, MatchFuzzy):
        return vocabulary.near(leaf.word, leaf.distance, *vocabulary.prefix_range(leaf.word[:1]))[0]
    found = [np.empty(0, np.int64)]
    if isinstance(leaf, MatchWildcard):
        for numbers in vocabulary.matching(leaf.pattern):
            found.append(numbers)
            if deadline.passed():
                raise TimeIsUp
    return np.concatenate(found)


def _weights(vocabulary: Vocabulary, leaf: Leaf, surfaces: Ints) -> NDArray[np.float64]:
    """1 for each surface, but STEM_WEIGHT for a misspelling."""
    if not isinstance(leaf, MatchFuzzy):
        return np.ones(len(surfaces))
    own = vocabulary.surface_number(leaf.word)
    return np.where(surfaces == (ABSENT if own is None else own), 1.0, STEM_WEIGHT)
