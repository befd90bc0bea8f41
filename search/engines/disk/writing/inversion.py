"""From articles as rows of numbered pieces to words as rows of articles, in whole arrays.

Every token of a field becomes one 64-bit number, `word | article | position` from the upper bits to the lower, in as
few bits each as the batch needs; sorting these numbers is the inversion.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.analysis.bulk import FragmentTable
from search.analysis.tokens import VALUE_GAP
from search.engines.disk.format.arrays import expand_ranges
from search.engines.disk.format.layout import smallest_type

POSITION_BITS: Final = 29
"""Positions of one field in one article lie below 2 to this power; what stands behind is not indexed."""

_KEY_BITS: Final = 64

_SLICE: Final = 1 << 17
"""Pieces or tokens worked on in one go: what lies between two steps then stays in the cache of a processor."""

BYTES_PER_FRAGMENT: Final = 24
"""What one piece of text takes at the most, from being read to being written, with postings of usual density."""


class FieldFragments:
    """One text field of the articles gathered so far. A *run* is the pieces of one value, at least one."""

    def __init__(self) -> None:
        self.pieces = array("I")
        self.docs = array("I")
        self.sizes = array("I")

    def close(self, doc: int, start: int) -> None:
        """Makes the pieces from `start` a run, if there are any."""
        if len(self.pieces) > start:
            self.docs.append(doc)
            self.sizes.append(len(self.pieces) - start)


@dataclass(frozen=True, slots=True)
class TokenTables:
    """A `FragmentTable` as arrays, with word numbers that have been put in order; piece p gives `sizes[p]` tokens."""

    starts: NDArray[np.uint32]
    sizes: NDArray[np.uint32]
    advances: NDArray[np.uint32]
    words: NDArray[np.uint32]
    aheads: NDArray[np.uint32]

    @classmethod
    def of(cls, pieces: FragmentTable, ranks: NDArray[np.uint32]) -> TokenTables:
        """`ranks` gives the place in order of each word by its number."""
        words = ranks[np.array(pieces.words, np.uint32)]
        starts = np.array(pieces.starts, np.uint32)
        advances, aheads = (np.array(column, np.uint32) for column in (pieces.advances, pieces.aheads))
        return cls(starts[:-1], np.diff(starts), advances, words, aheads)


@dataclass(frozen=True, slots=True)
class Postings:
    """The sections of one text field as `layout` names them, and the field's length in each article."""

    words: NDArray[np.uint32]
    starts: NDArray[np.uint64]
    docs: NDArray[np.uint32]
    counts: NDArray[Any]
    position_starts: NDArray[np.uint64]
    positions: NDArray[Any]
    lengths: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class _Placed:
    """Runs with where they begin: the article in the upper bits, the position in `position_bits` lower ones."""

    pieces: NDArray[np.uint32]
    sizes: NDArray[np.int64]
    places: NDArray[np.int64]
    position_bits: int
    place_bits: int
    tokens: int

    def slices(self) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]]:
        """FragmentTable, sizes and places of some runs at a time."""
        for runs, span in _slices(self.sizes):
            yield self.pieces[span], self.sizes[runs], self.places[runs]


def invert(field: FieldFragments, tables: TokenTables, articles: int) -> Postings:
    """The postings of one field."""
    docs = _view(field.docs).astype(np.int64)
    sizes = _view(field.sizes).astype(np.int64)
    pieces = _view(field.pieces)
    advances, tokens = _measure(pieces, sizes, tables)
    lengths = np.bincount(docs, advances, articles).astype(np.uint32)
    bases = _bases(docs, advances)
    position_bits = int((bases + advances).max(initial=0)).bit_length()
    placed = _Placed(
        pieces, sizes, (docs << position_bits) + bases, position_bits, position_bits + articles.bit_length(), tokens
    )
    word_bits = int(tables.words.max(initial=0)).bit_length()
    in_order = _sorted_narrow if placed.place_bits + word_bits <= _KEY_BITS else _sorted_wide
    return _postings(in_order(placed, tables), position_bits, lengths)


def _view(values: array[int]) -> NDArray[np.uint32]:
    return np.frombuffer(values, np.uint32) if values else np.empty(0, np.uint32)


def _slices(sizes: NDArray[np.int64]) -> Iterator[tuple[slice, slice]]:
    """Runs, and their pieces: as many as make up `_SLICE` pieces, at least one run."""
    ends = np.cumsum(sizes)
    first = start = 0
    while first < len(sizes):
        last = max(first + 1, int(np.searchsorted(ends, start + _SLICE, "right")))
        stop = int(ends[last - 1])
        yield slice(first, last), slice(start, stop)
        first, start = last, stop


