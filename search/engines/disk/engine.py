"""An index directory as an engine: who may write, and what is the newest commit.

What reads, writes and repairs is imported when it is asked for: many a run only looks whether there is a new commit.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from search.engines.disk.errors import reading
from search.engines.disk.format.manifest import NAME, Manifest, is_ours, read_manifest, read_newest
from search.engines.protocols import (
    CAPABILITIES,
    AddedVectors,
    Condensed,
    Finding,
    Problem,
    Purged,
    Rebuilt,
    Repair,
    WriterProgress,
)

if TYPE_CHECKING:
    from search.engines.commit_files import CommitFile, HeldCommit, Replacement
    from search.engines.disk.reading.snapshot import SegmentStore
    from search.engines.disk.searcher import DiskSearcher
    from search.engines.disk.writing.pipeline import BuilderPool
    from search.engines.disk.writing.writer import DiskWriter
    from search.engines.replicas import Replica, ReplicaState
    from search.engines.vectors import Vectors

_Stamp = tuple[int, int, int]


class DiskEngine:
    """See `search.engines.protocols.Engine`, `Maintenance`, `Purging`, `Rebuilding` and `WhooshReadable`,
    `search.engines.commit_files.CommitFiles`, and `search.engines.replicas.Replicating`.

    A writer with several processes leaves them running for the next one, until `close`, the end of the program, or an
    error."""

    capabilities = CAPABILITIES

    def __init__(self, directory: Path) -> None:
        self.url = f"whoosh:{'//' if directory.is_absolute() else ''}{directory.as_posix()}"
        whole = Path(os.path.abspath(directory))  # noqa: PTH100 - links are not followed
        self.ledger_place = str(whole.with_name(f"{whole.name}.ledger"))
        self._directory = directory
        self._segments: SegmentStore | None = None
        self._builders: BuilderPool | None = None
        self._lock = Lock()
        self._seen: tuple[_Stamp, str] | None = None

    def writer(self, *, replace: bool = False, progress: WriterProgress | None = None) -> DiskWriter:
        return self.parallel_writer(workers=1, replace=replace, progress=progress)

    def parallel_writer(
        self, *, workers: int, replace: bool = False, progress: WriterProgress | None = None
    ) -> DiskWriter:
        from search.engines.disk.writing.writer import DiskWriter

        return DiskWriter(self._directory, self._pool(), replace=replace, workers=workers, progress=progress)

    def _pool(self) -> BuilderPool:
        from search.engines.disk.writing.pipeline import BuilderPool

        with self._lock:
            self._builders = self._builders or BuilderPool()
            return self._builders

    def searcher(self) -> DiskSearcher:
        read_manifest(self._directory)  # where there is no index, nothing that reads one is imported
        from search.engines.disk.searcher import DiskSearcher

        return DiskSearcher(self._directory, self._store())

    def _store(self) -> SegmentStore:
        from search.engines.disk.reading.snapshot import SegmentStore

        with self._lock:
            self._segments = self._segments or SegmentStore(self._directory)
            return self._segments

    def generation(self) -> str:
        stamp = self._stamp()
        with self._lock:
            if stamp and self._seen and self._seen[0] == stamp:
                return self._seen[1]
        generation = read_newest(self._directory).generation
        if stamp:
            with self._lock:
                self._seen = (stamp, generation)
        return generation

    def identity(self) -> str:
        with reading(self._directory):
            try:
                found = self._directory.stat()
            except (FileNotFoundError, NotADirectoryError):
                return f"whoosh:{self._directory.resolve()}"
        return f"whoosh:{found.st_dev}:{found.st_ino}"

    def check(self) -> Iterable[Problem]:
        from search.engines.disk.check import check_directory

        return check_directory(self._directory)

    def examine(self) -> Iterable[Finding]:
        from search.engines.disk.doctor import examine_directory

        return examine_directory(self._directory)

    def repair(self) -> Iterable[Repair]:
        from search.engines.disk.repair import repair_directory

        return repair_directory(self._directory)

    def optimize(self, *, progress: WriterProgress | None = None) -> Condensed:
        from search.engines.disk.writing.merge_policy import SegmentSize, find_forced_merges
        from search.engines.disk.writing.writer import DiskWriter

        started = time.monotonic()
        before = read_manifest(self._directory)
        if find_forced_merges([SegmentSize(segment.articles, segment.live) for segment in before.segments]):
            with DiskWriter(self._directory, self._pool(), condense=True, progress=progress):
                pass
        after = read_manifest(self._directory)
        return _condensed(before, after, time.monotonic() - started)

    def purge(self, ids: Collection[str], *, progress: WriterProgress | None = None) -> Purged:
        """See `search.engines.protocols.Purging`."""
        from search.engines.disk.writing.writer import DiskWriter

        started = time.monotonic()
        if not is_ours(self._directory):
            return Purged(0, 0, 0, 0.0)
        with DiskWriter(self._directory, self._pool(), purged=ids, progress=progress) as writer:
            pass
        removed, kept = writer.swept
        return Purged(writer.deleted, writer.rewritten, removed, time.monotonic() - started, kept, writer.step)

    def add_vectors(self, model: str, vectors: Mapping[str, Vectors]) -> AddedVectors:
        from search.engines.disk.writing.vector_writer import add_vectors

        return add_vectors(self._directory, model, vectors)

    def rebuild(
        self, *, leave_out: Collection[str] = (), workers: int = 1, progress: Callable[[int, int], None] | None = None
    ) -> Rebuilt:
        from search.engines.disk.rebuild import rebuild_directory

        return rebuild_directory(
            self._directory, self._pool(), leave_out=frozenset(leave_out), workers=workers, progress=progress
        )

    def keep_whoosh_toc(self, wanted: bool) -> tuple[str, str] | None:
        from search.engines.disk.writing.writer import DiskWriter

        read_manifest(self._directory)
        with DiskWriter(self._directory, self._pool(), whoosh_toc=wanted) as writer:
            pass
        return writer.step

    def held_commit(self) -> AbstractContextManager[HeldCommit]:
        from search.engines.disk.commit_files import held_commit

        return held_commit(self._directory)

    def committed_file(self, name: str) -> CommitFile | None:
        from search.engines.disk.commit_files import committed_file

        return committed_file(self._directory, name)

    def replica(self, of: str, *, replace: bool) -> Replica:
        from search.engines.disk.replica import DirectoryReplica

        return DirectoryReplica(self._directory, of, replace=replace)

    def replica_state(self) -> ReplicaState | None:
        from search.engines.disk.format.replica_state import read_state

        return read_state(self._directory)

    def replacement(self, *, replace: bool) -> Replacement:
        from search.engines.disk.commit_files import DirectoryReplacement

        return DirectoryReplacement(self._directory, replace=replace)

    def close(self) -> None:
        """Ends the processes that writers have left running."""
        if self._builders:
            self._builders.close()

    def _stamp(self) -> _Stamp | None:
        """What changes when the manifest is replaced; None if it is not there."""
        with reading(self._directory):
            try:
                found = (self._directory / NAME).stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return found.st_mtime_ns, found.st_ino, found.st_size


def _condensed(before: Manifest, after: Manifest, seconds: float) -> Condensed:
    return Condensed(
        articles=after.articles,
        segments=(len(before.segments), len(after.segments)),
        size_bytes=(before.size_bytes(), after.size_bytes()),
        seconds=seconds,
    )
