"""An index directory in the hands of a writer: the lock, and the removal of files that no commit needs.

There is one writer at a time, across processes. The lock is the operating system's, so it is released with a process
however that ends; the text in the lock file only names the holder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from search.engines.disk.format.kinds import DELETIONS_SUFFIX, SEGMENT_SUFFIX, VECTORS_SUFFIX
from search.engines.disk.format.manifest import LOCK_NAME, NAME, PREVIOUS_NAME, Manifest, read_manifest
from search.engines.disk.format.replica_state import require_no_replica
from search.errors import EngineError, IndexLocked, IndexMissing

ADDING_VECTORS: Final = "adding vectors"
"""What a lock may be held for."""
_PATIENCE: Final = 60.0
_LOOK_SECONDS: Final = 0.02
_LOCKED_BYTE: Final = 1 << 30
"""On Windows nobody else can read a locked byte, so this one is far behind the text."""


class DirectoryLock:
    """The right to write into an index directory. Raises IndexLocked if another holds it, and EngineError if it is a
    replica, unless whoever asks `follows` the other index.

    Only for one that adds vectors it waits: that is done behind the back of whoever indexes, and takes a moment.
    """

    def __init__(self, directory: Path, *, follows: bool = False) -> None:
        if not follows:
            require_no_replica(directory)
        self._stream: FileIO | None = (directory / LOCK_NAME).open("a+b", buffering=0)
        patience = monotonic() + _PATIENCE
        while not self._taken(directory, self._stream, is_last_try=monotonic() > patience):
            sleep(_LOOK_SECONDS)

    def _taken(self, directory: Path, stream: FileIO, *, is_last_try: bool) -> bool:
        try:
            _lock(stream)
        except OSError as error:
            holder = _holder(stream)
            if ADDING_VECTORS in holder and not is_last_try:
                return False
            stream.close()
            raise IndexLocked(
                f"another writer holds the index at {directory}{holder}; wait until it is done"
            ) from error
        return True

    def announce(self, purpose: str = "") -> None:
        """Writes down who holds the lock, and what for. Until then the file names the last holder, if that one did not
        release it."""
        if self._stream is not None:
            self._stream.truncate(0)
            self._stream.write(json.dumps(_self_description() | ({"for": purpose} if purpose else {})).encode())

    def release(self) -> None:
        """Lets the next writer in."""
        if self._stream is not None:
            with suppress(OSError):  # a disk that has run full may refuse even that
                self._stream.truncate(0)
            _unlock(self._stream)
            self._stream.close()
            self._stream = None


def _self_description() -> dict[str, object]:
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat(timespec="seconds")}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has announced that it writes, and has not released the lock. `is_running` is None for another machine."""

    process: int
    host: str
    since: str
    is_running: bool | None


