"""The source that is a single article: one file, one record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath

from index.article import Article, Record, Withdrawal
from index.sources.encoding import is_binary
from index.sources.files import file_digest, file_size, read_page
from index.sources.reading import Reading
from search.errors import SourceError

PageReader = Callable[[bytes, str, Reading], Article | Withdrawal]
"""Reads the bytes of a page into its article: (data, origin, how to read it). Raises SourceError."""


@dataclass(frozen=True, slots=True)
class Page:
    """A file that is one article; see `index.article.Record`."""

    origin: str
    weight: int
    reading: Reading
    reader: PageReader

    def read(self) -> Article | Withdrawal:
        """The article in the file. Raises SourceError."""
        data = read_page(self.origin)
        if is_binary(data):
            name = PurePath(self.origin.removesuffix(".gz"))
            raise SourceError(self.origin, f"a binary file, not {name.suffix or 'text'}")
        return replace(self.reader(data, self.origin, self.reading), place=self.reading.place(self.origin))


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

    def digest(self) -> str | None:
        """See `index.unchanged.Digested`."""
        return file_digest(self.name, self._reader.__name__, *self._reading.told(self.name))

    def records(self) -> Iterator[Record | SourceError]:
        """The one page."""
        yield Page(self.name, self.size, self._reading, self._reader)


def pages_read_by(reader: PageReader) -> Callable[[str, Reading], PageSource]:
    """Opens files of one article each, which `reader` reads."""
    return lambda location, reading: PageSource(location, reading, reader)
