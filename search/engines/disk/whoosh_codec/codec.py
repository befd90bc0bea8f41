"""The codec by which Whoosh opens our segments: what belongs to single articles is here, terms are in `readers`.

It reads only. Whatever would write raises an error that says how to.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.codec import base
from whoosh.columns import ColumnReader

from search.document import Document
from search.engines.disk.format.arrays import Array
from search.engines.disk.format.container import Container
from search.engines.disk.format.kinds import DELETIONS, SEGMENT
from search.engines.disk.format.layout import DATE_ORDINALS, FIELD_ORDINALS, Strings
from search.engines.disk.format.manifest import Manifest
from search.engines.disk.format.stored import decode_article
from search.engines.disk.whoosh_codec.readers import SegmentTerms
from search.engines.disk.whoosh_codec.schema import COLUMN_NAMES, INDEX_NAME, refuse_writing
from search.schema import DATE_FIELDS


class ArrayCodec(base.Codec):  # type: ignore[misc]
    """Reads segments; its methods that write raise EngineError."""

    per_document_writer = field_writer = postings_writer = postings_reader = new_segment = refuse_writing

    def terms_reader(self, storage: Any, segment: ArraySegment) -> SegmentTerms:
        return SegmentTerms(Container(Path(storage.folder) / segment.file, SEGMENT))

    def per_document_reader(self, storage: Any, segment: ArraySegment) -> SegmentArticles:
        folder = Path(storage.folder)
        deletions = Container(folder / segment.deletions, DELETIONS) if segment.deletions else None
        return SegmentArticles(Container(folder / segment.file, SEGMENT), deletions)


class ArraySegment(base.Segment):  # type: ignore[misc]
    """A segment in a table of contents: its file, how many articles that has, the file of deletions or "", and how many
    articles that lists. Two are equal if they have the same live articles."""

    compound = False
    delete_document = set_doc_count = refuse_writing

    def __init__(self, file: str, articles: int, deletions: str = "", deleted: int = 0) -> None:
        self.indexname = INDEX_NAME
        self.file = file
        self.articles = articles
        self.deletions = deletions
        self.deleted = deleted

    def __reduce__(self) -> tuple[Any, tuple[str, int, str, int]]:
        return ArraySegment, (self.file, self.articles, self.deletions, self.deleted)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArraySegment) and self.segment_id() == other.segment_id()

    def __hash__(self) -> int:
        return hash(self.segment_id())

    def codec(self, **_: Any) -> ArrayCodec:
        return ArrayCodec()

    def segment_id(self) -> str:
        return f"{self.file}+{self.deletions}"

    def is_compound(self) -> bool:
        return False

    def should_assemble(self) -> bool:
        return False

    def doc_count_all(self) -> int:
        """Whoosh's readers count for themselves; only its writers ask this. Raises EngineError."""
        refuse_writing()

    def deleted_count(self) -> int:
        return self.deleted


def segment_records(manifest: Manifest) -> list[ArraySegment]:
    """The segments of a commit for its table of contents."""
    return [
        ArraySegment(entry.file.name, entry.articles, entry.deletions.name if entry.deletions else "", entry.deleted)
        for entry in manifest.segments
    ]


class SegmentArticles(base.PerDocumentReader):  # type: ignore[misc]
    """What belongs to the articles of a segment one by one: lengths, columns, stored fields. `deletions` lists the
    deleted ones."""

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

    def _lengths_of(self, field: str) -> Array:
        if self._lengths is None or field not in FIELD_ORDINALS:
            return np.zeros(self._articles, np.uint32)
        row: Array = self._lengths[FIELD_ORDINALS[field]]
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
    """An article by the names of Whoosh's fields, with one heading a line; empty fields are left out."""
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

    def __init__(self, seconds: Array) -> None:
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
