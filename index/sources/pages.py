"""The source that is a single article: one file, one record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath
from zoneinfo import ZoneInfo

from index.article import Article, Record
from index.sources.encoding import is_binary
from index.sources.files import file_size, read_page
from index.sources.reading import Reading
from search.errors import SourceError

PageReader = Callable[[bytes, str, ZoneInfo], Article]
"""Reads the bytes of a page into its article: (data, origin, time zone). Raises SourceError."""


@dataclass(frozen=True, slots=True)
class Page:
    """A file that is one article; see `index.article.Record`."""

    origin: str
    place: str
    weight: int
    time_zone: ZoneInfo
    reader: PageReader

    def read(self) -> Article:
        """The article in the file. Raises SourceError."""
        data = read_page(self.origin)
        if is_binary(data):
            raise SourceError(self.origin, f"a binary file, not {PurePath(self.origin).suffix or 'text'}")
        return replace(self.reader(data, self.origin, self.time_zone), place=self.place)


class PageSource:
    """The file as a source; see `index.article.Source`."""

    def __init__(self, location: str, reading: Reading, reader: PageReader) -> None:
        self.name = location
        self._reading = reading
        self._reader = reader

    @cached_property
    def size(self) -> int:
        """Bytes on disk."""
        return file_size(self.name)

    def records(self) -> Iterator[Record | SourceError]:
        """The one page."""
        yield Page(self.name, self._reading.place(self.name), self.size, self._reading.time_zone, self._reader)
