"""One commit as it is read: its segments, each with its live docs. Open segments are shared between commits."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final

import numpy as np

from search.engines.disk.errors import reading
from search.engines.disk.format.arrays import Docs, Mask
from search.engines.disk.format.container import DamagedFile
from search.engines.disk.format.entries import live_articles
from search.engines.disk.format.manifest import Manifest, SegmentEntry, read_manifest, require_size
from search.engines.disk.format.vector_file import VectorFile
from search.engines.disk.reading.segments import Segment
from search.engines.vectors import Quantised
from search.errors import IndexDamaged

_PATIENCE: Final = 5.0
"""Seconds during which the newest commit is looked up again if its files vanish while being opened: a writer that
commits twice in the meantime removes them."""


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """A segment and its live docs: which of its articles are not deleted (`live`), and how many (`articles`). In the
    snapshot its doc ids begin at `base`. `vectors` are those of its articles, as far as they have any."""

    segment: Segment
    live: Mask
    articles: int
    base: int = 0
    vectors: VectorFile | None = None

    def rows_of(self, doc: int, model: str) -> Quantised | None:
        """The vectors of an article that a model made, None if it has none."""
        return self.vectors.rows_of(doc) if self.vectors and self.vectors.model == model else None

    def without_vectors(self, model: str) -> Docs:
        """The live docs that have no vectors of a model."""
        if self.vectors is None or self.vectors.model != model:
            return np.flatnonzero(self.live).astype(np.uint32)
        return np.flatnonzero(self.live & ~self.vectors.has(self.segment.size)).astype(np.uint32)

    @property
    def span(self) -> slice:
        """The doc ids of its articles in the snapshot."""
        return slice(self.base, self.base + self.segment.size)


@dataclass(frozen=True)
class Snapshot:
    """What one searcher sees. Doc ids number the articles of all segments, deleted ones included, one after another."""

    manifest: Manifest
    segments: tuple[LiveSegment, ...]

    @cached_property
    def size(self) -> int:
        """How many doc ids there are."""
        return sum(part.segment.size for part in self.segments)

    @cached_property
    def articles(self) -> int:
        """How many articles are live."""
        return sum(part.articles for part in self.segments)

    def locate(self, doc: int) -> tuple[LiveSegment, int]:
        """The segment of an article, and the doc id it has there."""
        part = self.segments[bisect_right(self._bases, doc) - 1]
        return part, doc - part.base

    @cached_property
    def _bases(self) -> tuple[int, ...]:
        return tuple(part.base for part in self.segments)

    def id_of(self, doc: int) -> str:
        """The id of an article."""
        part, own = self.locate(doc)
        return part.segment.id_of(own)


class SegmentStore:
    """The open segments of one index. Each stays open as long as a snapshot uses it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = Lock()
        self._open: dict[str, tuple[Segment, int]] = {}

    def open_snapshot(self) -> Snapshot:
        """The newest commit with all its files open. Raises IndexMissing, IndexVersionError or IndexDamaged."""
        patience = monotonic() + _PATIENCE
        while True:
            manifest = read_manifest(self._directory)
            try:
                return self._open_manifest(manifest)
            except IndexDamaged:
                if monotonic() > patience or read_manifest(self._directory).generation == manifest.generation:
                    raise

    def _open_manifest(self, manifest: Manifest) -> Snapshot:
        bases = accumulate((entry.articles for entry in manifest.segments), initial=0)
        parts: list[LiveSegment] = []
        try:
            for entry, base in zip(manifest.segments, bases, strict=False):
                parts.append(self._acquire(entry, base))
        except BaseException:
            self._release(parts)
            raise
        return Snapshot(manifest, tuple(parts))

    def _acquire(self, entry: SegmentEntry, base: int) -> LiveSegment:
        live = live_articles(self._directory, entry)
        vectors = VectorFile.of(self._directory, entry)
        return LiveSegment(self._segment(entry), live, entry.live, base, vectors)

    def _segment(self, entry: SegmentEntry) -> Segment:
        name = entry.file.name
        with self._lock:
            segment, users = self._open.get(name) or (self._open_segment(entry), 0)
            self._open[name] = (segment, users + 1)
        return segment

    def _open_segment(self, entry: SegmentEntry) -> Segment:
        file = entry.file
        require_size(self._directory, file)
        with reading(self._directory):
            segment = Segment(self._directory / file.name)
            if segment.container.crc32 != file.crc32 or segment.size != entry.articles:
                raise DamagedFile(f"{file.name} is not the file that was committed")
            segment.container.require_sound_if_small()
        return segment

    def release(self, snapshot: Snapshot) -> None:
        """Closes the segments that no other snapshot uses."""
        self._release(snapshot.segments)

    def _release(self, parts: tuple[LiveSegment, ...] | list[LiveSegment]) -> None:
        with self._lock:
            for part in parts:
                name = part.segment.container.path.name
                segment, users = self._open[name]
                if users > 1:
                    self._open[name] = (segment, users - 1)
                else:
                    del self._open[name]
