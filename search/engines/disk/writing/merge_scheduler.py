"""Runs the merges of a commit, several at a time if the writer may use several processes.

Threads are enough: numpy and zlib release the interpreter's lock. Progress is reported in the thread that asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.errors import reading
from search.engines.disk.format.container import Container, ContainerWriter
from search.engines.disk.format.entries import entry_of, new_segment_path
from search.engines.disk.format.kinds import SEGMENT
from search.engines.disk.format.manifest import SegmentEntry
from search.engines.disk.writing.merge_articles import merge_articles
from search.engines.disk.writing.merge_dictionary import merge_dictionaries, remaining_of
from search.engines.disk.writing.merge_postings import merge_postings
from search.engines.disk.writing.merge_state import Progress, Sink, merge_inputs
from search.engines.disk.writing.pending_segment import PendingSegment

_TELL_SECONDS: Final = 0.2
"""How often progress is reported."""

Group = Sequence[PendingSegment]


class _GivenUp(Exception):
    """Ends a merge whose result is no longer wanted."""


def run_merges(directory: Path, groups: Sequence[Group], workers: int, progress: Progress) -> list[SegmentEntry]:
    """Merges each group into a new segment, in their order; `progress` is in articles. Raises OSError, EngineError.

    If one merge fails or this is interrupted, the others are given up; removing files already written is up to the
    caller.
    """
    merges = [_Merge(directory, group) for group in groups]
    if workers == 1 or len(merges) == 1:
        for merge in merges:
            merge.run(lambda: progress(_done(merges), _total(merges)))
            progress(_done(merges), _total(merges))
        return [merge.entry() for merge in merges]
    stop = Event()
    with ThreadPoolExecutor(workers) as threads:
        largest_first = sorted(merges, key=lambda merge: -merge.articles)
        futures = [threads.submit(merge.run, lambda: _stop_if(stop)) for merge in largest_first]
        try:
            for _ in _waiting(futures):
                progress(_done(merges), _total(merges))
        except BaseException:
            stop.set()
            threads.shutdown(cancel_futures=True)
            raise
    return [merge.entry() for merge in merges]


class _Merge:
    """One merge under way; `done` of its `articles` are written."""

    def __init__(self, directory: Path, group: Group) -> None:
        self.path = new_segment_path(directory)
        self._directory = directory
        self._group = group
        self.articles = sum(segment.size().live for segment in group)
        self.done = 0

    def run(self, each_step: Callable[[], None]) -> None:
        for segment in self._group:
            each_step()
            segment.require_sound()

        def at(done: int, total: int) -> None:
            self.done = self.articles * done // total
            each_step()

        with reading(self._directory):
            merge_segments([(segment.container, segment.live) for segment in self._group], self.path, at)
        self.done = self.articles

    def entry(self) -> SegmentEntry:
        return entry_of(self.path)


def _done(merges: Sequence[_Merge]) -> int:
    return sum(merge.done for merge in merges)


def _total(merges: Sequence[_Merge]) -> int:
    return sum(merge.articles for merge in merges)


def _stop_if(stop: Event) -> None:
    if stop.is_set():
        raise _GivenUp


def _waiting(futures: Sequence[Future[None]]) -> Iterator[None]:
    """Yields now and then until all are done. Raises what the first to fail raises."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, _TELL_SECONDS)
        for future in done:
            future.result()
        yield


def merge_segments(
    parts: Sequence[tuple[Container, NDArray[np.bool_]]],
    path: Path,
    progress: Progress | None = None,
) -> None:
    """Writes the live articles of some segments, given with their live docs, as one new segment: array by array, the
    same as if it had been built of these articles.

    Memory is needed for the dictionaries and about ten bytes an article, and little besides. `progress` is in bytes of
    arrays; the total is an estimate. In the end the file is on the disk, or if this fails not there. Raises OSError,
    and ValueError or the like where a part is not what was written.
    """
    sources = [part for part in merge_inputs(parts) if part.kept]
    if not sources:
        raise ValueError("no article is left to be merged")
    expected = sum(part.container.array_bytes * part.kept // len(part.live) for part in sources)
    with ContainerWriter(path, SEGMENT) as writer:
        sink = Sink(writer, sources, expected, progress)
        merge_articles(sources, sink)
        remaining = [remaining_of(part) for part in sources]
        numbers = merge_dictionaries(sources, remaining, sink)
        merge_postings(sources, numbers, sink)
