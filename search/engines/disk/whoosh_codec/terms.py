"""The terms of one field as Whoosh asks for them: in the order of their bytes, each with its postings.

Whoosh's term of a text field is our surface, in whatever language and with whatever stem.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from search.engines.disk.format.arrays import Array
from search.engines.disk.format.container import Container
from search.engines.disk.format.layout import DATE_ORDINALS, FIELD_ORDINALS, Strings, to_bytes
from search.engines.disk.reading.vocabulary import Vocabulary
from search.engines.disk.whoosh_codec.schema import COLUMN_NAMES, FIRST_INSTANT, LAST_INSTANT, instant
from search.schema import DATE_FIELDS, TEXT_FIELDS


@dataclass(frozen=True, slots=True)
class Postings:
    """The postings of one term: its articles, ascending; how often it occurs in each; its positions, one article after
    the other, if the field has any; and the length of the field in each article, in tokens."""

    docs: Array
    counts: Array
    positions: Array | None
    lengths: Array


class FieldTerms(Protocol):
    """The dictionary of one field."""

    def __len__(self) -> int: ...

    def text(self, at: int) -> bytes:
        """The term with this index."""
        ...

    def postings(self, at: int) -> Postings:
        """Its postings, deleted articles included."""
        ...


def first_from(terms: FieldTerms, text: bytes) -> int:
    """The index of the first term that is not before `text`."""
    return bisect_left(range(len(terms)), text, key=terms.text)


def index_of(terms: FieldTerms, text: bytes) -> int | None:
    """The index of a term, None if there is no such term."""
    at = first_from(terms, text)
    return at if at < len(terms) and terms.text(at) == text else None


def field_terms(container: Container, vocabulary: Vocabulary, field: str) -> FieldTerms:
    """The terms of a field by its Whoosh name. Raises KeyError if it has none."""
    if field in TEXT_FIELDS:
        return SurfaceTerms(container, vocabulary, field)
    if field in DATE_FIELDS:
        return InstantTerms(container, field)
    if field == "id":
        return IdTerms(container)
    keyword = {name: keyword for keyword, name in COLUMN_NAMES.items()}[field]
    return ValueTerms(container, keyword)


class SurfaceTerms:
    """The surfaces that occur in a text field."""

    def __init__(self, container: Container, vocabulary: Vocabulary, field: str) -> None:
        articles = container.numbers["articles"]
        row = slice(FIELD_ORDINALS[field] * articles, (FIELD_ORDINALS[field] + 1) * articles)
        self._vocabulary = vocabulary
        self._lengths = container.array("lengths")[row]
        self._starts, self._docs, self._counts, self._position_starts, self._positions = (
            container.array(f"{field}.{part}") for part in ("starts", "docs", "counts", "position_starts", "positions")
        )
        words = container.array(f"{field}.words")
        owners = np.searchsorted(container.array("surface.words"), words, "right") - 1
        self._surfaces, firsts = np.unique(owners, return_index=True)
        self._firsts = np.append(firsts, len(words))

    def __len__(self) -> int:
        return len(self._surfaces)

    def text(self, at: int) -> bytes:
        return to_bytes(self._vocabulary.surface(int(self._surfaces[at])))

    def postings(self, at: int) -> Postings:
        first, last = int(self._firsts[at]), int(self._firsts[at + 1])
        rows = slice(int(self._starts[first]), int(self._starts[last]))
        docs, counts = self._docs[rows], self._counts[rows]
        positions = self._positions[int(self._position_starts[first]) : int(self._position_starts[last])]
        if last - first > 1:
            docs, counts, positions = _merged(docs, counts, positions)
        return Postings(docs, counts, positions, self._lengths[docs])


def _merged(docs: Array, counts: Array, positions: Array) -> tuple[Array, Array, Array]:
    """The postings of one term, from those of several words, one after the other."""
    located = np.unique(np.repeat(docs, counts).astype(np.uint64) << np.uint64(32) | positions)
    owners, together = np.unique(located >> np.uint64(32), return_counts=True)
    return owners.astype(np.uint32), together, located.astype(np.uint32)


class IdTerms:
    """The ids."""

    def __init__(self, container: Container) -> None:
        self._order = container.array("id.order")
        self._ids = Strings.of(container, "id")

    def __len__(self) -> int:
        return len(self._order)

    def text(self, at: int) -> bytes:
        return self._ids.raw(int(self._order[at]))

    def postings(self, at: int) -> Postings:
        return _once_each(self._order[at : at + 1])


class ValueTerms:
    """The values of a keyword field."""

    def __init__(self, container: Container, keyword: str) -> None:
        self._values = Strings.of(container, f"kw.{keyword}.values")
        starts, ordinals = container.array(f"kw.{keyword}.starts"), container.array(f"kw.{keyword}.ordinals")
        docs = np.repeat(np.arange(len(starts) - 1, dtype=np.uint32), np.diff(starts))
        self._docs = docs[np.argsort(ordinals, kind="stable")]
        self._starts = np.append(0, np.cumsum(np.bincount(ordinals, minlength=len(self._values))))

    def __len__(self) -> int:
        return len(self._values)

    def text(self, at: int) -> bytes:
        return self._values.raw(at)

    def postings(self, at: int) -> Postings:
        return _once_each(self._docs[self._starts[at] : self._starts[at + 1]])


class InstantTerms:
    """The instants of a date field, as text that sorts in the same order; prefixes of it are years, months and days."""

    def __init__(self, container: Container, field: str) -> None:
        articles = container.numbers["articles"]
        row = slice(DATE_ORDINALS[field] * articles, (DATE_ORDINALS[field] + 1) * articles)
        seconds = np.clip(np.floor(container.array("dates")[row]), FIRST_INSTANT, LAST_INSTANT)
        dated = np.flatnonzero(~np.isnan(seconds))
        self._docs = dated[np.argsort(seconds[dated], kind="stable")]
        self._instants, firsts = np.unique(seconds[self._docs], return_index=True)
        self._starts = np.append(firsts, len(dated))

    def __len__(self) -> int:
        return len(self._instants)

    def text(self, at: int) -> bytes:
        return instant(float(self._instants[at])).replace(tzinfo=None).isoformat(timespec="seconds").encode()

    def postings(self, at: int) -> Postings:
        return _once_each(self._docs[self._starts[at] : self._starts[at + 1]])


def _once_each(docs: Array) -> Postings:
    ones = np.ones(len(docs), np.uint32)
    return Postings(docs, ones, None, ones)
