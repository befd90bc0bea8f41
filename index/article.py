"""What a source yields: pieces, each read into an `Article`, which later becomes a `search.document.Document`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from search.document import Heading, Moment
from search.errors import SourceError


@dataclass(frozen=True, slots=True)
class Article:
    """One article of an input.

    `place` is where it stood, as a person would look for it (path, with the line where there is one).
    `id` is the input's own id or "" (then `to_document` derives one from the URL, else from `place`).
    `body` is plain text with its headings inside, blocks separated by blank lines; `headings` point into it.
    `html` is the body's markup where the input had any; its headings are those of `headings`, in the same order.
    `warnings` say what was wrong but did not cost the article ("published is not a date: …").
    """

    place: str
    title: str
    body: str
    id: str = ""
    summary: str = ""
    headings: tuple[Heading, ...] = ()
    html: str = ""
    url: str | None = None
    sections: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: Moment | None = None
    modified: Moment | None = None
    language: str = ""
    type: str = "article"
    warnings: tuple[str, ...] = ()


class Skipped(SourceError):
    """Files that lie among the articles and are none, such as a README: worth a warning, no failure."""


class Piece(Protocol):
    """An article that was found and is not read yet: little to send to another process, much to do there."""

    @property
    def place(self) -> str:
        """Where it stands, as in `Article`."""
        ...

    @property
    def weight(self) -> int:
        """Bytes to read, so that work can be shared out evenly."""
        ...

    def read(self) -> Article:
        """The article. Raises SourceError."""
        ...


class Source(Protocol):
    """One input that can be read again and again. `name` is how reports call it."""

    name: str

    def size(self) -> int | None:
        """Bytes to read, for the progress bar; None where unknown."""
        ...

    def position(self) -> int:
        """Bytes read so far by the latest `pieces()` or `articles()`, of `size()`; for the progress bar."""
        ...

    def pieces(self) -> Iterator[Piece | Article | SourceError]:
        """What `articles` gives, in the same order, except that some of it may still have to be read."""
        ...

    def articles(self) -> Iterator[Article | SourceError]:
        """Every article in turn; one that cannot be read is yielded as its SourceError and the next goes on.
        Raises SourceError where the input as a whole cannot be read, and Skipped where it is no input."""
        ...


def read_pieces(pieces: Iterable[Piece | Article | SourceError]) -> Iterator[Article | SourceError]:
    """The pieces, read."""
    for piece in pieces:
        try:
            item = piece if isinstance(piece, Article | SourceError) else piece.read()
        except SourceError as error:
            item = error
        yield item
