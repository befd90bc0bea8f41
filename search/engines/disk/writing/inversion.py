"""Inversion: from articles as rows of numbered text fragments to postings, in whole arrays.

Every token of a field becomes one 64-bit key, `word | article | position` from the upper bits to the lower, each in as
few bits as the batch needs. Sorting these keys is the inversion. Article and position together are a token's
*location*.
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
from search.engines.disk.format.arrays import Docs, changes, expand_ranges, starts_of
from search.engines.disk.format.layout import smallest_type
from search.native import kernel

POSITION_BITS: Final = 29
"""Positions of one field in one article are below 2 to this power; tokens beyond are not indexed."""

_KEY_BITS: Final = 64

_SLICE: Final = 1 << 17
"""Fragments or tokens processed in one step: intermediate arrays then stay in the processor's cache."""

COMPOUND_SECTIONS: Final = ("words", "firsts", "starts", "docs", "counts")
"""The sections `F.joined.…`, see `search.engines.disk.format.layout`."""

_SECTION_TYPES: Final = (np.uint32, np.uint64, np.uint32, np.uint32, np.uint64, np.uint32, np.uint32)
"""The types of the sections that the kernel gives, in the order of `Postings`."""

_SHIFT: Final = np.uint64(32)
_COMPOUND_SLICE: Final = 1 << 20

BYTES_PER_FRAGMENT: Final = 24
"""The memory one fragment takes at most, from being read to being written, with postings of usual density."""


class FieldFragments:
    """One text field of the articles gathered so far: the fragments of every value, one value after the other."""

    def __init__(self) -> None:
        self.fragments = array("I")
        self.docs = array("I")
        self.sizes = array("I")

    def close(self, doc: int, start: int) -> int:
        """Makes the fragments from `start` on a value of the article `doc`, if there are any; says how many."""
        size = len(self.fragments) - start
        if size:
            self.docs.append(doc)
            self.sizes.append(size)
        return size


@dataclass(frozen=True, slots=True)
class TokenTables:
    """A `FragmentTable` as arrays, with its words numbered in order. Fragment f gives `sizes[f]` tokens."""

    starts: NDArray[np.uint32]
    sizes: NDArray[np.uint32]
    advances: NDArray[np.uint32]
    words: NDArray[np.uint32]
    aheads: NDArray[np.uint32]

    @classmethod
    def of(cls, fragments: FragmentTable, ranks: NDArray[np.uint32]) -> TokenTables:
        """The arrays of a table; `ranks` has for each word number of the table the one in order."""
        starts, advances, words, aheads = (np.array(column, np.uint32) for column in fragments.columns())
        return cls(starts[:-1], np.diff(starts), advances, ranks[words], aheads)


@dataclass(frozen=True, slots=True)
class Postings:
    """The sections of one text field as `layout` names them, and the field's length in each article, in tokens."""

    words: NDArray[np.uint32]
    starts: NDArray[np.uint64]
    docs: NDArray[np.uint32]
    counts: NDArray[Any]
    position_starts: NDArray[np.uint64]
    positions: NDArray[Any]
    lengths: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class _LocatedValues:
    """Values with the locations at which they begin: the article in the upper bits, the position in the lower
    `position_bits`."""

    fragments: NDArray[np.uint32]
    sizes: NDArray[np.int64]
    locations: NDArray[np.int64]
    position_bits: int
    location_bits: int
    tokens: int

    def slices(self) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]]:
        """Fragments, sizes and locations of some values at a time."""
        for part, span in _slices(self.sizes):
            yield self.fragments[span], self.sizes[part], self.locations[part]


def invert(field: FieldFragments, tables: TokenTables, articles: int) -> Postings:
    """The postings of one field."""
    compiled = _invert_compiled(field, tables, articles) if kernel is not None else None
    return compiled or invert_arrays(field, tables, articles)


def _invert_compiled(field: FieldFragments, tables: TokenTables, articles: int) -> Postings | None:
    """`invert` on the kernel; None where it leaves the work to `invert_arrays`."""
    if kernel is None:
        return None
    columns = (field.fragments, field.docs, field.sizes)
    bounds = np.append(tables.starts, np.uint32(len(tables.words)))
    words = int(tables.words.max(initial=0)) + 1
    tokens = (bounds, tables.advances, tables.words, tables.aheads)
    sections = kernel.invert(*columns, *tokens, articles, words, VALUE_GAP, 1 << POSITION_BITS)
    if sections is None:
        return None
    found, starts, docs, counts, position_starts, positions, lengths = map(np.frombuffer, sections, _SECTION_TYPES)
    return Postings(found, starts, docs, _narrowed(counts), position_starts, _narrowed(positions), lengths)


