"""An index directory as an engine: who may write, and what is the newest commit.

Whoosh's own files hold pickles: like a program, an index is only to be opened if its maker is trusted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from threading import Lock

from search.engines.base import CAPABILITIES, Problem, WriterProgress
from search.engines.whoosh.check import check_directory
from search.engines.whoosh.errors import reading
from search.engines.whoosh.manifest import NAME, read_manifest
from search.engines.whoosh.searcher import WhooshSearcher
from search.engines.whoosh.snapshot import SegmentStore
from search.engines.whoosh.writer import WhooshWriter

_Stamp = tuple[int, int, int]


class WhooshEngine:
    """See `search.engines.base.Engine`."""

    capabilities = CAPABILITIES

    def __init__(self, directory: Path) -> None:
        self.url = f"whoosh:{'//' if directory.is_absolute() else ''}{directory.as_posix()}"
        self._directory = directory
        self._segments = SegmentStore(directory)
        self._lock = Lock()
        self._seen: tuple[_Stamp, str] | None = None

    def writer(
        self, *, replace: bool = False, workers: int = 1, progress: WriterProgress | None = None
    ) -> WhooshWriter:
        del workers, progress
        return WhooshWriter(self._directory, replace, partial(read_manifest, self._directory))

    def searcher(self) -> WhooshSearcher:
        return WhooshSearcher(self._directory, self._segments)

    def generation(self) -> str:
        stamp = self._stamp()
        with self._lock:
            if stamp and self._seen and self._seen[0] == stamp:
                return self._seen[1]
        generation = read_manifest(self._directory).generation
        if stamp:
            with self._lock:
                self._seen = (stamp, generation)
        return generation

    def check(self) -> Iterable[Problem]:
        return check_directory(self._directory)

    def _stamp(self) -> _Stamp | None:
        """What changes when the manifest is replaced; None if it is not there."""
        with reading(self._directory):
            try:
                found = (self._directory / NAME).stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return found.st_mtime_ns, found.st_ino, found.st_size
