"""The table of contents by which Whoosh programs find a commit; we write it and never read it, since it is a pickle."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from search.engines.flat.codec import ArraySegment
from search.engines.flat.manifest import File, Manifest, SegmentEntry
from search.engines.flat.whoosh_schema import INDEX_NAME, ReadOnlySchema


class _Schema(ReadOnlySchema):
    """The same fields in our own hands, which may write them down."""

    def clean(self) -> None:
        """Nothing is to be tidied."""


def write_toc(directory: Path, manifest: Manifest) -> File:
    """Writes the commit down for Whoosh, in place of a file of the same number; it is on the disk afterwards.

    The file names only our own function and class, so it does not depend on the version of Whoosh. Raises OSError.
    """
    name = TOC._filename(INDEX_NAME, manifest.number)
    path = directory / name
    path.unlink(missing_ok=True)
    segments = [_record(entry) for entry in manifest.segments]
    TOC(_Schema(), segments, manifest.number).write(FileStorage(str(directory)), INDEX_NAME)
    with path.open("rb") as stream:
        raw = stream.read()
        os.fsync(stream.fileno())
    return File(name, len(raw), zlib.crc32(raw))


def _record(entry: SegmentEntry) -> ArraySegment:
    deletions = entry.deletions.name if entry.deletions else ""
    return ArraySegment(entry.file.name, entry.articles, deletions, entry.deleted)
