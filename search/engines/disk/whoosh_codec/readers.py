"""The dictionaries and postings of one segment as Whoosh reads them, out of our arrays.

Made for programs that know only Whoosh, and for tests that compare; our own searches never come here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from functools import cached_property, lru_cache
from typing import Any, Final, Self

import numpy as np
from whoosh.codec import base
from whoosh.matching.mcore import LeafMatcher, ReadTooFar
from whoosh.reading import TermInfo, TermNotFound

from search.engines.disk.format.container import Container
from search.engines.disk.reading.vocabulary import Vocabulary
from search.engines.disk.whoosh_codec.schema import COLUMN_NAMES
from search.engines.disk.whoosh_codec.terms import FieldTerms, Postings, field_terms, first_from, index_of
from search.schema import DATE_FIELDS, TEXT_FIELDS

INDEXED: Final = tuple(sorted({"id", *TEXT_FIELDS, *COLUMN_NAMES.values(), *DATE_FIELDS}))
"""The Whoosh names of the fields that have terms."""

_CACHED_INDICES: Final = 4096
_CACHED_POSTINGS: Final = 16
"""Whoosh asks for the same term several times: whether it exists, how frequent it is, and then for its postings."""


class SegmentTerms(base.TermsReader):  # type: ignore[misc]
    """The terms of all fields of a segment."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._vocabulary = Vocabulary(container)
        self._fields: dict[str, FieldTerms] = {}
        self._index = lru_cache(_CACHED_INDICES)(self._find)
        self._postings = lru_cache(_CACHED_POSTINGS)(self._read_postings)

    def field(self, name: str) -> FieldTerms:
        """The dictionary of a field. Raises TermNotFound for a field without terms."""
        if name not in INDEXED:
            raise TermNotFound(f"the field {name!r} has no terms")
        if name not in self._fields:
            self._fields[name] = field_terms(self._container, self._vocabulary, name)
        return self._fields[name]

    def _find(self, field: str, text: bytes) -> int | None:
        return index_of(self.field(field), text)

    def _read_postings(self, field: str, text: bytes) -> Postings:
        at = self._index(field, text)
        if at is None:
            raise TermNotFound(f"no term {field}:{text!r}")
        return self.field(field).postings(at)

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        field, text = term
        return field in INDEXED and self._index(field, text) is not None

    def indexed_field_names(self) -> Iterable[str]:
        return INDEXED

    def cursor(self, fieldname: str, fieldobj: Any) -> TermsCursor:
        return TermsCursor(self.field(fieldname), fieldobj)

    def terms(self) -> Iterator[tuple[str, bytes]]:
        return self.terms_from(INDEXED[0], b"")

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        return ((name, terms.text(at)) for name, terms, at in self._from(fieldname, prefix))

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return self.items_from(INDEXED[0], b"")

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return (
            ((name, terms.text(at)), term_info(terms.postings(at))) for name, terms, at in self._from(fieldname, prefix)
        )

    def _from(self, field: str, text: bytes) -> Iterator[tuple[str, FieldTerms, int]]:
        for name in INDEXED[INDEXED.index(field) :]:
            terms = self.field(name)
            for at in range(first_from(terms, text) if name == field else 0, len(terms)):
                yield name, terms, at

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        return term_info(self._postings(fieldname, text))

    def frequency(self, fieldname: str, text: bytes) -> float:
        return float(self.term_info(fieldname, text).weight()) if (fieldname, text) in self else 0.0

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        return len(self._postings(fieldname, text).docs) if (fieldname, text) in self else 0

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> PostingMatcher:
        return PostingMatcher((fieldname, text), self._postings(fieldname, text), format_, scorer)


class TermsCursor(base.FieldCursor):  # type: ignore[misc]
    """A cursor over the terms of one field."""

    def __init__(self, terms: FieldTerms, fieldobj: Any) -> None:
        self._terms = terms
        self._fieldobj = fieldobj
        self._at = 0

    def is_valid(self) -> bool:
        return self._at < len(self._terms)

    def text(self) -> str | None:
        return self._fieldobj.from_bytes(self._terms.text(self._at)) if self.is_valid() else None

    term = text

    def first(self) -> str | None:
        self._at = 0
        return self.text()

    def next(self) -> str | None:
        self._at = min(self._at + 1, len(self._terms))
        return self.text()

    def find(self, string: str | bytes) -> str | None:
        """Moves to the first term that is not before the string."""
        self._at = first_from(self._terms, self._fieldobj.to_bytes(string))
        return self.text()

    def term_info(self) -> TermInfo | None:
        return term_info(self._terms.postings(self._at)) if self.is_valid() else None


_BLOCK: Final = 128
"""Postings that are skipped together; Whoosh's own number."""


class PostingMatcher(LeafMatcher):  # type: ignore[misc]
    """The postings of one term, as Whoosh walks through them: one by one, or block by block where no score is high
    enough."""

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
        """Moves on by one posting. True if the next is in another block, or there is none."""
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
        """The current block; at the end the last one, since some versions of Whoosh still ask about it."""
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
        """For each block the highest count, the shortest and the longest field."""
        starts = np.arange(0, len(self._docs), _BLOCK)
        counts, lengths = self._postings.counts, self._postings.lengths
        return (
            np.maximum.reduceat(counts, starts).tolist(),
            np.minimum.reduceat(lengths, starts).tolist(),
            np.maximum.reduceat(lengths, starts).tolist(),
        )


def term_info(postings: Postings) -> TermInfo:
    """What Whoosh asks about a term before it reads its postings."""
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
