"""Which reader a source has been given, to say as what a file was recognised."""

from __future__ import annotations

from index.article import Source
from index.sources.unpacked_file import RecordReader, UnpackedFile
from search.named import Named, imported


def reader_of(source: Source) -> RecordReader | None:
    """What reads the records of a file of many articles; None for other sources."""
    if not isinstance(source, UnpackedFile):
        return None
    found: RecordReader = imported(source.reader.target) if isinstance(source.reader, Named) else source.reader
    return found
