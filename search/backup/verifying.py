"""Reads a backup to its end and says what is not as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from search.backup.contents import NAME, Backup
from search.backup.files import sum_of
from search.engines.protocols import Problem

Progress = Callable[[int, int], None]


def backup_problems(folder: Path, backup: Backup, progress: Progress | None = None) -> Iterator[Problem]:
    """Each file of a backup that is missing or not what was written, and each that does not belong to it."""
    done, total = 0, backup.size_bytes()
    for file in backup.files:
        place = folder / file.path
        try:
            with place.open("rb") as stream:
                sha256, size = sum_of(stream)
        except OSError as error:
            yield Problem(str(place), f"the file cannot be read: {error.strerror or error}")
            continue
        if size != file.size:
            yield Problem(str(place), f"the file has {size:,} bytes instead of {file.size:,}")
        elif sha256 != file.sha256:
            yield Problem(str(place), "the file is not what was written: its SHA-256 differs")
        done += file.size
        if progress:
            progress(done, total)
    known = {folder / NAME, *(folder / file.path for file in backup.files)}
    for place in sorted(path for path in folder.rglob("*") if not path.is_dir() and path not in known):
        yield Problem(str(place), "the file does not belong to the backup")
