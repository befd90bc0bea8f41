"""The postings of one term as Whoosh walks through them, one by one, or block by block where none is good enough."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from whoosh.matching.mcore import LeafMatcher, ReadTooFar
from whoosh.reading import TermInfo

from search.engines.disk.view.terms import Postings

_BLOCK: Final = 128
"""Postings that are passed over together; Whoosh's own number."""


class PostingMatcher(LeafMatcher):  # type: ignore[misc]
    """The postings of one term, as Whoosh walks through them."""

    def __init__(self, term: tuple[str, bytes], postings: Postings, format_: Any, scorer: Any) -> None:
        self._term = term
        self._postings = postings
        self._docs: list[int] = postings.docs.tolist()
        self._counts: list[int] = postings.counts.tolist()
        self._at = 0
        self.format = format_
        self.scorer = scorer

    def is_active(self) -> bool:
        return self._at < len(self._docs)

    def reset(self) -> None:
        self._at = 0

    def copy(self) -> Self:
        return copy(self)

    def id(self) -> int:
        return self._docs[self._at]

    def weight(self) -> float:
        return float(self._counts[self._at])

    def value(self) -> bytes:
        if self._postings.positions is None:
            return b""
        end = self._ends[self._at]
        return self._postings.positions[end - self._counts[self._at] : end].astype("<u4").tobytes()

    @cached_property
    def _ends(self) -> list[int]:
        """Where the positions of each posting end."""
        ends: list[int] = np.cumsum(self._postings.counts, dtype=np.int64).tolist()
        return ends

    def next(self) -> bool:
        """Whether what follows is in another block."""
        self._at += 1
        return self._at % _BLOCK == 0 or not self.is_active()

    def skip_to(self, doc: int) -> None:
        if not self.is_active():
            raise ReadTooFar
        if doc > self.id():
            self._at += int(np.searchsorted(self._postings.docs[self._at :], doc))

    def skip_to_quality(self, minquality: float) -> int:
        skipped = 0
        while self.is_active() and self.block_quality() <= minquality:
            self._at = (self._at // _BLOCK + 1) * _BLOCK
            skipped += 1
        return skipped

    @property
    def _block(self) -> int:
        """The block at hand; at the end the last one, which some versions of Whoosh go on asking about."""
        return min(self._at, len(self._docs) - 1) // _BLOCK

    def block_min_id(self) -> int:
        return self._docs[self._block * _BLOCK]

    def block_max_id(self) -> int:
        return self._docs[min((self._block + 1) * _BLOCK, len(self._docs)) - 1]

    def block_max_weight(self) -> float:
        return float(self._block_bounds[0][self._block])

    def block_min_length(self) -> int:
        return self._block_bounds[1][self._block]

    def block_max_length(self) -> int:
        return self._block_bounds[2][self._block]

    @cached_property
    def _block_bounds(self) -> tuple[list[int], list[int], list[int]]:
        """Of each block the most occurrences, the shortest and the longest field."""
        starts = np.arange(0, len(self._docs), _BLOCK)
        counts, lengths = self._postings.counts, self._postings.lengths
        return (
            np.maximum.reduceat(counts, starts).tolist(),
            np.minimum.reduceat(lengths, starts).tolist(),
            np.maximum.reduceat(lengths, starts).tolist(),
        )


def term_info(postings: Postings) -> TermInfo:
    """What Whoosh wants to know of a term before it looks at its postings."""
    docs, counts, lengths = postings.docs, postings.counts, postings.lengths
    return TermInfo(
        weight=float(counts.sum(dtype=np.int64)),
        df=len(docs),
        minlength=int(lengths.min()),
        maxlength=int(lengths.max()),
        maxweight=float(counts.max()),
        minid=int(docs[0]),
        maxid=int(docs[-1]),
    )
