"""What belongs to the articles of one segment one by one, as Whoosh reads it: lengths, columns, stored fields."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from whoosh.codec import base
from whoosh.columns import ColumnReader

from search.document import Document
from search.engines.disk.files.container import Container
from search.engines.disk.files.layout import DATE_ORDINALS, FIELD_ORDINALS, Strings
from search.engines.disk.files.stored import decode_article
from search.engines.disk.view.schema import COLUMN_NAMES
from search.engines.disk.view.terms import Numbers
from search.schema import DATE_FIELDS


class SegmentArticles(base.PerDocumentReader):  # type: ignore[misc]
    """What belongs to the articles of a segment one by one; `deletions` is the file of those that do not count."""

    def __init__(self, container: Container, deletions: Container | None) -> None:
        self._container = container
        self._articles = container.numbers["articles"]
        self._lengths = container.array("lengths").reshape(-1, self._articles) if self._articles else None
        self._stored = Strings.of(container, "article")
        self._deleted = frozenset(deletions.array("docs").tolist()) if deletions else frozenset[int]()

    def doc_count(self) -> int:
        return self._articles - len(self._deleted)

    def doc_count_all(self) -> int:
        return self._articles

    def has_deletions(self) -> bool:
        return bool(self._deleted)

    def is_deleted(self, docnum: int) -> bool:
        return docnum in self._deleted

    def deleted_docs(self) -> frozenset[int]:
        return self._deleted

    # Lengths: of all articles of the file, as Whoosh counts them

    def _lengths_of(self, field: str) -> Numbers:
        if self._lengths is None or field not in FIELD_ORDINALS:
            return np.zeros(self._articles, np.uint32)
        row: Numbers = self._lengths[FIELD_ORDINALS[field]]
        return row

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(self._lengths_of(fieldname)[docnum]) or default

    def field_length(self, fieldname: str) -> int:
        return int(self._lengths_of(fieldname).sum(dtype=np.int64))

    def min_field_length(self, fieldname: str) -> int:
        lengths = self._lengths_of(fieldname)
        return int(lengths[lengths > 0].min(initial=lengths.max(initial=0)))

    def max_field_length(self, fieldname: str) -> int:
        return int(self._lengths_of(fieldname).max(initial=0))

    # Columns

    def supports_columns(self) -> bool:
        return True

    def list_columns(self) -> list[str]:
        return sorted({*COLUMN_NAMES.values(), *DATE_FIELDS})

    def has_column(self, fieldname: str) -> bool:
        return fieldname in COLUMN_NAMES.values() or fieldname in DATE_FIELDS

    def column_reader(self, fieldname: str, column: Any) -> ColumnReader:  # noqa: ARG002
        if fieldname in DATE_FIELDS:
            first = DATE_ORDINALS[fieldname] * self._articles
            return InstantColumnReader(self._container.array("dates")[first : first + self._articles])
        keyword = {name: keyword for keyword, name in COLUMN_NAMES.items()}[fieldname]
        return ValuesColumnReader(self._container, keyword)

    # Stored articles

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        return stored_fields(decode_article(self._stored.raw(docnum)))


def stored_fields(article: Document) -> dict[str, Any]:
    """An article by the names of Whoosh's fields; headings one a line; fields that are empty are left out."""
    content = {
        "id": article.id,
        "title": article.title,
        "headings": "\n".join(heading.text for heading in article.headings),
        "summary": article.summary,
        "body": article.body,
        "author": list(article.authors),
        "tags": list(article.tags),
        "section": list(article.sections),
        "lang": article.language,
        "type": article.type,
        "published": article.published,
        "modified": article.modified,
        "url": article.url,
        "source": article.source,
        "html": article.html,
    }
    return {name: value for name, value in content.items() if value or name == "id"}


class InstantColumnReader(ColumnReader):  # type: ignore[misc]
    """Seconds since 1970 of each article, infinite if it is undated."""

    def __init__(self, seconds: Numbers) -> None:
        self._seconds = seconds
        self._doccount = len(seconds)
        self._sign = 1.0

    def __getitem__(self, docnum: int) -> float:
        seconds = float(self._seconds[docnum])
        return math.inf if math.isnan(seconds) else seconds

    def sort_key(self, docnum: int) -> float:
        seconds = self[docnum]
        return seconds if seconds == math.inf else self._sign * seconds

    def set_reverse(self) -> None:
        self._sign = -1.0


class ValuesColumnReader(ColumnReader):  # type: ignore[misc]
    """The values of each article in a keyword field, in order."""

    def __init__(self, container: Container, keyword: str) -> None:
        self._starts, self._ordinals = (
            container.array(f"kw.{keyword}.starts"),
            container.array(f"kw.{keyword}.ordinals"),
        )
        self._values = Strings.of(container, f"kw.{keyword}.values")
        self._doccount = len(self._starts) - 1

    def __getitem__(self, docnum: int) -> tuple[str, ...]:
        ordinals = self._ordinals[int(self._starts[docnum]) : int(self._starts[docnum + 1])]
        return tuple(self._values[ordinal] for ordinal in ordinals.tolist())
