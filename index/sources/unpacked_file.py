"""The source that is a file of many articles, whose size is known once it is unpacked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from index.article import Record
from index.sources.files import file_digest, unpacked_size
from index.sources.reading import Reading
from search.errors import SourceError

RecordReader = Callable[[str, Reading], Iterator[Record | SourceError]]
"""Reads the records of a file, in order: (location, how to read it). Raises SourceError if it cannot go on."""


class UnpackedFile:
    """The file as a source, whose records `reader` reads; see `index.article.Source`."""

    def __init__(self, location: str, reading: Reading, reader: RecordReader) -> None:
        self.name = location
        self.reader = reader
        self._reading = reading

    @cached_property
    def size(self) -> int:
        """Bytes after decompression."""
        return unpacked_size(self.name)

    def digest(self) -> str | None:
        """See `index.unchanged.Digested`."""
        return file_digest(self.name, self.reader.__name__, *self._reading.told(self.name))

    def records(self) -> Iterator[Record | SourceError]:
        """Its records in order. Raises SourceError if it cannot be read any further."""
        return self.reader(self.name, self._reading)


def unpacked_read_by(reader: RecordReader) -> Callable[[str, Reading], UnpackedFile]:
    """Opens files of many articles, whose records `reader` reads."""
    return lambda location, reading: UnpackedFile(location, reading, reader)