def invert_arrays(field: FieldFragments, tables: TokenTables, articles: int) -> Postings:
    """`invert` in numpy."""
    docs = _view(field.docs).astype(np.int64)
    sizes = _view(field.sizes).astype(np.int64)
    fragments = _view(field.fragments)
    advances, tokens = _measure(fragments, sizes, tables)
    lengths = np.bincount(docs, advances, articles).astype(np.uint32)
    bases = _bases(docs, advances)
    position_bits = int((bases + advances).max(initial=0)).bit_length()
    located = _LocatedValues(
        fragments, sizes, (docs << position_bits) + bases, position_bits, position_bits + articles.bit_length(), tokens
    )
    word_bits = int(tables.words.max(initial=0)).bit_length()
    in_order = _sorted_narrow if located.location_bits + word_bits <= _KEY_BITS else _sorted_wide
    return _postings(in_order(located, tables), position_bits, lengths)


def _view(values: array[int]) -> NDArray[np.uint32]:
    return np.frombuffer(values, np.uint32) if values else np.empty(0, np.uint32)


def _slices(sizes: NDArray[np.int64]) -> Iterator[tuple[slice, slice]]:
    """Ranges of values and of their fragments: up to `_SLICE` fragments at a time, but at least one value."""
    ends = np.cumsum(sizes)
    first = start = 0
    while first < len(sizes):
        last = max(first + 1, int(np.searchsorted(ends, start + _SLICE, "right")))
        stop = int(ends[last - 1])
        yield slice(first, last), slice(start, stop)
        first, start = last, stop


def _measure(
    fragments: NDArray[np.uint32], sizes: NDArray[np.int64], tables: TokenTables
) -> tuple[NDArray[np.int64], int]:
    """How many positions each value takes, and how many tokens all of them have."""
    advances = np.empty(len(sizes), np.int64)
    tokens = 0
    for part, span in _slices(sizes):
        advances[part] = np.add.reduceat(tables.advances[fragments[span]], _starts(sizes[part]), dtype=np.int64)
        tokens += int(tables.sizes[fragments[span]].sum())
    return advances, tokens


def _starts(sizes: NDArray[Any]) -> NDArray[np.int64]:
    """The start of each of several rows of these sizes."""
    ends: NDArray[np.int64] = np.cumsum(sizes, dtype=np.int64)
    starts: NDArray[np.int64] = ends - sizes
    return starts


def _bases(docs: NDArray[np.int64], advances: NDArray[np.int64]) -> NDArray[np.int64]:
    """The position at which each value begins in its article. A value with any word keeps a gap behind it."""
    before = _starts(np.where(advances > 0, advances + VALUE_GAP, 0))
    bases: NDArray[np.int64] = before - before[np.searchsorted(docs, docs)]
    return bases


def _sorted_narrow(
    located: _LocatedValues, tables: TokenTables
) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int64]]]:
    """Words and locations in order, some words at a time, where a word and a location fit into one key."""
    bits = np.uint64(located.location_bits)
    values = (tables.words.astype(np.uint64) << bits) + tables.aheads
    keys = np.empty(located.tokens, np.uint64)
    at = 0
    for fragments, sizes, locations in located.slices():
        tokens, token_locations = _expand(fragments, sizes, locations, tables)
        np.add(values[tokens], token_locations.view(np.uint64), out=keys[at : at + len(tokens)])
        at += len(tokens)
    del values
    keys.sort()
    mask = np.uint64((1 << located.location_bits) - 1)
    for span in _word_slices(keys, bits):
        part = keys[span]
        yield (part >> bits).astype(np.uint32), (part & mask).view(np.int64)


def _word_slices(keys: NDArray[np.uint64], bits: np.uint64) -> Iterator[slice]:
    """About `_SLICE` keys at a time; all keys of a word stay together."""
    start = 0
    while start < len(keys):
        last = keys[min(start + _SLICE, len(keys)) - 1] >> bits
        stop = int(np.searchsorted(keys, (last + np.uint64(1)) << bits)) if start + _SLICE < len(keys) else len(keys)
        yield slice(start, stop)
        start = stop


def _sorted_wide(
    located: _LocatedValues, tables: TokenTables
) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.int64]]]:
    """The same where they do not fit: with millions of words in millions of articles, or with an enormous article."""
    words = np.empty(located.tokens, np.uint32)
    all_locations = np.empty(located.tokens, np.int64)
    at = 0
    for fragments, sizes, locations in located.slices():
        tokens, token_locations = _expand(fragments, sizes, locations, tables)
        words[at : at + len(tokens)] = tables.words[tokens]
        np.add(token_locations, tables.aheads[tokens], out=all_locations[at : at + len(tokens)])
        at += len(tokens)
    order = np.lexsort((all_locations, words))
    yield words[order], all_locations[order]


