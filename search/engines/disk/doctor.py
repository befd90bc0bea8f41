"""What an index directory stands on: the folder, the disk, and how the segments are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from search.engines.disk.format.directory import holder_of, leftovers
from search.engines.disk.format.manifest import Manifest, read_manifest
from search.engines.protocols import Finding
from search.errors import EngineError

LEAST_FREE_BYTES: Final = 200_000_000
"""With less than this a commit may fail."""


def examine_directory(directory: Path) -> Iterator[Finding]:
    """See `search.engines.protocols.Diagnosable`."""
    try:
        manifest = read_manifest(directory)
    except EngineError:
        manifest = None  # whoever opens the index says why
    yield _folder(directory)
    yield _disk(directory, manifest)
    yield _writer(directory)
    if manifest:
        yield _segments(manifest)
        yield _leftovers(directory, manifest)


def _folder(directory: Path) -> Finding:
    place = _existing(directory)
    if not os.access(place, os.W_OK | os.X_OK):
        return Finding(
            "folder", "warning", f"{directory} cannot be written to", "to index, change its owner or its mode"
        )
    return Finding("folder", "ok", str(directory.resolve()))


def _existing(directory: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next((place for place in (directory, *directory.resolve().parents) if place.exists()), Path("/"))


def _disk(directory: Path, manifest: Manifest | None) -> Finding:
    try:
        usage = shutil.disk_usage(_existing(directory))
    except OSError as error:
        return Finding(
            "disk space", "warning", f"it cannot be asked for: {error.strerror}", "look at the disk yourself"
        )
    size = manifest.size_bytes() if manifest else 0
    found = f"{usage.free / 1e9:,.1f} of {usage.total / 1e9:,.1f} GB free; the index has {size / 1e9:,.1f}"
    if usage.free < LEAST_FREE_BYTES:
        return Finding("disk space", "problem", found, "free some space before anything is indexed")
    if usage.free < size:
        return Finding("disk space", "warning", found, "free as much as the index has: merging may take that much")
    return Finding("disk space", "ok", found)


def _segments(manifest: Manifest) -> Finding:
    articles = sum(segment.articles for segment in manifest.segments)
    deleted = articles - manifest.articles
    return Finding("segments", "ok", f"{len(manifest.segments):,}, with {deleted:,} deleted articles of {articles:,}")


def _writer(directory: Path) -> Finding:
    holder = holder_of(directory)
    if holder is None:
        return Finding("writer", "ok", "nobody writes")
    who = f"process {holder.process} on {holder.host}, since {holder.since}"
    if holder.is_running is False:
        advice = "run again what was cut off; what was committed before is kept"
        return Finding("writer", "warning", f"{who}, did not finish and is gone", advice)
    return Finding("writer", "ok", f"{who}, writes" if holder.is_running else f"{who}, writes, or did not finish")


def _leftovers(directory: Path, manifest: Manifest) -> Finding:
    try:
        found = leftovers(directory, manifest)
        size = sum(path.stat().st_size for path in found)
    except OSError:  # a writer tidies up at this moment
        return Finding("leftovers", "ok", "a writer is at work")
    holder = holder_of(directory)
    if not found or (holder is not None and holder.is_running is not False):
        return Finding("leftovers", "ok", "no files that belong to no commit" if not found else "a writer is at work")
    said = f"{len(found):,} files of {size / 1e6:,.1f} MB belong to no commit; a writer was cut off"
    return Finding("leftovers", "warning", said, "the next run of `backfile index` or `backfile sync` removes them")
