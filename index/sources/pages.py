"""Sources where each file is one article: the files of a folder, read one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from index.article import Article
from index.sources.encoding import is_binary
from index.sources.files import file_size, read_page
from search.errors import SourceError

PageReader = Callable[[bytes, str, ZoneInfo], Article]
"""Reads the bytes of one page into the article on it: (data, place, time zone). Raises SourceError."""


class Pages:
    """The pages of one format under one path; a page that cannot be read costs that page only."""

    def __init__(self, path: Path, files: list[Path], time_zone: ZoneInfo, read: PageReader) -> None:
        self.name = str(path)
        self._files = files
        self._time_zone = time_zone
        self._read = read
        self._position = 0

    def size(self) -> int:
        """Bytes on disk of all files."""
        return sum(map(file_size, self._files))

    def position(self) -> int:
        """Bytes read so far."""
        return self._position

    def articles(self) -> Iterator[Article | SourceError]:
        """The article of each file, or why it could not be read."""
        self._position = 0
        for file in self._files:
            try:
                yield self._article(file)
            except SourceError as error:
                yield error
            self._position += file_size(file)

    def _article(self, file: Path) -> Article:
        place = str(file)
        data = read_page(file, place)
        if is_binary(data):
            raise SourceError(place, f"a binary file, not {file.suffixes[-1] if file.suffixes else 'text'}")
        return self._read(data, place, self._time_zone)
