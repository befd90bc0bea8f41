"""Sources where each file is one article: the files of a folder, read one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from index.article import Article, Piece, read_pieces
from index.sources.encoding import is_binary
from index.sources.files import file_size, read_page
from search.errors import SourceError

PageReader = Callable[[bytes, str, ZoneInfo], Article]
"""Reads the bytes of one page into the article on it: (data, place, time zone). Raises SourceError."""


@dataclass(frozen=True, slots=True)
class Page:
    """A file that is one article; see `index.article.Piece`."""

    path: Path
    weight: int
    time_zone: ZoneInfo
    reader: PageReader

    @property
    def place(self) -> str:
        return str(self.path)

    def read(self) -> Article:
        data = read_page(self.path, self.place)
        if is_binary(data):
            kind = self.path.suffixes[-1] if self.path.suffixes else "text"
            raise SourceError(self.place, f"a binary file, not {kind}")
        return self.reader(data, self.place, self.time_zone)


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

    def pieces(self) -> Iterator[Piece | Article | SourceError]:
        """Each file, not read yet."""
        self._position = 0
        for file in self._files:
            weight = file_size(file)
            yield Page(file, weight, self._time_zone, self._read)
            self._position += weight

    def articles(self) -> Iterator[Article | SourceError]:
        """The article of each file, or why it could not be read."""
        return read_pieces(self.pieces())