def _measure(
    pieces: NDArray[np.uint32], sizes: NDArray[np.int64], tables: TokenTables
) -> tuple[NDArray[np.int64], int]:
    """How many positions each run takes, and how many tokens all of them give."""
    advances = np.empty(len(sizes), np.int64)
    tokens = 0
    for runs, span in _slices(sizes):
        advances[runs] = np.add.reduceat(tables.advances[pieces[span]], _starts(sizes[runs]), dtype=np.int64)
        tokens += int(tables.sizes[pieces[span]].sum())
    return advances, tokens


def _starts(sizes: NDArray[Any]) -> NDArray[np.int64]:
    """Where each of several stretches of these sizes begins, one behind the other."""
    ends: NDArray[np.int64] = np.cumsum(sizes, dtype=np.int64)
    starts: NDArray[np.int64] = ends - sizes
    return starts


def _bases(docs: NDArray[np.int64], advances: NDArray[np.int64]) -> NDArray[np.int64]:
    """The position at which each run begins in its article; every value with a word in it keeps a gap behind it."""
    before = _starts(np.where(advances > 0, advances + VALUE_GAP, 0))
    bases: NDArray[np.int64] = before - before[np.searchsorted(docs, docs)]
    return bases


def _sorted_narrow(placed: _Placed, tables: TokenTables) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int64]]]:
    """Words and places in order, some words at a time; word and place fit into one number."""
    bits = np.uint64(placed.place_bits)
    values = (tables.words.astype(np.uint64) << bits) + tables.aheads
    keys = np.empty(placed.tokens, np.uint64)
    at = 0
    for pieces, sizes, places in placed.slices():
        tokens, token_places = _expand(pieces, sizes, places, tables)
        np.add(values[tokens], token_places.view(np.uint64), out=keys[at : at + len(tokens)])
        at += len(tokens)
    del values
    keys.sort()
    mask = np.uint64((1 << placed.place_bits) - 1)
    for span in _word_slices(keys, bits):
        part = keys[span]
        yield (part >> bits).astype(np.uint32), (part & mask).view(np.int64)


def _word_slices(keys: NDArray[np.uint64], bits: np.uint64) -> Iterator[slice]:
    """About `_SLICE` keys at a time, never cutting a word in two."""
    start = 0
    while start < len(keys):
        last = keys[min(start + _SLICE, len(keys)) - 1] >> bits
        stop = int(np.searchsorted(keys, (last + np.uint64(1)) << bits)) if start + _SLICE < len(keys) else len(keys)
        yield slice(start, stop)
        start = stop


def _sorted_wide(placed: _Placed, tables: TokenTables) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int64]]]:
    """The same where they do not fit: with millions of words in millions of articles, or in one of boundless length."""
    words = np.empty(placed.tokens, np.uint32)
    all_places = np.empty(placed.tokens, np.int64)
    at = 0
    for pieces, sizes, places in placed.slices():
        tokens, token_places = _expand(pieces, sizes, places, tables)
        words[at : at + len(tokens)] = tables.words[tokens]
        np.add(token_places, tables.aheads[tokens], out=all_places[at : at + len(tokens)])
        at += len(tokens)
    order = np.lexsort((all_places, words))
    yield words[order], all_places[order]


