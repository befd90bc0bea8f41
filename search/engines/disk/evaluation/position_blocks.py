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

from search.engines.disk.format.arrays import Docs, Ints, expand_ranges, intersect, union
from search.engines.disk.reading.segments import FieldPostings

Levels = NDArray[np.uint8]
"""For each place whether a word stands there: EXACT as it is spelled, FORM in another form, 0 if it does not."""

EXACT: Final = 2
FORM: Final = 1

_PLACES: Final = 1 << 21
"""About so many places are laid out at once."""
_MOST_OF_ALL: Final = 4
"""If each word stands in one of so many articles, none is left out: choosing takes longer than laying out."""
_SPARSE: Final = 16
"""Where words stand on less than one in so many places, the places between them are left out."""
_MANY: Final = 1 << 23
"""Up to so many places that is not worth it; more there are only where a field has many values, far apart."""


@dataclass(frozen=True, slots=True, eq=False)
class WordPlaces:
    """One word of a phrase in one field: the places of its spellings in the field's postings, each with its level."""

    spellings: tuple[tuple[int, int], ...]
    articles: int


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Some articles laid side by side, article i from `starts[i]` on. There are `size` places; before the first article
    and behind each there is room without a word. `places` are for each word those of its spellings, with their levels.
    """

    docs: Docs
    starts: Ints
    size: int
    places: tuple[tuple[tuple[Ints, int], ...], ...]

    def owners(self, places: Ints) -> Ints:
        """Which of `docs` some places belong to."""
        return np.searchsorted(self.starts, places, "right") - 1

    def levels(self, word: int) -> Levels:
        """The level of a word at every place."""
        levels = np.zeros(self.size, np.uint8)
        for places, level in sorted(self.places[word], key=lambda spelling: spelling[1]):
            levels[places] = level
        return levels

    def count(self, word: int) -> int:
        """How often a word stands anywhere."""
        return sum(len(places) for places, _ in self.places[word])


class _Cursor:
    """One spelling, read on and on: from posting `at`, the positions of which begin at `ahead`."""

    def __init__(self, postings: FieldPostings, place: int) -> None:
        extent = postings.extent(place)
        self._postings = postings
        self._at = extent.start
        self._end = extent.stop
        self._ahead = int(postings.position_starts[place])

    def read(self, docs: Docs, *, gapless: bool) -> _Positions:
        """Where it stands in the next articles (rising); `gapless`: none has been or will be left out."""
        postings = self._postings
        until = self._at + int(np.searchsorted(postings.docs[self._at : self._end], docs[-1], "right"))
        own, counts = postings.docs[self._at : until], postings.counts[self._at : until]
        ends = np.cumsum(counts, dtype=np.int64)
        ahead, read = self._ahead, int(ends[-1]) if len(ends) else 0
        self._at, self._ahead = until, ahead + read
        if gapless:
            return _Positions((own - docs[0]).astype(np.intp), counts, ends, postings.positions[ahead : ahead + read])
        chosen, owners = intersect(own, docs)
        if len(chosen) == len(own):
            return _Positions(owners, counts, ends, postings.positions[ahead : ahead + read])
        sizes = counts[chosen]
        at = expand_ranges(ahead + ends[chosen] - sizes, sizes, len(postings.positions))
        return _Positions(owners, sizes, np.cumsum(sizes, dtype=np.int64), postings.positions[at])


@dataclass(frozen=True, slots=True, eq=False)
class _Positions:
    """Where one spelling stands in some articles: in those at `owners`, so many times, at these positions."""

    owners: Ints
    sizes: NDArray[Any]
    ends: Ints
    positions: NDArray[Any]

    def last(self) -> Ints:
        """The last position in each article."""
        return self.positions[self.ends - 1].astype(np.int64)

    def laid(self, starts: Ints) -> Ints:
        """The places at which it stands."""
        places = np.repeat(starts[self.owners], self.sizes)
        places += self.positions
        return places


def _holding_all(postings: FieldPostings, words: Sequence[WordPlaces]) -> Docs:
    """The articles that hold all of the words in one field, rising."""
    rarest, *others = sorted(words, key=lambda word: word.articles)
    docs = union([postings.docs[postings.extent(place)] for place, _ in rarest.spellings])
    for word in others:
        held = np.zeros(len(docs), np.bool_)
        for place, _ in word.spellings:
            held[intersect(postings.docs[postings.extent(place)], docs)[1]] = True
        docs = docs[held]
    return docs


def laid_out(
    postings: FieldPostings, words: Sequence[WordPlaces], lengths: NDArray[np.uint32], gap: int
) -> Iterator[Laid]:
    """Lays out articles that hold all of the words, some at a time, with `gap` free places behind each.

    `lengths` are those of the field in all articles of the segment, in words.
    """
    cursors = {place: _Cursor(postings, place) for word in words for place, _ in word.spellings}
    gapless = min(word.articles for word in words) * _MOST_OF_ALL >= len(lengths)
    docs = np.arange(len(lengths), dtype=np.uint32) if gapless else _holding_all(postings, words)
    before = np.cumsum(lengths[docs] + np.int64(gap))
    first = 0
    while first < len(docs):
        done = int(before[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(before, done + _PLACES, "right")))
        some = docs[first:last]
        found = {place: cursor.read(some, gapless=gapless) for place, cursor in cursors.items()}
        yield _laid(some, words, found, gap)
        first = last


def _laid(docs: Docs, words: Sequence[WordPlaces], found: Mapping[int, _Positions], gap: int) -> Laid:
    extents = np.zeros(len(docs), np.int64)
    for own in found.values():
        extents[own.owners] = np.maximum(extents[own.owners], own.last() + 1)
    ends = np.cumsum(extents + gap) + gap
    size = int(ends[-1])
    starts = ends - extents - gap
    places = {place: own.laid(starts) for place, own in found.items()}
    if size > max(_MANY, _SPARSE * sum(map(len, places.values()))):
        places, starts, size = _closer(places, starts, gap)
    return Laid(
        docs, starts, size, tuple(tuple((places[place], level) for place, level in word.spellings) for word in words)
    )


def _closer(places: Mapping[int, Ints], starts: Ints, gap: int) -> tuple[dict[int, Ints], Ints, int]:
    """The same with no more than `gap` places between one word and the next."""
    used = np.unique(np.concatenate(list(places.values())))
    moved = gap + np.concatenate((np.zeros(1, np.int64), np.cumsum(np.minimum(np.diff(used), gap))))
    closer: dict[int, Ints] = {place: moved[np.searchsorted(used, own)] for place, own in places.items()}
    size = int(moved[-1]) + 1 + gap
    return closer, np.append(moved, size)[np.searchsorted(used, starts)], size
