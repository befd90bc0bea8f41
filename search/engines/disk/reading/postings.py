"""The words of one text field in one segment: in which articles each stands, how often, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.files.container import Container, DamagedFile

Docs = NDArray[np.uint32]
Ints = NDArray[np.int64]
Number = TypeVar("Number", np.uint32, np.int64)

_FEWER: Final = 8
"""How many times longer one list must be for the other to be looked up in it, and not the other way round."""


@dataclass(frozen=True, slots=True)
class FieldPostings:
    """The arrays of `search.engines.disk.files.layout` for one field, as they lie in the file."""

    words: NDArray[np.uint32]
    starts: NDArray[np.uint64]
    docs: Docs
    counts: NDArray[Any]
    position_starts: NDArray[np.uint64]
    positions: NDArray[Any]

    def places(self, words: NDArray[np.uint32]) -> Ints:
        """Where in `words` those of the given ones are that stand in the field at all."""
        if not len(self.words) or not len(words):
            return np.empty(0, np.int64)
        at = np.searchsorted(self.words, words)
        at[at == len(self.words)] = 0
        found: Ints = at[self.words[at] == words]
        return found

    def extent(self, place: int) -> slice:
        """Which postings belong to the word at a place."""
        return slice(int(self.starts[place]), int(self.starts[place + 1]))


def field_postings(container: Container, field: str) -> FieldPostings:
    """The postings of a text field."""
    parts = ("words", "starts", "docs", "counts", "position_starts", "positions")
    return FieldPostings(*(container.array(f"{field}.{part}") for part in parts))


def ranges(starts: NDArray[Any], lengths: NDArray[Any], most: int) -> Ints:
    """The numbers from each start on, as many as its length says, one range after the other: at most so many, or it is
    DamagedFile that is raised before arrays that lie make us ask for more memory than there is."""
    lengths = lengths.astype(np.int64)
    ends = np.cumsum(lengths)
    if len(lengths) and (int(lengths.min()) < 0 or int(lengths.max()) > most or int(ends[-1]) > most):
        raise DamagedFile("the ranges in it are longer than what they are ranges of")
    ahead = ends - lengths
    firsts: Ints = np.repeat(starts.astype(np.int64) - ahead, lengths)
    firsts += np.arange(len(firsts))
    return firsts


def united(lists: Sequence[NDArray[Number]], *, loose: bool = False) -> NDArray[Number]:
    """What is in any of some lists, at least one, in order; `loose`: the lists need not rise."""
    if len(lists) == 1 and not loose:
        return lists[0]
    found = np.concatenate(lists)
    found.sort(kind=None if loose else "stable")  # the stable one finds the lists in it and merges them
    return found[_changes(found)]


def added_up(docs: NDArray[Any], counts: NDArray[Any]) -> tuple[Docs, NDArray[Any]]:
    """Articles in any order, put in order, the counts of equal ones added; at least one."""
    order = np.argsort(docs, kind="stable")
    docs, counts = docs[order], counts[order]
    starts = np.flatnonzero(_changes(docs))
    return docs[starts], np.add.reduceat(counts, starts, dtype=np.int64 if counts.dtype.kind == "u" else None)


def _changes(docs: NDArray[Any]) -> NDArray[np.bool_]:
    """Which are not equal to the one before."""
    changes = np.ones(len(docs), np.bool_)
    np.not_equal(docs[1:], docs[:-1], out=changes[1:])
    return changes


def shared(docs: Docs, wanted: Docs, *, loose: bool = False) -> tuple[Ints, Ints]:
    """Where in both lists, which rise, the articles stand that are in both: the shorter is looked up in the longer.
    `loose`: the first need not rise."""
    if loose or len(docs) <= len(wanted) * _FEWER:
        at, found = _looked_up(docs, wanted)
        return np.flatnonzero(found), at[found]
    at, found = _looked_up(wanted, docs)
    return at[found], np.flatnonzero(found)


def _looked_up(wanted: Docs, docs: Docs) -> tuple[Ints, NDArray[np.bool_]]:
    at = np.searchsorted(docs, wanted)
    at[at == len(docs)] = 0
    return at, docs[at] == wanted if len(docs) else np.zeros(len(wanted), np.bool_)
