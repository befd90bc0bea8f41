"""Which reader a source has been given, to say as what a file was recognised."""

from __future__ import annotations

from index.article import Source
from index.sources.unpacked_file import RecordReader, UnpackedFile


def reader_of(source: Source) -> RecordReader | None:
    """What reads the records of a file of many articles; None for other sources."""
    return source.reader if isinstance(source, UnpackedFile) else None