def _expand(
    pieces: NDArray[np.uint32], sizes: NDArray[np.int64], places: NDArray[np.int64], tables: TokenTables
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The tokens of the pieces, in no order, each with the place of its piece."""
    advances = tables.advances[pieces]
    before = _starts(advances)
    place = before + np.repeat(places - before[_starts(sizes)], sizes)
    firsts, counts = tables.starts[pieces].astype(np.int64), tables.sizes[pieces]
    filled = counts > 0
    more = np.flatnonzero(counts > 1)
    extra = counts[more].astype(np.int64) - 1
    following = np.repeat(firsts[more] + 1 - _starts(extra), extra) + np.arange(int(extra.sum()))
    return (
        np.concatenate((firsts[filled], following)),
        np.concatenate((place[filled], np.repeat(place[more], extra))),
    )


def _postings(
    parts: Iterable[tuple[NDArray[np.uint32], NDArray[np.int64]]], position_bits: int, lengths: NDArray[np.uint32]
) -> Postings:
    """Cuts sorted tokens into postings, and postings into words."""
    columns: list[tuple[NDArray[Any], ...]] = []
    for words, places in parts:
        kept = _below_limit(places, position_bits)
        columns.append(_cut(words[kept], places[kept], position_bits))
    if not columns:
        columns.append(_cut(np.empty(0, np.uint32), np.empty(0, np.int64), position_bits))
    words, word_sizes, token_sizes, docs, counts, positions = map(_joined, zip(*columns, strict=True))
    return Postings(words, _bounds(word_sizes), docs, counts, _bounds(token_sizes), positions, lengths)


def _below_limit(places: NDArray[np.int64], position_bits: int) -> slice | NDArray[np.bool_]:
    if position_bits <= POSITION_BITS:
        return slice(None)
    kept: NDArray[np.bool_] = (places & ((1 << position_bits) - 1)) < 1 << POSITION_BITS
    return kept


def _cut(words: NDArray[np.uint32], places: NDArray[np.int64], position_bits: int) -> tuple[NDArray[Any], ...]:
    """Words, postings and tokens of each, articles, counts of each posting, positions."""
    docs = (places >> position_bits).astype(np.uint32)
    positions = _narrowed(places & ((1 << position_bits) - 1))
    is_new_word = _changes(words)
    posting_starts = np.flatnonzero(is_new_word | _changes(docs))
    word_starts = np.flatnonzero(is_new_word)
    counts = np.diff(posting_starts, append=len(words))
    word_sizes = np.diff(np.searchsorted(posting_starts, word_starts), append=len(posting_starts))
    token_sizes = np.diff(word_starts, append=len(words))
    return words[word_starts], word_sizes, token_sizes, docs[posting_starts], _narrowed(counts), positions


def _changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a value differs from the one before it; true of the first."""
    changes = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def _narrowed(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(smallest_type(int(values.max(initial=0))))


def _joined(parts: tuple[NDArray[Any], ...]) -> NDArray[Any]:
    """All of them, in the widest type of any."""
    return np.concatenate(parts)


def _bounds(sizes: NDArray[Any]) -> NDArray[np.uint64]:
    bounds = np.zeros(len(sizes) + 1, np.uint64)
    np.cumsum(sizes, out=bounds[1:])
    return bounds


Words = NDArray[np.uint32]
Docs = NDArray[np.uint32]

COMPOUND_SECTIONS: Final = ("words", "firsts", "starts", "docs", "counts")
"""The sections `F.joined.…`, see `search.engines.disk.format.layout`."""

_SHIFT: Final = np.uint64(32)
_COMPOUND_SLICE: Final = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class CompoundPostings:
    """The sections of one text field."""

    words: Words
    firsts: Words
    starts: NDArray[np.uint64]
    docs: Docs
    counts: NDArray[Any]


def compound_postings(pairs: NDArray[np.uint64], docs: Docs) -> CompoundPostings:
    """The sections from single places in any order: joined word << 32 | first part, and the article of each."""
    found, which = np.unique(pairs, return_inverse=True)
    keys, counts = np.unique(which.astype(np.uint64) << _SHIFT | docs, return_counts=True)
    starts = np.searchsorted(keys, np.arange(len(found) + 1, dtype=np.uint64) << _SHIFT)
    return CompoundPostings(
        words=(found >> _SHIFT).astype(np.uint32),
        firsts=found.astype(np.uint32),
        starts=starts.astype(np.uint64),
        docs=keys.astype(np.uint32),
        counts=counts.astype(smallest_type(int(counts.max(initial=0)))),
    )


class CompoundPairs:
    """Which pieces of text hold joined words, progress from the tables of their tokens: piece p gives the next
    `sizes[p]` of the words, each so many positions ahead of the piece's first."""

    def __init__(self, sizes: NDArray[Any], words: Words, aheads: NDArray[Any]) -> None:
        pieces = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
        at = np.flatnonzero((aheads[1:] == aheads[:-1]) & (pieces[1:] == pieces[:-1]))
        self._pairs = words[at + 1].astype(np.uint64) << _SHIFT | words[at]
        self._counts = np.bincount(pieces[at], minlength=len(sizes)).astype(np.uint32)
        self._starts = np.cumsum(self._counts, dtype=np.int64) - self._counts

    def postings(self, pieces: NDArray[np.uint32], docs: NDArray[Any], sizes: NDArray[Any]) -> CompoundPostings:
        """Those of a field: `sizes[i]` pieces in a row belong to article `docs[i]`."""
        ends = np.cumsum(sizes, dtype=np.int64)
        found = [(np.empty(0, np.uint64), np.empty(0, np.uint32)), *self._found(pieces, docs, ends)]
        pairs, owners = zip(*found, strict=True)
        return compound_postings(np.concatenate(pairs), np.concatenate(owners))

    def _found(
        self, pieces: NDArray[np.uint32], docs: NDArray[Any], ends: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.uint64], Docs]]:
        for start in range(0, len(pieces), _COMPOUND_SLICE):
            some = pieces[start : start + _COMPOUND_SLICE]
            at = np.flatnonzero(self._counts[some])
            counts = self._counts[some[at]]
            owners = docs[np.searchsorted(ends, at + start, "right")].astype(np.uint32)
            yield (
                self._pairs[expand_ranges(self._starts[some[at]], counts, int(counts.sum()))],
                np.repeat(owners, counts),
            )
