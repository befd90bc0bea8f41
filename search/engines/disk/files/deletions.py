"""Which articles of a segment a commit does not count: a small file beside the segment, written anew by each commit
that takes something out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.errors import damaged, reading
from search.engines.disk.files.container import Container, ContainerWriter
from search.engines.disk.files.layout import DELETIONS, DELETIONS_SUFFIX
from search.engines.disk.files.manifest import File, SegmentEntry


def live_articles(directory: Path, entry: SegmentEntry) -> NDArray[np.bool_]:
    """Which articles of a segment a commit counts. Raises IndexDamaged, IndexVersionError or EngineError.

    The deletions are read wholly, checksum and all: a commit that takes out more writes them anew, and then nothing
    would tell any more that they had been others.
    """
    live = np.ones(entry.articles, np.bool_)
    if entry.deletions:
        with reading(directory):
            live[_docs(directory, entry.deletions)] = False
    if (found := int(np.count_nonzero(live))) != entry.live:
        raise damaged(directory, f"{entry.file.name} holds {found:,} articles instead of {entry.live:,}")
    return live


def _docs(directory: Path, file: File) -> NDArray[Any]:
    container = Container(directory / file.name, DELETIONS)
    if container.size != file.size or container.crc32 != file.crc32:
        raise damaged(directory, f"{file.name} is not the file that was committed")
    for _, problem in container.problems():
        raise damaged(directory, f"{file.name}: {problem}")
    return container.array("docs")


def write_deletions(directory: Path, entry: SegmentEntry, docs: NDArray[Any], number: int) -> SegmentEntry:
    """The entry as commit `number` has it, with these articles deleted too; its deletions are on the disk."""
    live = live_articles(directory, entry)
    live[docs] = False
    gone = np.flatnonzero(~live).astype(np.uint32)
    stem = entry.file.name.partition(".")[0]
    path = directory / f"{stem}.{number}{DELETIONS_SUFFIX}"
    with ContainerWriter(path, DELETIONS) as writer:
        writer.add("docs", gone)
    return replace(entry, deletions=File(path.name, writer.size, writer.crc32), deleted=len(gone))