def _expand(
    fragments: NDArray[np.uint32], sizes: NDArray[np.int64], locations: NDArray[np.int64], tables: TokenTables
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The tokens of some values' fragments, in no order, each with the location of its fragment."""
    advances = tables.advances[fragments]
    before = _starts(advances)
    location = before + np.repeat(locations - before[_starts(sizes)], sizes)
    firsts, counts = tables.starts[fragments].astype(np.int64), tables.sizes[fragments]
    filled = counts > 0
    more = np.flatnonzero(counts > 1)
    extra = counts[more].astype(np.int64) - 1
    following = np.repeat(firsts[more] + 1 - _starts(extra), extra) + np.arange(int(extra.sum()))
    return (
        np.concatenate((firsts[filled], following)),
        np.concatenate((location[filled], np.repeat(location[more], extra))),
    )


def _postings(
    parts: Iterable[tuple[NDArray[np.uint32], NDArray[np.int64]]], position_bits: int, lengths: NDArray[np.uint32]
) -> Postings:
    """Groups sorted tokens into postings, and postings into words."""
    columns: list[tuple[NDArray[Any], ...]] = []
    for words, locations in parts:
        kept = _below_limit(locations, position_bits)
        columns.append(_cut(words[kept], locations[kept], position_bits))
    if not columns:
        columns.append(_cut(np.empty(0, np.uint32), np.empty(0, np.int64), position_bits))
    words, word_sizes, token_sizes, docs, counts, positions = map(np.concatenate, zip(*columns, strict=True))
    return Postings(words, starts_of(word_sizes), docs, counts, starts_of(token_sizes), positions, lengths)


def _below_limit(locations: NDArray[np.int64], position_bits: int) -> slice | NDArray[np.bool_]:
    if position_bits <= POSITION_BITS:
        return slice(None)
    kept: NDArray[np.bool_] = (locations & ((1 << position_bits) - 1)) < 1 << POSITION_BITS
    return kept


def _cut(words: NDArray[np.uint32], locations: NDArray[np.int64], position_bits: int) -> tuple[NDArray[Any], ...]:
    """Words, how many postings and tokens each has, doc ids, counts, positions."""
    docs = (locations >> position_bits).astype(np.uint32)
    positions = _narrowed(locations & ((1 << position_bits) - 1))
    is_new_word = changes(words)
    posting_starts = np.flatnonzero(is_new_word | changes(docs))
    word_starts = np.flatnonzero(is_new_word)
    counts = np.diff(posting_starts, append=len(words))
    word_sizes = np.diff(np.searchsorted(posting_starts, word_starts), append=len(posting_starts))
    token_sizes = np.diff(word_starts, append=len(words))
    return words[word_starts], word_sizes, token_sizes, docs[posting_starts], _narrowed(counts), positions


def _narrowed(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(smallest_type(int(values.max(initial=0))))


@dataclass(frozen=True, slots=True, eq=False)
class CompoundPostings:
    """The sections `F.joined.…` of one text field."""

    words: NDArray[np.uint32]
    firsts: NDArray[np.uint32]
    starts: NDArray[np.uint64]
    docs: Docs
    counts: NDArray[Any]


def compound_postings(pairs: NDArray[np.uint64], docs: Docs) -> CompoundPostings:
    """The sections from single occurrences in any order: `compound << 32 | first part`, and the article of each."""
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


class CompoundFinder:
    """Finds compounds, such as `postwar` for `post-war`, at the positions of their first parts.

    A query may match both, as the prefix `post*` does, but the position counts once. Postings only say how often each
    occurs in an article; so how often both do at the same position is stored besides, for the few articles where it
    happens. Which fragments have compounds is read from the tables of their tokens, see `TokenTables`.
    """

    def __init__(self, sizes: NDArray[Any], words: NDArray[np.uint32], aheads: NDArray[Any]) -> None:
        fragments = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
        at = np.flatnonzero((aheads[1:] == aheads[:-1]) & (fragments[1:] == fragments[:-1]))
        self._pairs = words[at + 1].astype(np.uint64) << _SHIFT | words[at]
        self._counts = np.bincount(fragments[at], minlength=len(sizes)).astype(np.uint32)
        self._starts = np.cumsum(self._counts, dtype=np.int64) - self._counts

    def postings(self, fragments: NDArray[np.uint32], docs: NDArray[Any], sizes: NDArray[Any]) -> CompoundPostings:
        """The compounds of a field, of which `sizes[i]` fragments in a row belong to article `docs[i]`."""
        ends = np.cumsum(sizes, dtype=np.int64)
        found = [(np.empty(0, np.uint64), np.empty(0, np.uint32)), *self._found(fragments, docs, ends)]
        pairs, owners = zip(*found, strict=True)
        return compound_postings(np.concatenate(pairs), np.concatenate(owners))

    def _found(
        self, fragments: NDArray[np.uint32], docs: NDArray[Any], ends: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.uint64], Docs]]:
        for start in range(0, len(fragments), _COMPOUND_SLICE):
            some = fragments[start : start + _COMPOUND_SLICE]
            at = np.flatnonzero(self._counts[some])
            counts = self._counts[some[at]]
            owners = docs[np.searchsorted(ends, at + start, "right")].astype(np.uint32)
            yield (
                self._pairs[expand_ranges(self._starts[some[at]], counts, int(counts.sum()))],
                np.repeat(owners, counts),
            )
