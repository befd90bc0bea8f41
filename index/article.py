"""What a source yields: records, each read into an `Article`, which later becomes a `search.document.Document`.

Instead of an article a record may give a `Withdrawal`: the source says that the article is not to be shown any more.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final, Literal, Protocol, TypeAlias

from search.document import Heading, Moment
from search.errors import BackfileError, SourceError

# The machine is short of something, so the next article would fail like this one.
_OUT_OF_RESOURCES: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM})


@dataclass(frozen=True, slots=True)
class Article:
    """One article of an input.

    `origin` is where it was found, as a person would look for it: a path or an address, with the line if there is one.
    `id` is the input's own id or "" (then `to_document` derives one from the URL, else from `place`).
    `guid` names the article at its source, whatever its address ("https://example.org/?p=17", a feed's guid), or "".
    `place` is where it was found below the folder that was given; "" stands for `origin`.
    `body` is plain text with its headings inside, blocks separated by blank lines; `headings` point into it.
    `html` is the body's markup if the input had any; its headings are those of `headings`, in the same order.
    `first_published` is when it first appeared, if the source tells it apart from `published`. `embargo` is the moment
    before which it must not be shown; with the status "withheld" it must not be shown until a later version is usable.
    `version` is (what is counted, number), such as the moment of a capture; of the files with an article, the greatest
    number stays.
    `published_between` are the first and the last day that a date of publication may mean which is stated and cannot be
    read: if both lie ahead, the article waits for the last.
    `lifts`: at its source, publishing again takes back a kill notice; what was killed before this moment comes back.
    `is_excerpt`: the source has only the beginning of its text, or none.
    `found_at` is the address at which its page was found, if the page states another one; `moved`: that address sends
    everybody on for good.
    `warnings` say what was wrong but did not cost the article ("published is not a date: …"); `source_warnings` say
    what is probably wrong with the whole source, and are reported once for each source.
    """

    origin: str
    title: str
    body: str
    id: str = ""
    guid: str = ""
    place: str = ""
    summary: str = ""
    headings: tuple[Heading, ...] = ()
    html: str = ""
    url: str | None = None
    sections: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: Moment | None = None
    modified: Moment | None = None
    first_published: Moment | None = None
    embargo: datetime | None = None
    published_between: tuple[date, date] | None = None
    status: Literal["usable", "withheld"] = "usable"
    language: str = ""
    type: str = "article"
    version: tuple[str, int] | None = None
    lifts: datetime | None = None
    is_excerpt: bool = False
    found_at: str | None = None
    moved: bool = False
    warnings: tuple[str, ...] = ()
    source_warnings: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """See `Record`."""
        return len(self.body) + len(self.html)

    def read(self) -> Article:
        """An article is a record that has been read already."""
        return self


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a source says of an article that is not to be shown; `id`, `guid`, `place` and `url` as in `Article`.

    "killed": it must be taken down, and never come back. "gone": it is not published at its source, such as a draft.
    `reason` is "a draft", "canceled": it is counted in the report. `at` is when the source killed it, if it says so.
    `known_only`: readers may never have seen it, so nothing is remembered of an article that the archive does not have.
    `is_answer`: its page answered so, and nobody states it of the article: a server that fails may answer so for all.
    """

    origin: str
    kind: Literal["killed", "gone"]
    reason: str
    id: str = ""
    guid: str = ""
    place: str = ""
    url: str | None = None
    at: datetime | None = None
    known_only: bool = False
    is_answer: bool = False
    weight: int = 0

    def read(self) -> Withdrawal:
        """A withdrawal is a record that has been read already."""
        return self


@dataclass(frozen=True, slots=True)
class Mark:
    """What a source wants to remember until its next run, once all that it has yielded so far is in the index.

    It is kept in `index.state.State` under `source` and `key`; a value of None is forgotten. It is dropped if the
    record whose origin is `unless_failed` could not be read. `with_id`: the record before it was that one, and the
    value, a mapping, gets under "id" what its article is called in the index, unless that follows from the origin.
    """

    source: str
    key: str
    value: Any
    unless_failed: str = ""
    with_id: bool = False

    weight: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class Untouched:
    """A source that has not changed since it was read, with that many articles. `refused` are the ids of those among
    them that had been taken down."""

    articles: int
    refused: tuple[str, ...] = ()

    weight: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class Unchanged:
    """An article that is at its source as it was when it went into the index, where it is called `id`.

    Whoever yields it has asked `index.state.State.holds`.
    """

    id: str

    weight: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class Advice:
    """What whoever named a source should know of it; a warning in the report."""

    origin: str
    text: str

    weight: ClassVar[int] = 0


class Skipped(SourceError):
    """What was left out on purpose: said, but no failure.

    `files` of it were of no known format, such as a README.
    """

    def __init__(self, origin: str, reason: str, files: int = 1) -> None:
        super().__init__(origin, reason)
        self.files = files


class Record(Protocol):
    """An article that was found but not yet read: cheap to send to another process, expensive to read."""

    @property
    def origin(self) -> str:
        """Where it was found; see `Article`."""
        ...

    @property
    def weight(self) -> int:
        """Its share of `Source.size` in bytes, for progress and for sharing out the work."""
        ...

    def read(self) -> Article | Withdrawal:
        """The article, or the notice that it is withdrawn. Raises SourceError."""
        ...


Item: TypeAlias = "Record | Mark | Untouched | Unchanged | Advice | SourceError"
"""What a source yields: records, why there is none, what has not changed, what it wants to remember, and advice."""


class Source(Protocol):
    """One input, which can be read again and again. It may say `lists_all`, once it has been read; see there."""

    @property
    def name(self) -> str:
        """Its path or address, as the person gave it or as a folder gave it."""
        ...

    @property
    def size(self) -> int | None:
        """The sum of its records' weights, as far as that can be told beforehand; None if it cannot."""
        ...

    def records(self) -> Iterator[Item]:
        """Its records in order; one that cannot even be found is yielded as its SourceError.

        Raises SourceError if the source cannot be read any further.
        """
        ...


def lists_all(source: Source) -> bool:
    """Whether an article that the source does not have any more is gone; a feed only has its newest articles."""
    return bool(getattr(source, "lists_all", True))


def read_record(record: Record) -> Article | Withdrawal:
    """What a record gives. Raises SourceError, whatever the record's reader raises."""
    with blaming(record.origin):
        return record.read()


def read_source(source: Source) -> Iterator[Article | Withdrawal | SourceError]:
    """Each article of a source, or why there is none. Raises as `Source.records` does."""
    for record in source.records():
        if isinstance(record, Mark | Untouched | Unchanged | Advice):
            continue
        if isinstance(record, SourceError):
            yield record
            continue
        try:
            yield read_record(record)
        except SourceError as error:
            yield error


@contextmanager
def blaming(origin: str) -> Iterator[None]:
    """Turns what the block raises because of one article into a SourceError of its `origin`.

    What concerns the whole run passes: interruptions, want of memory or disk space, and our own errors.
    """
    try:
        yield
    except (MemoryError, BackfileError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OUT_OF_RESOURCES:
            raise
        reason = f"its reader failed ({type(error).__name__}: {error}); please report this with the file"
        raise SourceError(origin, reason) from error
