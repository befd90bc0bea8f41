"""Arithmetic on the flat arrays of a segment: rows given by their starts, sorted lists of doc ids, checks of order.

Row i of an array is `values[starts[i]:starts[i + 1]]`. What may be large is looked at a few million items at a time,
so that a large segment is never copied into memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.container import DamagedFile
from search.errors import EngineError

Array = NDArray[Any]
Docs = NDArray[np.uint32]
"""Doc ids within one segment."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Number = TypeVar("Number", np.uint32, np.int64)

_SLICE: Final = 1 << 22
"""Items checked in one step."""
_FEWER: Final = 8
"""A list is searched for the items of another if it is at most this many times as long; else the other way round."""

# Rows


def starts_of(counts: Array, kind: Any = np.uint64) -> Array:
    """The start of each row of `counts[i]` items, and the end of the last. Raises EngineError if they do not fit `kind`
    (`np.uint32` for most sections): a start that wrapped around to 0 would make a segment nobody can read."""
    if int(np.sum(counts, dtype=np.uint64)) > np.iinfo(kind).max:
        raise EngineError("a merge would make a segment of more words or values than the format holds")
    starts = np.zeros(len(counts) + 1, kind)
    np.cumsum(counts, out=starts[1:])
    return starts


def row_ranges(starts: Array, most: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows that together have up to `most` items; a row with more is a range of its own."""
    begin, rows = 0, len(starts) - 1
    while begin < rows:
        limit = starts.dtype.type(int(starts[begin]) + most)
        end = min(max(begin + 1, int(np.searchsorted(starts, limit, "right")) - 1), rows)
        yield begin, end
        begin = end


def expand_ranges(starts: Array, lengths: Array, most: int) -> Ints:
    """The numbers `starts[i]` to before `starts[i] + lengths[i]`, one range after the other.

    Raises DamagedFile if there would be more than `most`: arrays of a damaged file must not make us allocate more
    memory than there is.
    """
    lengths = lengths.astype(np.int64)
    ends = np.cumsum(lengths)
    if len(lengths) and (int(lengths.min()) < 0 or int(lengths.max()) > most or int(ends[-1]) > most):
        raise DamagedFile("its rows are longer than the section they lie in")
    ahead = ends - lengths
    numbers: Ints = np.repeat(starts.astype(np.int64) - ahead, lengths)
    numbers += np.arange(len(numbers))
    return numbers


# Sorted lists


def changes(values: Array) -> Mask:
    """Which items differ from the one before; the first always does."""
    found = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def distinct(values: Array) -> Array:
    """Each value once, ascending. Several times as fast as `np.unique`, which hashes."""
    values = np.sort(values)
    return values[changes(values)]


def union(lists: Sequence[NDArray[Number]], *, unsorted: bool = False) -> NDArray[Number]:
    """The items of one or more lists, each once, ascending; `unsorted`: the lists are in any order."""
    if len(lists) == 1 and not unsorted:
        return lists[0]
    found = np.concatenate(lists)
    found.sort(kind=None if unsorted else "stable")  # the stable sort finds the sorted lists and merges them
    return found[changes(found)]


def intersect(docs: Docs, wanted: Docs, *, unsorted: bool = False) -> tuple[Ints, Ints]:
    """Where the items that both lists have stand in each: indices into `docs` and into `wanted`.

    Both ascend, unless `docs` is `unsorted`. The shorter list is searched for in the longer.
    """
    if unsorted or len(docs) <= len(wanted) * _FEWER:
        at, found = _search(docs, wanted)
        return np.flatnonzero(found), at[found]
    at, found = _search(wanted, docs)
    return at[found], np.flatnonzero(found)


def _search(wanted: Docs, docs: Docs) -> tuple[Ints, Mask]:
    at = np.searchsorted(docs, wanted)
    at[at == len(docs)] = 0
    return at, docs[at] == wanted if len(docs) else np.zeros(len(wanted), np.bool_)


def sum_by_doc(docs: Array, counts: Array) -> tuple[Docs, Array]:
    """The distinct doc ids, ascending, each with the sum of its counts; there is at least one."""
    order = np.argsort(docs, kind="stable")
    docs, counts = docs[order], counts[order]
    starts = np.flatnonzero(changes(docs))
    return docs[starts], np.add.reduceat(counts, starts, dtype=np.int64 if counts.dtype.kind == "u" else None)


# Checks


def partition(starts: Array, total: int) -> bool:
    """Whether the starts divide `total` items into rows: they begin with 0, never fall and end with the total."""
    return bool(len(starts) and starts[0] == 0 and starts[-1] == total) and rising(starts, strictly=False)


def rising(values: Array, *, strictly: bool = True) -> bool:
    """Whether each value is greater than the one before or, if not `strictly`, at least as great."""
    rises = np.greater if strictly else np.greater_equal
    return all(bool(rises(part[1:], part[:-1]).all()) for _, part in _slices(values))


def rising_within(values: Array, starts: Array) -> bool:
    """Whether the values of each row ascend strictly; `starts` divide them into rows."""
    for first, part in _slices(values):
        falls = part[1:] <= part[:-1]
        begin, end = np.searchsorted(starts, np.array([first + 1, first + len(part)], starts.dtype))
        falls[starts[begin:end].astype(np.int64) - (first + 1)] = False
        if falls.any():
            return False
    return True


def below(values: Array, limit: int) -> bool:
    """Whether all values are unsigned and below the limit, as ordinals of `limit` things are."""
    return not len(values) or (values.dtype.kind == "u" and int(values.max()) < limit)


def _slices(values: Array) -> Iterator[tuple[int, Array]]:
    """Slices of an array that overlap by one item, each with the index of its first."""
    for start in range(0, len(values), _SLICE):
        yield start, values[start : start + _SLICE + 1]
