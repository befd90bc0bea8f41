"""Turns records into documents, in this process or in several, because most of a run is spent reading markup.

The result and its order do not depend on the number of processes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, TypeAlias

from index.article import Advice, Mark, Record, Unchanged, Untouched, Withdrawal, blaming
from index.embargo import between, shown_from
from index.identity import article_url, is_identified_by_address, is_identified_by_origin
from index.language import Detector
from index.sections import SectionMap
from search.copies import can_copy
from search.document import Document
from search.errors import SourceError
from search.packed import Packed, unpacked
from search.processes import Pool
from search.records import sent

START_SECONDS: Final = 2.0
"""Other processes are started only after this much time spent preparing, since each takes a second to start."""
COPY_SECONDS: Final = 0.2
"""Copies of this process (see `search.copies`) start at once, but each would load what the first articles show to be
needed."""

BATCH_RECORDS: Final = 200
BATCH_BYTES: Final = 200_000
"""What is sent to a process at once: enough to make the sending cheap, little enough to share evenly."""
BATCHES_AHEAD: Final = 3
"""For each process: one at work, others waiting, so that none is idle while its last answer is being written."""
BYTES_AHEAD: Final = 64_000_000
"""In all batches on their way, however many processes there are."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record of the source `key` (see `source_key`), why there is none, or what it says of itself.

    `whole`: the source as a whole cannot be read (any further). `position`: bytes of all sources read by then.
    """

    key: str
    item: Record | Mark | Untouched | Unchanged | Advice | SourceError
    position: int
    whole: bool = False


NOT_RECORDS: Final = (Mark, Untouched, Unchanged, Advice, SourceError)
"""What is found and needs no preparing."""


@sent
@dataclass(frozen=True, slots=True)
class Prepared:
    """An article ready to index, or the reason (`failure`) why there is none at `origin`, with its warnings.

    `source_warnings` are about its source as a whole. `origin_is_id`: the id is derived from the origin, and
    `address_is_id`: from the address. `day` is that of its publication. `found_at`, `moved` and `lifts` as in
    `Article`, and `published_between` the same in UTC. The document stays packed until it is asked for: most runs find
    most articles unchanged and need no more than the hash.
    `shown_from` is the moment in UTC before which it must not be shown; a `withheld` one must not be shown at all.
    """

    origin: str
    failure: str = ""
    warnings: tuple[str, ...] = ()
    source_warnings: tuple[str, ...] = ()
    id: str = ""
    source: str = ""
    content_hash: str = ""
    origin_is_id: bool = False
    address_is_id: bool = False
    is_excerpt: bool = False
    url: str | None = None
    guid: str = ""
    fingerprint: int = 0
    shown_from: datetime | None = None
    withheld: bool = False
    version: tuple[str, int] | None = None
    day: date | None = None
    found_at: str = ""
    moved: bool = False
    published_between: tuple[datetime, datetime] | None = None
    lifts: datetime | None = None
    _document: Document | Packed | None = field(default=None, repr=False)

    def document(self) -> Document:
        """The document; only if there is no failure."""
        return unpacked(self.content())

    def content(self) -> Document | Packed:
        """The document as it came, to be passed on; only if there is no failure."""
        if self._document is None:
            raise ValueError(f"there is no article at {self.origin}: {self.failure}")
        return self._document

    def called(self, id: str) -> Prepared:
        """The same article under another id."""
        document = replace(self.document(), id=id)
        return replace(self, id=id, content_hash=document.content_hash(), _document=document)


Outcome: TypeAlias = Prepared | Withdrawal | Mark | Untouched | Unchanged | Advice | SourceError
"""What becomes of a thing found."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """How records become documents: `language` and `time_zone` stand in where an article states none.

    `detector` and `sections` as in `to_document`.
    """

    language: str
    time_zone: str
    detector: Detector | None = None
    sections: SectionMap = field(default_factory=SectionMap)

    def prepare(
        self, record: Record, key: str, held: Callable[[Document], Document | Packed] = lambda document: document
    ) -> Prepared | Withdrawal:
        """The document of a record of the source `key`, as it is `held`, or the notice that its article is withdrawn.

        Whatever its reader raises because of this record is in the result; only what concerns the run is raised.
        """
        from index.document import to_document  # where nothing has changed, nothing is prepared

        warnings: list[str] = []
        origin = record.origin
        try:
            with blaming(origin):
                article = record.read()
                if isinstance(article, Withdrawal):
                    return article
                warnings += article.warnings
                document = to_document(
                    article,
                    language=self.language,
                    time_zone=self.time_zone,
                    source=key,
                    warn=warnings.append,
                    detector=self.detector,
                    sections=self.sections,
                )
        except SourceError as error:
            return Prepared(error.origin, error.reason, tuple(warnings))
        published = document.published
        return Prepared(
            article.origin,
            warnings=tuple(warnings),
            source_warnings=article.source_warnings,
            id=document.id,
            source=document.source,
            content_hash=document.content_hash(),
            origin_is_id=is_identified_by_origin(article),
            address_is_id=is_identified_by_address(article),
            is_excerpt=article.is_excerpt,
            url=document.url,
            guid=article.guid,
            fingerprint=document.fingerprint,
            shown_from=shown_from(article.embargo, published, self.time_zone),
            withheld=article.status == "withheld",
            version=article.version,
            day=published.date() if isinstance(published, datetime) else published,
            found_at=article_url(article.found_at) or "",
            moved=article.moved,
            published_between=between(article.published_between, self.time_zone),
            lifts=article.lifts,
            _document=held(document),
        )

    def __call__(self, batch: list[tuple[Record, str]]) -> list[Prepared | Withdrawal]:
        """What another process does with a batch."""
        return [self.prepare(record, key, Packed.of) for record, key in batch]


def prepare_all(
    found: Iterable[Found], preparation: Preparation, *, workers: int = 1, patience: float | None = None
) -> Generator[tuple[Found, Outcome], None, None]:
    """Each thing found, in order, with what became of it.

    Up to `workers` processes help if preparing takes longer than `patience` seconds, by default as long as starting
    them is worth. Raises ProcessLost if one of them ends before its work is done.
    """
    found = iter(found)
    if patience is None:
        patience = COPY_SECONDS if can_copy() else START_SECONDS
    spent = 0.0
    for one in found:
        started = time.perf_counter()
        prepared = one.item if isinstance(one.item, NOT_RECORDS) else preparation.prepare(one.item, one.key)
        spent += time.perf_counter() - started
        yield one, prepared
        if workers > 1 and spent >= patience:
            break
    with Pool(preparation, workers, "indexing") as pool:
        yield from _prepare_in(pool, found, BATCHES_AHEAD * workers)


def _prepare_in(
    pool: Pool[list[tuple[Record, str]], list[Prepared | Withdrawal]], found: Iterator[Found], ahead: int
) -> Iterator[tuple[Found, Outcome]]:
    sent: deque[tuple[list[Found], int]] = deque()
    underway = 0
    for batch, weight in _batches(found):
        while sent and (len(sent) >= ahead or underway + weight > BYTES_AHEAD):
            underway -= sent[0][1]
            yield from _answered(pool, sent.popleft()[0])
        pool.give([(one.item, one.key) for one in batch if not isinstance(one.item, NOT_RECORDS)])
        sent.append((batch, weight))
        underway += weight
    while sent:
        yield from _answered(pool, sent.popleft()[0])


def _answered(
    pool: Pool[list[tuple[Record, str]], list[Prepared | Withdrawal]], batch: list[Found]
) -> Iterator[tuple[Found, Outcome]]:
    prepared = iter(pool.take())
    for one in batch:
        yield one, one.item if isinstance(one.item, NOT_RECORDS) else next(prepared)


def _batches(found: Iterator[Found]) -> Iterator[tuple[list[Found], int]]:
    """What is found, in batches, each with its weight in bytes."""
    batch: list[Found] = []
    weight = 0
    for one in found:
        batch.append(one)
        weight += _weight(one.item)
        if len(batch) >= BATCH_RECORDS or weight >= BATCH_BYTES:
            yield batch, weight
            batch, weight = [], 0
    if batch:
        yield batch, weight


def _weight(item: Record | Mark | Untouched | Unchanged | Advice | SourceError) -> int:
    return 0 if isinstance(item, SourceError) else item.weight
