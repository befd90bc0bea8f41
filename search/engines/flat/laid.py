"""The positions of some words, side by side: the articles that hold all of them, one behind the other in one array.

Every position of these articles is a place in it, and each word has one byte for every place. So words that follow
each other are bytes that do, whatever article they are in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.flat.postings import Docs, FieldPostings, Ints, ranges, shared, united

Levels = NDArray[np.uint8]
"""For each place whether a word stands there: EXACT as it is spelled, FORM in another form, 0 if it does not."""

EXACT: Final = 2
FORM: Final = 1

_PLACES: Final = 1 << 20
"""About so many places are laid out at once."""
_SPARSE: Final = 16
"""Where words stand on less than one in so many places, the places between them are left out."""
_MANY: Final = 1 << 22
"""Up to so many places that is not worth it; more there are only where a field has many values, far apart."""


@dataclass(frozen=True, slots=True, eq=False)
class WordPlaces:
    """One word of a phrase in one field: the places of its spellings in the field's postings, each with its level."""

    spellings: tuple[tuple[int, int], ...]
    articles: int


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Some articles laid side by side, article i from `starts[i]` on; a word's levels are as long as all of them.
    Behind each article there is room without a word."""

    docs: Docs
    starts: Ints
    levels: tuple[Levels, ...]

    def owners(self, places: Ints) -> Ints:
        """Which of `docs` some places, rising, belong to."""
        return np.searchsorted(self.starts, places, "right") - 1


class _Cursor:
    """One spelling, read on and on: from posting `at`, the positions of which begin at `ahead`."""

    def __init__(self, postings: FieldPostings, place: int) -> None:
        extent = postings.extent(place)
        self._postings = postings
        self._at = extent.start
        self._end = extent.stop
        self._ahead = int(postings.position_starts[place])

    def read(self, docs: Docs) -> _Positions:
        """Where it stands in the next articles (rising)."""
        postings = self._postings
        until = self._at + int(np.searchsorted(postings.docs[self._at : self._end], docs[-1], "right"))
        own, counts = postings.docs[self._at : until], postings.counts[self._at : until]
        ends = np.cumsum(counts, dtype=np.int64)
        ahead, read = self._ahead, int(ends[-1]) if len(ends) else 0
        self._at, self._ahead = until, ahead + read
        chosen, owners = shared(own, docs)
        if len(chosen) == len(own):
            return _Positions(owners, counts, postings.positions[ahead : ahead + read])
        sizes = counts[chosen]
        return _Positions(owners, sizes, postings.positions[ranges(ahead + ends[chosen] - sizes, sizes)])


@dataclass(frozen=True, slots=True, eq=False)
class _Positions:
    """Where one spelling stands in some articles: in those at `owners`, so many times, at these positions."""

    owners: Ints
    sizes: NDArray[Any]
    positions: NDArray[Any]

    def last(self) -> Ints:
        """The last position in each article."""
        own: Ints = self.positions[np.cumsum(self.sizes, dtype=np.int64) - 1].astype(np.int64)
        return own

    def laid(self, starts: Ints) -> Ints:
        """The places at which it stands."""
        places = np.repeat(starts[self.owners], self.sizes)
        places += self.positions
        return places


def holding_all(postings: FieldPostings, words: Sequence[WordPlaces]) -> Docs:
    """The articles that hold all of the words in one field, rising."""
    rarest, *others = sorted(words, key=lambda word: word.articles)
    docs = united([postings.docs[postings.extent(place)] for place, _ in rarest.spellings])
    for word in others:
        held = np.zeros(len(docs), np.bool_)
        for place, _ in word.spellings:
            held[shared(postings.docs[postings.extent(place)], docs)[1]] = True
        docs = docs[held]
    return docs


def laid_out(
    postings: FieldPostings, words: Sequence[WordPlaces], docs: Docs, lengths: NDArray[np.uint32], gap: int
) -> Iterator[Laid]:
    """Lays out articles that hold all of the words, some at a time, with `gap` free places behind each.

    `lengths` are those of the field in all articles of the segment, in words.
    """
    cursors = {place: _Cursor(postings, place) for word in words for place, _ in word.spellings}
    before = np.cumsum(lengths[docs] + np.int64(gap))
    first = 0
    while first < len(docs):
        done = int(before[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(before, done + _PLACES, "right")))
        some = docs[first:last]
        yield _laid(some, words, {place: cursor.read(some) for place, cursor in cursors.items()}, gap)
        first = last


def _laid(docs: Docs, words: Sequence[WordPlaces], found: Mapping[int, _Positions], gap: int) -> Laid:
    extents = np.zeros(len(docs), np.int64)
    for own in found.values():
        extents[own.owners] = np.maximum(extents[own.owners], own.last() + 1)
    ends = np.cumsum(extents + gap)
    starts = ends - extents - gap
    places = {place: own.laid(starts) for place, own in found.items()}
    size = int(ends[-1])
    if size > max(_MANY, _SPARSE * sum(map(len, places.values()))):
        places, starts, size = _closer(places, starts, gap)
    return Laid(docs, starts, tuple(_levels(word, places, size) for word in words))


def _closer(places: Mapping[int, Ints], starts: Ints, gap: int) -> tuple[dict[int, Ints], Ints, int]:
    """The same with no more than `gap` places between one word and the next."""
    used = np.unique(np.concatenate(list(places.values())))
    moved = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.minimum(np.diff(used), gap))))
    closer = {place: moved[np.searchsorted(used, own)] for place, own in places.items()}
    return closer, moved[np.searchsorted(used, starts)], int(moved[-1]) + 1 + gap


def _levels(word: WordPlaces, places: Mapping[int, Ints], size: int) -> Levels:
    levels = np.zeros(size, np.uint8)
    for place, level in sorted(word.spellings, key=lambda spelling: spelling[1]):
        levels[places[place]] = level
    return levels