def holder_of(directory: Path) -> Holder | None:
    """Who writes into the directory, or was ended while it did; None if nobody. Does not touch the lock."""
    try:
        with (directory / LOCK_NAME).open("rb") as stream:
            told = json.loads(stream.read(4096))
        process, host, since = int(told["pid"]), str(told["host"]), str(told["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Holder(process, host, since, _is_running(process) if host == socket.gethostname() else None)


def _is_running(process: int) -> bool | None:
    if sys.platform == "win32":
        return None  # a signal would end it
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # another user's
    return True


def _holder(stream: FileIO) -> str:
    try:
        stream.seek(0)
        holder = json.loads(stream.read(4096))
        purpose = f", {holder['for']}" if "for" in holder else ""
        return f" (process {holder['pid']} on {holder['host']}, since {holder['since']}{purpose})"
    except (ValueError, KeyError, TypeError, OSError):
        return ""


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: FileIO) -> None:
        stream.seek(_LOCKED_BYTE)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

    def _unlock(stream: FileIO) -> None:
        stream.seek(_LOCKED_BYTE)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(stream: FileIO) -> None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(stream: FileIO) -> None:
        fcntl.flock(stream.fileno(), fcntl.LOCK_UN)


_OURS: Final = re.compile(
    rf"[0-9a-f]{{16}}(?:{re.escape(SEGMENT_SUFFIX)}|\.\d+(?:{re.escape(DELETIONS_SUFFIX)}|{re.escape(VECTORS_SUFFIX)}))"
    rf"|_MAIN_\d+\.toc(?:\.[\d.]+)?|(?:{re.escape(NAME)}|{re.escape(PREVIOUS_NAME)})\.new"
)
_NUMBERED: Final = re.compile(
    rf"[0-9a-f]{{16}}\.(\d{{1,18}})(?:{re.escape(DELETIONS_SUFFIX)}|{re.escape(VECTORS_SUFFIX)})"
    r"|_MAIN_(\d{1,18})\.toc"
)
_OF_COMMITS: Final = re.compile(
    rf"[0-9a-f]{{16}}(?:{re.escape(SEGMENT_SUFFIX)}"
    rf"|\.\d{{1,18}}(?:{re.escape(DELETIONS_SUFFIX)}|{re.escape(VECTORS_SUFFIX)}))"
)
_OLD_FOLDER: Final = re.compile(r"data-[0-9a-f]{16}")
"""A folder in which format version 1 kept its files."""
STAGING: Final = "backfile.staging"
"""A folder in which the holder of the lock makes a commit ready that is to take the place of the newest."""


def is_file_of_commits(name: str) -> bool:
    """Whether a segment, its deletions or its vectors may have that name."""
    return _OF_COMMITS.fullmatch(name) is not None


def leftovers(directory: Path, manifest: Manifest) -> tuple[Path, ...]:
    """The files that `sweep` would remove. Some may be those of a commit that is being made."""
    listed = {file.name for each in (manifest, _commit_before(directory)) if each for file in each.files()}
    return tuple(
        path
        for path in directory.iterdir()
        if _OLD_FOLDER.fullmatch(path.name) or (_OURS.fullmatch(path.name) and path.name not in listed)
    )


def sweep(directory: Path, *kept: Manifest | None) -> None:
    """Removes what belongs neither to the given manifests nor to the commit before the newest, which readers may be
    opening. The caller holds the lock.

    What cannot be removed now, as open files on some systems, is left to the next writer.
    """
    listed = {file.name for manifest in (*kept, _commit_before(directory)) if manifest for file in manifest.files()}
    with suppress(OSError):
        for path in list(directory.iterdir()):
            if _OLD_FOLDER.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)
            elif _OURS.fullmatch(path.name) and path.name not in listed:
                with suppress(OSError):
                    path.unlink()


def sweep_all_but(directory: Path, kept: Manifest | None) -> tuple[int, tuple[str, ...]]:
    """Removes everything that does not belong to the given manifest, the commit before included, and says how many
    files that were, and which of them the system did not let go. The caller holds the lock."""
    before = set(_own_files(directory))
    with suppress(OSError):
        (directory / PREVIOUS_NAME).unlink(missing_ok=True)
    sweep(directory, kept)
    left = set(_own_files(directory))
    listed = {NAME, *(file.name for file in kept.files())} if kept else {NAME}
    return len(before - left), tuple(sorted(left - listed))


def _own_files(directory: Path) -> Iterator[str]:
    for path in directory.iterdir():
        if _OURS.fullmatch(path.name) or _OLD_FOLDER.fullmatch(path.name) or path.name in (NAME, PREVIOUS_NAME):
            yield path.name


def sweep_leftovers(directory: Path) -> None:
    """Removes what belongs to no commit. If the newest cannot be read no file of one is removed: `check --repair` may
    need it."""
    shutil.rmtree(directory / STAGING, ignore_errors=True)
    try:
        sweep(directory, read_manifest(directory))
    except IndexMissing:
        sweep(directory)
    except EngineError:
        return


def _commit_before(directory: Path) -> Manifest | None:
    try:
        return read_manifest(directory, PREVIOUS_NAME)
    except EngineError:
        return None


def highest_number(directory: Path) -> int:
    """The highest commit number in the name of any file, 0 if there is none."""
    found = (_NUMBERED.fullmatch(path.name) for path in directory.iterdir())
    return max((int(match[1] or match[2]) for match in found if match), default=0)
