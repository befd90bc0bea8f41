"""One commit as it is read: its segments with what is deleted in them. Segments are shared between commits."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np

from search.engines.whoosh.codec import PlacesCache
from search.engines.whoosh.errors import damaged, reading
from search.engines.whoosh.manifest import Manifest, read_manifest
from search.engines.whoosh.mapped import read_toc
from search.engines.whoosh.segments import Mask, Segment
from search.errors import IndexDamaged

_ATTEMPTS: Final = 5
"""How often a commit is looked for again when its files vanish while they are opened: a writer was quicker."""


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """A segment and which of its articles are not deleted."""

    segment: Segment
    live: Mask
    articles: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one searcher sees."""

    manifest: Manifest
    segments: tuple[LiveSegment, ...]


class SegmentStore:
    """The open segments of one index, each as long as a snapshot holds it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = Lock()
        self._cache = PlacesCache()
        self._open: dict[tuple[str, str], tuple[Segment, int]] = {}

    def open_snapshot(self) -> Snapshot:
        """The newest commit, all its files open; raises IndexMissing, IndexVersionError or IndexDamaged."""
        for attempt in range(_ATTEMPTS):
            manifest = read_manifest(self._directory)
            try:
                return self._open_manifest(manifest)
            except IndexDamaged:
                if attempt == _ATTEMPTS - 1 or read_manifest(self._directory).generation == manifest.generation:
                    raise
        raise AssertionError("unreachable")

    def _open_manifest(self, manifest: Manifest) -> Snapshot:
        folder = self._directory / manifest.folder
        segments: list[LiveSegment] = []
        with reading(self._directory):
            self._require_files(folder, manifest)
            toc = read_toc(folder, manifest.toc)
            try:
                for record in toc.segments:
                    segments.append(self._acquire(folder, record))  # noqa: PERF401 - what is open must be closed
                self._require_articles(segments, manifest)
            except BaseException:
                self._release(manifest, segments)
                raise
        return Snapshot(manifest, tuple(segments))

    def _require_files(self, folder: Path, manifest: Manifest) -> None:
        for name, file in manifest.files.items():
            size = (folder / name).stat().st_size
            if size != file.size:
                raise damaged(self._directory, f"{name} has {size:,} bytes instead of {file.size:,}")

    def _require_articles(self, segments: list[LiveSegment], manifest: Manifest) -> None:
        if (found := sum(part.articles for part in segments)) != manifest.articles:
            raise damaged(self._directory, f"it holds {found:,} articles instead of {manifest.articles:,}")

    def _acquire(self, folder: Path, record: Any) -> LiveSegment:
        live = np.ones(record.doc_count_all(), np.bool_)
        live[list(record.deleted_docs())] = False
        key = (folder.name, record.segment_id())
        with self._lock:
            segment, users = self._open.get(key) or (Segment(folder, record, self._cache), 0)
            self._open[key] = (segment, users + 1)
        return LiveSegment(segment, live, int(live.sum()))

    def release(self, snapshot: Snapshot) -> None:
        """Closes the segments that no other snapshot holds."""
        self._release(snapshot.manifest, list(snapshot.segments))

    def _release(self, manifest: Manifest, segments: list[LiveSegment]) -> None:
        with self._lock:
            for part in segments:
                key = (manifest.folder, part.segment.name)
                segment, users = self._open[key]
                if users > 1:
                    self._open[key] = (segment, users - 1)
                    continue
                del self._open[key]
                with suppress(OSError, ValueError):
                    segment.close()
