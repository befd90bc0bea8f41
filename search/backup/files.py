"""Files as backups copy them: by a second name where the disk allows it, else byte by byte, summed and synced."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from search.durability import sync_directory
from search.errors import EngineError, LedgerError

_CHUNK: Final = 1 << 20
_BUSY_SECONDS: Final = 30.0
_BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file."""


@contextmanager
def refusals_told(place: Path) -> Iterator[None]:
    """Maps what the system refuses to EngineError."""
    try:
        yield
    except OSError as error:
        at = error.filename or place
        raise EngineError(f"{at}: {error.strerror or error}; nothing was changed") from error


def sum_of(stream: BinaryIO) -> tuple[str, int]:
    """The SHA-256 of an open file in hex digits, and its length in bytes."""
    found, size = hashlib.sha256(), 0
    stream.seek(0)
    while part := stream.read(_CHUNK):
        found.update(part)
        size += len(part)
    return found.hexdigest(), size


def is_linked(path: Path, place: Path, stream: BinaryIO) -> bool:
    """Gives an open file, which was opened as `path`, a second name if that can be done; False if not."""
    try:
        place.hardlink_to(path)
    except OSError:  # another disk, or one without links, or the file is gone
        return False
    if os.path.samestat(place.stat(), os.fstat(stream.fileno())):
        return True
    place.unlink()
    return False


def copy_synced(stream: BinaryIO, place: Path) -> tuple[str, int]:
    """Copies an open file, which is on the disk in the end; gives its sum and its length as `sum_of` does."""
    found, size = hashlib.sha256(), 0
    stream.seek(0)
    with place.open("xb") as copy:
        while part := stream.read(_CHUNK):
            found.update(part)
            size += len(part)
            copy.write(part)
        copy.flush()
        os.fsync(copy.fileno())
    return found.hexdigest(), size


def write_synced(place: Path, raw: bytes) -> None:
    """Writes a small file, which is on the disk in the end."""
    with place.open("xb") as stream:
        stream.write(raw)
        stream.flush()
        os.fsync(stream.fileno())


def copy_database(source: Path, place: Path) -> bool:
    """Copies a SQLite file that others may be writing to, as one transaction of it; False if there is none.

    The copy is one file, with nothing beside it. Raises LedgerError.
    """
    if not source.is_file():
        return False
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", timeout=_BUSY_SECONDS, uri=True)) as first,
            closing(sqlite3.connect(place)) as copy,
        ):
            first.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise LedgerError(f"{source} cannot be copied ({error}); nothing was changed") from error
    with place.open("rb+") as stream:
        os.fsync(stream.fileno())
    return True


def remove_database(place: Path) -> None:
    """Removes a SQLite file and what lies beside it, as far as that is there."""
    for path in (place, *(place.with_name(place.name + end) for end in _BESIDE)):
        with suppress(FileNotFoundError):
            path.unlink()


def put_database(source: Path, place: Path) -> None:
    """Puts a copy of a SQLite file in a place, at once. What an earlier file has left beside it is removed, or SQLite
    would read it with the new one."""
    draft = place.with_name(f"{place.name}.restored")
    with suppress(FileNotFoundError):
        draft.unlink()
    place.absolute().parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as stream:
        copy_synced(stream, draft)
    remove_database(place)
    draft.replace(place)
    sync_directory(place.absolute().parent)
