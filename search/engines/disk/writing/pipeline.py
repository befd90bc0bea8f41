"""New segments of one transaction: built in this process, and once there is much to build, in others beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.document import Document
from search.engines.disk.format.manifest import SegmentEntry, entry_of, new_segment_path
from search.engines.disk.writing.segment_writer import SegmentBuilder
from search.engines.disk.writing.workers import WorkerPool

START_ARTICLES: Final = 2_000
"""So many are built here before other processes are started, which takes most of a second."""

JOIN_ARTICLES: Final = 400
"""So many if they are running already."""

_BATCH_ARTICLES: Final = 200
_BATCH_CHARACTERS: Final = 2_000_000

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class NewSegment:
    """A segment that was written, and the running numbers in the transaction of its articles, rising."""

    entry: SegmentEntry
    numbers: NDArray[np.int64]


class Workshop:
    """What is kept from one transaction to the next: a builder with what it remembers, and the processes."""

    def __init__(self) -> None:
        self._builder: SegmentBuilder | None = None
        self._pool: WorkerPool | None = None

    @property
    def is_staffed(self) -> bool:
        """Whether processes are running."""
        return self._pool is not None

    def builder(self) -> SegmentBuilder:
        """An empty one."""
        if self._builder is None:
            self._builder = SegmentBuilder()
        return self._builder

    def pool(self, workers: int) -> WorkerPool:
        """So many processes, started if they are not there."""
        if self._pool is not None and len(self._pool) != workers:
            self.close()
        if self._pool is None:
            self._pool = WorkerPool(workers)
        return self._pool

    def close(self) -> None:
        """Ends the processes and forgets what was not finished."""
        pool, self._pool, self._builder = self._pool, None, None
        if pool is not None:
            pool.end()


class Building:
    """The articles of one transaction on their way into segments; they are numbered in the order they are added."""

    def __init__(self, directory: Path, workshop: Workshop, workers: int) -> None:
        self._directory = directory
        self._workshop = workshop
        self._workers = workers
        self._builder = workshop.builder()
        self._here: list[NewSegment] = []
        self._added = self._built_here = 0
        self._pool: WorkerPool | None = None
        self._batch: list[Document] = []
        self._batch_characters = 0

    def add(self, document: Document) -> int:
        """Takes an article; gives its number. If this raises, it is not taken and the others are not touched, but
        what another process cannot build fails the whole transaction, later."""
        if self._pool is not None or self._is_worth_sharing():
            self._share(document)
        else:
            if self._builder.is_full:
                self._write()
            self._builder.add(document)
        self._added += 1
        return self._added - 1

    def _is_worth_sharing(self) -> bool:
        enough = JOIN_ARTICLES if self._workshop.is_staffed else START_ARTICLES
        if self._workers == 1 or (self._added < enough and not self._here):
            return False
        self._pool = self._workshop.pool(self._workers)
        self._pool.begin(self._directory)
        return True

    def _share(self, document: Document) -> None:
        if len(self._batch) >= _BATCH_ARTICLES or self._batch_characters >= _BATCH_CHARACTERS:
            self._send()
        self._batch.append(document)
        self._batch_characters += len(document.body) + len(document.html)

    def _send(self) -> None:
        if self._pool is not None and self._batch:
            self._pool.send(self._added - len(self._batch), self._batch)
            self._batch = []
            self._batch_characters = 0

    def _write(self) -> None:
        path = new_segment_path(self._directory)
        articles = self._builder.articles
        self._builder.write(path)
        self._here.append(NewSegment(entry_of(path), np.arange(self._built_here, self._built_here + articles)))
        self._built_here += articles

    def finish(self, told: Told) -> list[NewSegment]:
        """Builds what is left; gives all segments, in the order of their first articles. `told` of articles built and
        added. Raises OSError, EngineError, and what an article is rejected with."""
        self._send()
        if self._pool is not None:
            self._pool.finish()
        told(self._built(), self._added)
        if self._builder.articles:
            self._write()
        found = list(self._here)
        if self._pool is not None:
            for _ in self._pool.waiting():
                told(self._built(), self._added)
            found += [NewSegment(entry_of(self._directory / name), numbers) for name, numbers in self._pool.results()]
        told(self._added, self._added)
        return sorted(found, key=lambda segment: int(segment.numbers[0]))

    def _built(self) -> int:
        return self._built_here + (self._pool.built if self._pool is not None else 0)

    def give_up(self) -> None:
        """Ends all that is going on; what was written is left to be swept."""
        self._workshop.close()
