"""The entries of a manifest beside their files: what a segment file says of itself, and which articles are deleted."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.errors import damaged, reading
from search.engines.disk.format.container import Container, ContainerWriter
from search.engines.disk.format.kinds import DELETIONS, DELETIONS_SUFFIX, SEGMENT, SEGMENT_SUFFIX, VERSION
from search.engines.disk.format.manifest import File, SegmentEntry


def live_articles(directory: Path, entry: SegmentEntry, versions: Collection[int] = (VERSION,)) -> NDArray[np.bool_]:
    """Which articles of a segment a commit counts. Raises IndexDamaged, IndexVersionError or EngineError.

    All deletions are read and their checksum verified: the next commit that deletes more will write them anew, and a
    damage would go unnoticed from then on.
    """
    live = np.ones(entry.articles, np.bool_)
    if entry.deletions:
        with reading(directory):
            live[_docs(directory, entry.deletions, versions)] = False
    if (found := int(np.count_nonzero(live))) != entry.live:
        raise damaged(directory, f"{entry.file.name} holds {found:,} articles instead of {entry.live:,}")
    return live


def _docs(directory: Path, file: File, versions: Collection[int]) -> NDArray[Any]:
    container = Container(directory / file.name, DELETIONS, versions)
    if container.size != file.size or container.crc32 != file.crc32:
        raise damaged(directory, f"{file.name} is not the file that was committed")
    for _, problem in container.problems():
        raise damaged(directory, f"{file.name}: {problem}")
    return container.array("docs")


def write_deletions(directory: Path, entry: SegmentEntry, docs: NDArray[Any], number: int) -> SegmentEntry:
    """Deletes these articles too. Gives the entry for commit `number`, whose deletions are on the disk."""
    live = live_articles(directory, entry)
    live[docs] = False
    gone = np.flatnonzero(~live).astype(np.uint32)
    stem = entry.file.name.partition(".")[0]
    path = directory / f"{stem}.{number}{DELETIONS_SUFFIX}"
    with ContainerWriter(path, DELETIONS) as writer:
        writer.add("docs", gone)
    return replace(entry, deletions=File(path.name, writer.size, writer.crc32), deleted=len(gone))


def new_segment_path(directory: Path) -> Path:
    """A path for a new segment, with a name that no segment has had before."""
    return directory / f"{secrets.token_hex(8)}{SEGMENT_SUFFIX}"


def entry_of(path: Path) -> SegmentEntry:
    """The entry of a segment that was just written."""
    container = Container(path, SEGMENT)
    return SegmentEntry(File(path.name, container.size, container.crc32), container.numbers["articles"])
