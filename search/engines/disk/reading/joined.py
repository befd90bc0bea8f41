"""Places where two words stand at once: a joined word, such as `postwar` for `post-war`, and the first of its parts.

Where a leaf of a query matches both, as the prefix `post*` does, the place counts once. Postings only know how often
each of them stands in an article; how often they do so together is kept besides, for the few articles that have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.files.container import Container
from search.engines.disk.files.layout import smallest_type
from search.engines.disk.reading.postings import added_up, ranges

Words = NDArray[np.uint32]
Docs = NDArray[np.uint32]

PARTS: Final = ("words", "firsts", "starts", "docs", "counts")
"""The sections `F.joined.…`, see `search.engines.disk.files.layout`."""

_SHIFT: Final = np.uint64(32)
_SLICE: Final = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class JoinedPostings:
    """The sections of one text field."""

    words: Words
    firsts: Words
    starts: NDArray[np.uint64]
    docs: Docs
    counts: NDArray[Any]


def shared_positions(
    container: Container, field: str, joined: Words, firsts: Words
) -> tuple[Docs, NDArray[np.int64]] | None:
    """The articles, rising, in which any of the joined words stands where any of the first parts does, and how often;
    None if there are none. Both kinds of words rise."""
    words = container.array(f"{field}.joined.words")
    if not len(words) or not len(joined) or not len(firsts):
        return None
    begins, ends = np.searchsorted(words, joined, "left"), np.searchsorted(words, joined, "right")
    if not (begins < ends).any():  # hardly any word is a joined one
        return None
    pairs = ranges(begins, ends - begins, len(words))
    own = container.array(f"{field}.joined.firsts")[pairs]
    at = np.searchsorted(firsts, own)
    at[at == len(firsts)] = 0
    pairs = pairs[firsts[at] == own]
    if not len(pairs):
        return None
    starts = container.array(f"{field}.joined.starts")
    docs = container.array(f"{field}.joined.docs")
    at = ranges(starts[pairs], starts[pairs + 1] - starts[pairs], len(docs))
    return added_up(docs[at], container.array(f"{field}.joined.counts")[at]) if len(at) else None


def joined_postings(pairs: NDArray[np.uint64], docs: Docs) -> JoinedPostings:
    """The sections from single places in any order: joined word << 32 | first part, and the article of each."""
    found, which = np.unique(pairs, return_inverse=True)
    keys, counts = np.unique(which.astype(np.uint64) << _SHIFT | docs, return_counts=True)
    starts = np.searchsorted(keys, np.arange(len(found) + 1, dtype=np.uint64) << _SHIFT)
    return JoinedPostings(
        words=(found >> _SHIFT).astype(np.uint32),
        firsts=found.astype(np.uint32),
        starts=starts.astype(np.uint64),
        docs=keys.astype(np.uint32),
        counts=counts.astype(smallest_type(int(counts.max(initial=0)))),
    )


class PiecePairs:
    """Which pieces of text hold joined words, told from the tables of their tokens: piece p gives the next `sizes[p]`
    of the words, each so many positions ahead of the piece's first."""

    def __init__(self, sizes: NDArray[Any], words: Words, aheads: NDArray[Any]) -> None:
        pieces = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
        at = np.flatnonzero((aheads[1:] == aheads[:-1]) & (pieces[1:] == pieces[:-1]))
        self._pairs = words[at + 1].astype(np.uint64) << _SHIFT | words[at]
        self._counts = np.bincount(pieces[at], minlength=len(sizes)).astype(np.uint32)
        self._starts = np.cumsum(self._counts, dtype=np.int64) - self._counts

    def postings(self, pieces: NDArray[np.uint32], docs: NDArray[Any], sizes: NDArray[Any]) -> JoinedPostings:
        """Those of a field: `sizes[i]` pieces in a row belong to article `docs[i]`."""
        ends = np.cumsum(sizes, dtype=np.int64)
        found = [(np.empty(0, np.uint64), np.empty(0, np.uint32)), *self._found(pieces, docs, ends)]
        pairs, owners = zip(*found, strict=True)
        return joined_postings(np.concatenate(pairs), np.concatenate(owners))

    def _found(
        self, pieces: NDArray[np.uint32], docs: NDArray[Any], ends: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.uint64], Docs]]:
        for start in range(0, len(pieces), _SLICE):
            some = pieces[start : start + _SLICE]
            at = np.flatnonzero(self._counts[some])
            counts = self._counts[some[at]]
            owners = docs[np.searchsorted(ends, at + start, "right")].astype(np.uint32)
            yield self._pairs[ranges(self._starts[some[at]], counts, int(counts.sum()))], np.repeat(owners, counts)
