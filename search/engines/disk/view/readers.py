"""The dictionaries of one segment as Whoosh reads them, out of its arrays.

Made for programs that know Whoosh and for tests that compare; our own searches never come here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from whoosh.codec import base
from whoosh.reading import TermInfo, TermNotFound

from search.engines.disk.dictionary.vocabulary import Vocabulary
from search.engines.disk.files.container import Container
from search.engines.disk.view.matcher import PostingMatcher, term_info
from search.engines.disk.view.schema import COLUMN_NAMES
from search.engines.disk.view.terms import FieldTerms, Postings, field_terms, first_from, place_of
from search.schema import DATE_FIELDS, TEXT_FIELDS

INDEXED: Final = tuple(sorted({"id", *TEXT_FIELDS, *COLUMN_NAMES.values(), *DATE_FIELDS}))
"""The Whoosh names of the fields that have terms."""

_REMEMBERED_PLACES: Final = 4096
_REMEMBERED_POSTINGS: Final = 16
"""Whoosh asks for the same term several times: whether it is there, how frequent it is, and then for its postings."""


class SegmentTerms(base.TermsReader):  # type: ignore[misc]
    """The terms of all fields of a segment."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._vocabulary = Vocabulary(container)
        self._fields: dict[str, FieldTerms] = {}
        self._place = lru_cache(_REMEMBERED_PLACES)(self._find)
        self._postings = lru_cache(_REMEMBERED_POSTINGS)(self._read_postings)

    def field(self, name: str) -> FieldTerms:
        """The dictionary of a field. Raises TermNotFound if it is none that has terms."""
        if name not in INDEXED:
            raise TermNotFound(f"the field {name!r} has no terms")
        if name not in self._fields:
            self._fields[name] = field_terms(self._container, self._vocabulary, name)
        return self._fields[name]

    def _find(self, field: str, text: bytes) -> int | None:
        return place_of(self.field(field), text)

    def _read_postings(self, field: str, text: bytes) -> Postings:
        at = self._place(field, text)
        if at is None:
            raise TermNotFound(f"no term {field}:{text!r}")
        return self.field(field).postings(at)

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        field, text = term
        return field in INDEXED and self._place(field, text) is not None

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
    """A place in the dictionary of one field."""

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
        """Goes to the first term that is not before the string."""
        self._at = first_from(self._terms, self._fieldobj.to_bytes(string))
        return self.text()

    def term_info(self) -> TermInfo | None:
        return term_info(self._terms.postings(self._at)) if self.is_valid() else None
