"""The words of the archive: what a pattern fits, what completes a prefix, what looks alike, how many have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.engines.answer import Deadline
from search.engines.expansion import expansion_warning, expansion_weight, fits, most_frequent
from search.engines.whoosh.codec import Places
from search.engines.whoosh.places import TimeIsUp, surface_places
from search.engines.whoosh.schema import GROUPS
from search.engines.whoosh.segments import Segment
from search.engines.whoosh.snapshot import LiveSegment, Snapshot
from search.query.limits import MAX_EXPANSIONS
from search.query.match import Leaf, MatchFuzzy, MatchPhrase, MatchPrefix, MatchTerm

_VOCABULARY = "text"
"""The group of fields whose words are the vocabulary: title, headings, summary and body."""


class Dictionary:
    """The words of one snapshot. Counts in the files include deleted articles; exact ones are made where needed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._segments = snapshot.segments

    def expand(self, leaf: Leaf, deadline: Deadline) -> tuple[dict[str, float], tuple[str, ...]]:
        """The most frequent words of the leaf's fields that fit it, with their weights, and a warning if some are
        left out. Raises TimeIsUp."""
        groups = [group for group, members in GROUPS.items() if members.intersection(leaf.fields)]
        bounds: Counter[str] = Counter()
        for part in self._segments:
            if deadline.passed():
                raise TimeIsUp
            for group in groups:
                bounds.update(dict(_candidates(part.segment, group, leaf)))
        warnings: tuple[str, ...] = ()
        words = list(bounds)
        if len(bounds) > MAX_EXPANSIONS:
            found = most_frequent(bounds.items(), lambda word: self._count(word, leaf.fields), MAX_EXPANSIONS + 1)
            words = [word for word, _ in found[:MAX_EXPANSIONS]]
            warnings = (expansion_warning(leaf, MAX_EXPANSIONS),) if len(found) > MAX_EXPANSIONS else ()
        return {word: expansion_weight(leaf, word) for word in words}, warnings

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """See `search.engines.base.Searcher.terms`."""
        bounds: Counter[str] = Counter()
        for part in self._segments:
            bounds.update(dict(part.segment.words_from(_VOCABULARY, prefix)))
        return most_frequent(bounds.items(), self.article_count, limit)

    def similar_terms(self, word: str, distance: int, limit: int) -> list[tuple[str, int]]:
        """See `search.engines.base.Searcher.similar_terms`."""
        bounds: Counter[str] = Counter()
        edits: dict[str, int] = {}
        for part in self._segments:
            words, counts = part.segment.vocabulary[_VOCABULARY]
            for at, value in _similar(word, words, distance):
                edits[words[at]] = value
                bounds[words[at]] += counts[at]
        edits.pop(word, None)
        found: list[tuple[str, int]] = []
        for _, group in groupby(sorted(edits, key=edits.__getitem__), key=edits.__getitem__):
            if len(found) < limit:
                candidates = [(other, bounds[other]) for other in group]
                found += most_frequent(candidates, self.article_count, limit - len(found))
        return found

    def article_count(self, word: str) -> int:
        """In how many articles that are not deleted a word stands in title, headings, summary or body."""
        return sum(_live_count(part, word) for part in self._segments)

    def _count(self, word: str, fields: Sequence[str]) -> int:
        return sum(_distinct_articles(part, surface_places(part.segment, word, fields)) for part in self._segments)


def _live_count(part: LiveSegment, word: str) -> int:
    if part.articles == part.segment.size:
        return part.segment.article_count(_VOCABULARY, word)
    return _distinct_articles(part, part.segment.places(_VOCABULARY, word))


def _distinct_articles(part: LiveSegment, places: Places) -> int:
    docs = np.unique(places >> 32)
    return int(part.live[docs].sum())


def _candidates(segment: Segment, group: str, leaf: Leaf) -> Iterable[tuple[str, int]]:
    """The words of a segment that fit the leaf; only those that begin as it does are looked at."""
    matches = fits(leaf)
    return [pair for pair in segment.words_from(group, _literal_start(leaf)) if matches(pair[0])]


def _literal_start(leaf: Leaf) -> str:
    if isinstance(leaf, MatchPrefix):
        return leaf.prefix
    if isinstance(leaf, MatchFuzzy):
        return leaf.word[:1]
    if isinstance(leaf, MatchTerm | MatchPhrase):
        return ""
    return leaf.pattern.partition("*")[0].partition("?")[0]


def _similar(word: str, words: Sequence[str], distance: int) -> list[tuple[int, int]]:
    """The places in `words` of those within `distance` edits, and how many edits."""
    if not words:
        return []
    edits = process.cdist([word], words, scorer=OSA.distance, score_cutoff=distance, dtype=np.int32)[0]
    near = np.flatnonzero(edits <= distance)
    return list(zip(near.tolist(), edits[near].tolist(), strict=True))
