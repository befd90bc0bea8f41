"""The articles that a transaction has added: which of them it has replaced or deleted again, found by id.

A transaction may add millions, so their ids are in memory only until they are in a segment. From there on they are
looked up in its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.errors import reading
from search.engines.disk.writing.pending_segment import PendingSegment
from search.engines.disk.writing.pipeline import NewSegment, Pipeline, Progress


class NewArticles:
    """What `pipeline` has been given, and the segments that it has made of it. Raises OSError, EngineError."""

    def __init__(self, directory: Path, pipeline: Pipeline) -> None:
        self._directory = directory
        self._pipeline = pipeline
        self._numbers: dict[str, int] = {}  # of articles that may not be in a segment yet
        self._deleted: list[int] = []  # numbers of articles that were not in a segment yet
        self._segments: list[tuple[PendingSegment, NDArray[np.int64]]] = []

    def add(self, id: str, number: int) -> None:
        """An article was added, in place of an earlier one with the same id. That is deleted now, or by `finish` if it
        is in another segment."""
        if (before := self._numbers.pop(id, None)) is not None:
            self._deleted.append(before)
        self._numbers[id] = number
        self._look_for_segments()

    def delete(self, id: str) -> bool:
        """Deletes an article that was added; False if there is none."""
        self._look_for_segments()
        number = self._numbers.pop(id, None)
        if number is not None:
            self._deleted.append(number)
        found = [segment.delete_id(id) for segment, _ in self._segments]
        return number is not None or any(found)

    def finish(self, progress: Progress) -> list[PendingSegment]:
        """Builds what is left, and gives the new segments in the order of their first articles."""
        self._pipeline.finish(progress)
        self._look_for_segments()
        self._delete_replaced()
        return [segment for segment, _ in sorted(self._segments, key=lambda one: int(one[1][0]))]

    def _look_for_segments(self) -> None:
        for built in self._pipeline.segments[len(self._segments) :]:
            self._take(built)

    def _take(self, built: NewSegment) -> None:
        segment = PendingSegment(self._directory, built.entry, is_new=True)
        self._segments.append((segment, built.numbers))
        deleted = np.array(self._deleted, np.int64)
        segment.delete_docs(np.flatnonzero(np.isin(built.numbers, deleted)))
        self._deleted = deleted[~np.isin(deleted, built.numbers)].tolist()
        is_in_it = np.isin(np.fromiter(self._numbers.values(), np.int64, len(self._numbers)), built.numbers)
        self._numbers = dict(compress(self._numbers.items(), (~is_in_it).tolist()))

    def _delete_replaced(self) -> None:
        """Of articles with the same id in several segments, deletes all but the one that was added last."""
        if len(self._segments) < 2:
            return
        with reading(self._directory):
            for rows in self._same_hashes():
                self._delete_all_but_last(rows)

    def _same_hashes(self) -> Sequence[NDArray[np.int64]]:
        """Segment and doc id of articles whose ids have the same hash, all of one hash in an array of such rows."""
        containers = [segment.container for segment, _ in self._segments]
        hashes = np.concatenate([container.array("id.hashes") for container in containers])
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        again = np.flatnonzero(hashes[1:] == hashes[:-1])
        if not len(again):
            return ()
        at = np.union1d(again, again + 1)
        ends = np.cumsum([len(container.array("id.docs")) for container in containers])
        owners = np.searchsorted(ends, order[at], "right")
        docs = np.concatenate([container.array("id.docs") for container in containers])[order[at]]
        rows = np.column_stack((owners, docs.astype(np.int64)))
        return np.split(rows, np.flatnonzero(hashes[at][1:] != hashes[at][:-1]) + 1)

    def _delete_all_but_last(self, rows: NDArray[np.int64]) -> None:
        last: dict[bytes, tuple[int, int, int]] = {}
        for owner, doc in rows.tolist():
            segment, numbers = self._segments[owner]
            one = (int(numbers[doc]), owner, doc)
            before = last.setdefault(segment.raw_id(doc), one)
            if before != one:
                earlier, last[segment.raw_id(doc)] = sorted((before, one))
                self._segments[earlier[1]][0].delete_docs(np.array([earlier[2]], np.int64))
