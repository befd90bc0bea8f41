"""The codec by which Whoosh opens our segments; it reads them, and says so to whoever wants to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whoosh.codec import base

from search.engines.disk.files.container import Container
from search.engines.disk.files.layout import DELETIONS, SEGMENT
from search.engines.disk.files.manifest import Manifest
from search.engines.disk.view.articles import SegmentArticles
from search.engines.disk.view.readers import SegmentTerms
from search.engines.disk.view.schema import INDEX_NAME, refuse_writing


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
    """A segment as a table of contents names it: its file, how many articles that has, the file of deletions or "",
    how many articles that lists. Two are equal if they count the same articles."""

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
        """Readers count for themselves; this is what Whoosh's writers begin with. Raises EngineError."""
        refuse_writing()

    def deleted_count(self) -> int:
        return self.deleted


def segment_records(manifest: Manifest) -> list[ArraySegment]:
    """The segments of a commit as its table of contents names them."""
    return [
        ArraySegment(entry.file.name, entry.articles, entry.deletions.name if entry.deletions else "", entry.deleted)
        for entry in manifest.segments
    ]
