"""A segment as a transaction sees it: articles are found by id and deleted, but nothing is committed yet."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.errors import damaged, reading
from search.engines.disk.format.container import Container
from search.engines.disk.format.entries import live_articles, write_deletions
from search.engines.disk.format.kinds import SEGMENT
from search.engines.disk.format.layout import DocsByText, Strings
from search.engines.disk.format.manifest import SegmentEntry
from search.engines.disk.writing.merge_policy import SegmentSize


class PendingSegment:
    """A segment that is committed or was just written, opened when it is needed. New deletions stay in memory until
    `entry_for`."""

    def __init__(self, directory: Path, entry: SegmentEntry, *, is_new: bool = False) -> None:
        self._directory = directory
        self.entry = entry
        self._is_new = is_new
        self._is_changed = False

    @cached_property
    def container(self) -> Container:
        """Its arrays. Raises IndexDamaged or EngineError."""
        with reading(self._directory):
            container = Container(self._directory / self.entry.file.name, SEGMENT)
        if container.crc32 != self.entry.file.crc32:
            raise damaged(self._directory, f"{self.entry.file.name} is not the file that was committed")
        return container

    @cached_property
    def live(self) -> NDArray[np.bool_]:
        """Which of its articles are not deleted."""
        return live_articles(self._directory, self.entry)

    @cached_property
    def _ids(self) -> Strings:
        return Strings.of(self.container, "id")

    @cached_property
    def _docs_by_id(self) -> DocsByText:
        return DocsByText(self.container, "id")

    def size(self) -> SegmentSize:
        """How many articles it has, and how many of them are live."""
        return SegmentSize(
            self.entry.articles, int(np.count_nonzero(self.live)) if self._is_changed else self.entry.live
        )

    def raw_id(self, doc: int) -> bytes:
        """The id of an article as it is stored."""
        return self._ids.raw(doc)

    def delete_docs(self, docs: NDArray[np.int64]) -> bool:
        """Deletes articles by their doc ids. False if none of them was live."""
        found = bool(self.live[docs].any())
        if found:
            self.live[docs] = False
            self._is_changed = True
        return found

    def holds(self, ids: Iterable[str]) -> bool:
        """Whether an article with one of these ids is in its file, deleted or not."""
        with reading(self._directory):
            return any(self._docs_by_id[name] for name in ids)

    def delete_id(self, id: str) -> bool:
        """Deletes the article with this id. False if no live article has it."""
        with reading(self._directory):
            return self.delete_docs(np.array(self._docs_by_id[id], np.int64))

    def delete_replaced_by(self, newer: PendingSegment) -> None:
        """Deletes the articles whose ids another segment has too."""
        with reading(self._directory):
            wanted, hashes = newer.container.array("id.hashes"), self.container.array("id.hashes")
            begin, end = np.searchsorted(hashes, wanted, "left"), np.searchsorted(hashes, wanted, "right")
            matches = np.flatnonzero(begin < end)
            found = [
                int(doc)
                for match in matches.tolist()
                for doc in self.container.array("id.docs")[begin[match] : end[match]]
                if self._ids.raw(int(doc)) == newer._ids.raw(int(newer.container.array("id.docs")[match]))
            ]
            self.delete_docs(np.array(found, np.int64))

    def require_there(self) -> None:
        """Makes sure that its files are there, without reading them. Raises IndexDamaged or EngineError."""
        if self.container.size != self.entry.file.size:
            raise damaged(self._directory, f"{self.entry.file.name} has another size than it was committed with")
        if self.container.numbers.get("articles") != self.entry.articles:
            raise damaged(self._directory, f"{self.entry.file.name} holds another number of articles")
        if self.entry.deletions:
            _ = self.live

    def require_sound(self) -> None:
        """Reads all of it, unless it was just written: damage must not be copied into a file whose checksums are right.
        Raises IndexDamaged."""
        if self._is_new:
            return
        with reading(self._directory):
            for _, problem in self.container.problems():
                raise damaged(self._directory, f"{self.entry.file.name}: {problem}")

    def entry_for(self, number: int) -> SegmentEntry:
        """The entry for commit `number`; its deletions are on the disk."""
        if self._is_changed:
            return write_deletions(self._directory, self.entry, np.flatnonzero(~self.live), number)
        return self.entry
