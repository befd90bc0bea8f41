"""Index directories made by hand for tests: one segment a commit, never merged, with deletions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from search.document import Document
from search.engines.disk.format.container import Container
from search.engines.disk.format.entries import write_deletions
from search.engines.disk.format.kinds import SEGMENT, SEGMENT_SUFFIX
from search.engines.disk.format.manifest import File, Manifest, SegmentEntry, new_generation, write_manifest
from search.engines.disk.whoosh_codec import write_toc
from search.engines.disk.writing.segment_writer import SegmentWriter


def commit_all(directory: Path, history: Iterable[Sequence[Document | str]]) -> Manifest:
    """Applies the commits to a new directory: each a list of articles to add and of ids to delete, no id twice."""
    directory.mkdir(parents=True)
    entries: list[SegmentEntry] = []
    where: dict[str, tuple[int, int]] = {}
    for number, changes in enumerate(history, 1):
        ids = [change if isinstance(change, str) else change.id for change in changes]
        assert len(set(ids)) == len(ids)
        _delete(directory, number, entries, [where.pop(name) for name in ids if name in where])
        added = [change for change in changes if isinstance(change, Document)]
        if added:
            where |= {article.id: (len(entries), doc) for doc, article in enumerate(added)}
            entries.append(_segment(directory / f"{number:016x}{SEGMENT_SUFFIX}", added))
        manifest = Manifest(number, new_generation(), datetime.now(UTC), tuple(entries))
        manifest = replace(manifest, toc=write_toc(directory, manifest))
        write_manifest(directory, manifest)
    return manifest


def _delete(directory: Path, number: int, entries: list[SegmentEntry], gone: list[tuple[int, int]]) -> None:
    for index in {index for index, _ in gone}:
        docs = np.array([doc for other, doc in gone if other == index])
        entries[index] = write_deletions(directory, entries[index], docs, number)


def _segment(path: Path, articles: Sequence[Document]) -> SegmentEntry:
    writer = SegmentWriter()
    for article in articles:
        writer.add(article)
    writer.write(path)
    container = Container(path, SEGMENT)
    return SegmentEntry(File(path.name, container.size, container.crc32), len(articles))
