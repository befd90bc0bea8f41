"""The new segments of one transaction: built in this process, and once there is enough to build, in others beside it.

Other processes get batches of articles. Each collects them into segments of its own; whichever is less busy gets the
next batch, and no more than a few wait at any time.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.copies import can_copy
from search.document import Document
from search.engines.disk.format.entries import entry_of, new_segment_path
from search.engines.disk.format.manifest import SegmentEntry
from search.engines.disk.writing.segment_writer import SegmentWriter
from search.errors import EngineError, ProcessLost
from search.packed import Packed, characters, unpacked
from search.processes import Pool

START_ARTICLES: Final = 2_000
"""Articles built here before other processes are started: starting them takes most of a second."""

JOIN_ARTICLES: Final = 400
"""Articles built here before other processes join in that are running already, or are copies of this one."""

BATCH_ARTICLES: Final = 200
_BATCH_CHARACTERS: Final = 2_000_000
_BATCHES_AHEAD: Final = 3
"""Batches that a process may have been given and not built."""
_LOOK_SECONDS: Final = 0.1
"""How often progress is reported while nothing else happens."""

Progress = Callable[[int, int], None]
"""Is told how much is done, and how much there is in all."""


@dataclass(frozen=True, slots=True)
class NewSegment:
    """A segment that was written, and the numbers its articles have in the transaction, ascending."""

    entry: SegmentEntry
    numbers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Articles for another process, numbered from `first` on in the transaction; none: write what is left."""

    directory: Path
    first: int
    documents: Sequence[Document | Packed]


@dataclass(frozen=True, slots=True)
class Built:
    """What became of a batch: how many articles were read, and the segments that were written meanwhile."""

    articles: int
    segments: tuple[NewSegment, ...]


class BatchBuilder:
    """The work of one builder process: batches to segments. The fragments that its writer knows are kept from
    one transaction to the next."""

    def __init__(self) -> None:
        self._writer: SegmentWriter | None = None
        self._numbers = array("q")

    def __call__(self, batch: Batch) -> Built:
        """Reads a batch. Raises OSError, EngineError, and what an article is rejected with; discard the builder
        then."""
        writer = self._writer = self._writer or SegmentWriter()
        segments = []
        for number, document in enumerate(batch.documents, batch.first):
            if writer.is_full:
                segments.append(self._write(writer, batch.directory))
            writer.add(unpacked(document))
            self._numbers.append(number)
        if not batch.documents and writer.articles:
            segments.append(self._write(writer, batch.directory))
        return Built(len(batch.documents), tuple(segments))

    def _write(self, writer: SegmentWriter, directory: Path) -> NewSegment:
        path = new_segment_path(directory)
        writer.write(path)
        numbers, self._numbers = np.array(self._numbers, np.int64), array("q")
        return NewSegment(entry_of(path), numbers)


class BuilderPool:
    """What is kept from one transaction to the next: a segment writer of this process, and the other processes."""

    def __init__(self) -> None:
        self._writer: SegmentWriter | None = None
        self._pool: Pool[Batch, Built] | None = None

    @property
    def is_running(self) -> bool:
        """Whether there are other processes."""
        return self._pool is not None

    def writer(self) -> SegmentWriter:
        """The segment writer of this process, empty."""
        if self._writer is None:
            self._writer = SegmentWriter()
        return self._writer

    def pool(self, workers: int) -> Pool[Batch, Built]:
        """That many processes, started unless they are running."""
        if self._pool is not None and len(self._pool) != workers:
            self.close()
        if self._pool is None:
            self._pool = Pool(BatchBuilder(), workers, "builder")
            self._pool.start()
        return self._pool

    def close(self) -> None:
        """Ends the processes and forgets what was not finished."""
        pool, self._pool, self._writer = self._pool, None, None
        if pool is not None:
            pool.close()


class Pipeline:
    """The articles of one transaction on their way into segments, numbered in the order they are added."""

    def __init__(self, directory: Path, builders: BuilderPool, workers: int) -> None:
        self._directory = directory
        self._builders = builders
        self._workers = workers
        self._writer = builders.writer()
        self._segments: list[NewSegment] = []
        self._added = self._written = self._built_elsewhere = 0
        self._pool: Pool[Batch, Built] | None = None
        self._batch: list[Document | Packed] = []
        self._batch_characters = 0

    def add(self, document: Document | Packed) -> int:
        """Takes an article and gives its number. If this raises, the article is not taken and the others are untouched;
        but an article that another process cannot build fails the whole transaction, later."""
        if self._pool is not None or self._is_worth_sharing():
            self._share(document)
        else:
            if self._writer.is_full:
                self._write()
            self._writer.add(unpacked(document))
        self._added += 1
        return self._added - 1

    def _is_worth_sharing(self) -> bool:
        if self._workers == 1:
            return False
        enough = JOIN_ARTICLES if self._builders.is_running or can_copy() else START_ARTICLES
        if self._added < enough and not self._segments:
            return False
        self._pool = self._builders.pool(self._workers)
        return True

    def _share(self, document: Document | Packed) -> None:
        if len(self._batch) >= BATCH_ARTICLES or self._batch_characters >= _BATCH_CHARACTERS:
            self._send()
        self._batch.append(document)
        self._batch_characters += characters(document)

    def _send(self) -> None:
        """Gives the batch away; waits while too many are waiting already."""
        if self._pool is None or not self._batch:
            return
        with _lost_builders_explained():
            self._collect(self._pool, 0.0)
            while self._pool.waiting >= _BATCHES_AHEAD * len(self._pool):
                self._collect(self._pool, _LOOK_SECONDS)
            self._pool.give(Batch(self._directory, self._added - len(self._batch), self._batch))
        self._batch = []
        self._batch_characters = 0

    def _collect(self, pool: Pool[Batch, Built], seconds: float) -> None:
        for built in pool.ready(seconds):
            self._built_elsewhere += built.articles
            self._segments += built.segments

    def _write(self) -> None:
        path = new_segment_path(self._directory)
        articles = self._writer.articles
        self._writer.write(path)
        self._segments.append(NewSegment(entry_of(path), np.arange(self._written, self._written + articles)))
        self._written += articles

    @property
    def segments(self) -> Sequence[NewSegment]:
        """The segments that are known to be written, in no order; it only grows."""
        return self._segments

    def finish(self, progress: Progress) -> None:
        """Builds what is left, so that all is in `segments`. `progress` is in articles.

        Raises OSError, EngineError, and what an article is rejected with.
        """
        self._send()
        with _lost_builders_explained():
            if self._pool is not None:
                self._pool.give_each(Batch(self._directory, self._added, ()))
            progress(self._built(), self._added)
            if self._writer.articles:
                self._write()
            while self._pool is not None and self._pool.waiting:
                self._collect(self._pool, _LOOK_SECONDS)
                progress(self._built(), self._added)
        progress(self._added, self._added)

    def _built(self) -> int:
        return self._written + self._built_elsewhere

    def discard(self) -> None:
        """Ends all that is going on; what was written is left to be swept."""
        self._builders.close()


@contextmanager
def _lost_builders_explained() -> Iterator[None]:
    try:
        yield
    except ProcessLost as lost:
        how = f"killed by signal {-lost.code}" if lost.code is not None and lost.code < 0 else f"exit code {lost.code}"
        raise EngineError(
            f"a process that builds the index ended before its work was done ({how}), perhaps for want of memory; "
            "nothing was changed; try again with fewer workers"
        ) from lost
