"""From pieces to documents, in this process or in several: reading markup is what a run spends most time on.

Whether and how many processes help makes no difference to what comes out, nor to its order.
"""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from index.article import Article, Piece
from index.document import to_document
from index.identity import is_derived_from_place, source_key
from index.prune import is_below
from search.document import Document
from search.errors import SourceError
from search.processes import Pool

START_SECONDS: Final = 2.0
"""Preparing is left to other processes after this time only: each needs about one second to begin."""

BATCH_PIECES: Final = 200
BATCH_BYTES: Final = 200_000
"""What is sent to a process at once: enough to make the sending cheap, little enough to share evenly."""
BATCHES_AHEAD: Final = 3
"""For each process: one at work, others waiting, so that none is idle while its last answer is being written."""
BYTES_AHEAD: Final = 64_000_000
"""In all batches on their way, however many processes there are."""

Readable = Piece | Article


@dataclass(frozen=True, slots=True)
class Found:
    """What a source yielded: a piece of the input `key` or why there is none.

    `whole` says that it is the input as a whole that cannot be read. `position` is how much of all inputs, in bytes,
    had been read by then.
    """

    key: str
    item: Readable | SourceError
    position: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article fit to index, or the reason (`failure`) why there is none at `place`; with the warnings on the way.

    `placed` says that its id is derived from its place. The document itself stays packed until it is asked for: most
    runs find most articles unchanged, and need no more of them than the hash.
    """

    place: str
    failure: str = ""
    warnings: tuple[str, ...] = ()
    id: str = ""
    source: str = ""
    content_hash: str = ""
    placed: bool = False
    _document: Document | bytes = field(default=b"", repr=False)

    def document(self) -> Document:
        """The document. Only for those that did not fail."""
        if isinstance(self._document, Document):
            return self._document
        document: Document = pickle.loads(self._document)  # noqa: S301 - packed by a process of our own
        return document

    def packed(self) -> Prepared:
        """The same, cheap to send."""
        return replace(self, _document=pickle.dumps(self._document, pickle.HIGHEST_PROTOCOL))


@dataclass(frozen=True, slots=True)
class Preparation:
    """How pieces become documents: `language` and `time_zone` stand in where an article states none."""

    language: str
    time_zone: str

    def prepare(self, piece: Readable, key: str) -> Prepared:
        """The document of a piece of the input `key`; never raises SourceError."""
        warnings: list[str] = []
        place = piece.place
        try:
            article = piece if isinstance(piece, Article) else piece.read()
            place = article.place
            warnings += article.warnings
            # One page of a folder is remembered as itself, so that naming the page or the folder makes no difference.
            own = source_key(place)
            source = own if is_below(own, key) else key
            document = to_document(
                article, language=self.language, time_zone=self.time_zone, source=source, warn=warnings.append
            )
        except SourceError as error:
            return Prepared(error.place, error.reason, tuple(warnings))
        return Prepared(
            place,
            "",
            tuple(warnings),
            document.id,
            document.source,
            document.content_hash(),
            is_derived_from_place(article),
            document,
        )

    def __call__(self, batch: list[tuple[Readable, str]]) -> list[Prepared]:
        """The work of another process."""
        return [self.prepare(piece, key).packed() for piece, key in batch]


def prepare_all(
    found: Iterable[Found], preparation: Preparation, *, workers: int = 1, patience: float = START_SECONDS
) -> Generator[tuple[Found, Prepared | SourceError], None, None]:
    """Each thing found with what became of it, in order. Up to `workers` processes help, if preparing takes longer
    than `patience` seconds. Raises ProcessLost if one of them ends before its time."""
    found = iter(found)
    spent = 0.0
    for one in found:
        started = time.perf_counter()
        prepared = one.item if isinstance(one.item, SourceError) else preparation.prepare(one.item, one.key)
        spent += time.perf_counter() - started
        yield one, prepared
        if workers > 1 and spent >= patience:
            break
    with Pool(preparation, workers, "indexing") as pool:
        yield from _prepare_in(pool, found, BATCHES_AHEAD * workers)


def _prepare_in(
    pool: Pool[list[tuple[Readable, str]], list[Prepared]], found: Iterator[Found], ahead: int
) -> Iterator[tuple[Found, Prepared | SourceError]]:
    sent: deque[tuple[list[Found], int]] = deque()
    underway = 0
    for batch, weight in _batches(found):
        while sent and (len(sent) >= ahead or underway + weight > BYTES_AHEAD):
            underway -= sent[0][1]
            yield from _answered(pool, sent.popleft()[0])
        pool.give([(one.item, one.key) for one in batch if not isinstance(one.item, SourceError)])
        sent.append((batch, weight))
        underway += weight
    while sent:
        yield from _answered(pool, sent.popleft()[0])


def _answered(
    pool: Pool[list[tuple[Readable, str]], list[Prepared]], batch: list[Found]
) -> Iterator[tuple[Found, Prepared | SourceError]]:
    prepared = iter(pool.take())
    for one in batch:
        yield one, one.item if isinstance(one.item, SourceError) else next(prepared)


def _batches(found: Iterator[Found]) -> Iterator[tuple[list[Found], int]]:
    """All that is found in batches, each with its weight in bytes."""
    batch: list[Found] = []
    weight = 0
    for one in found:
        batch.append(one)
        weight += _weight(one.item)
        if len(batch) >= BATCH_PIECES or weight >= BATCH_BYTES:
            yield batch, weight
            batch, weight = [], 0
    if batch:
        yield batch, weight


def _weight(item: Readable | SourceError) -> int:
    if isinstance(item, SourceError):
        return 0
    return len(item.body) + len(item.html) if isinstance(item, Article) else item.weight
