"""One writer at a time, across processes.

The lock belongs to the operating system, so it is gone with a process however that ends;
what is written in the file only names the holder.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Final

from search.engines.disk.files.manifest import LOCK_NAME
from search.errors import IndexLocked

_LOCKED_BYTE: Final = 1 << 30
"""Windows forbids others to read a locked byte; this one lies far behind the text."""


class DirectoryLock:
    """The right to write into an index directory. Raises IndexLocked if another holds it."""

    def __init__(self, directory: Path) -> None:
        self._stream: FileIO | None = (directory / LOCK_NAME).open("a+b", buffering=0)
        try:
            _lock(self._stream)
        except OSError as error:
            holder = _holder(self._stream)
            self._stream.close()
            raise IndexLocked(
                f"another writer holds the index at {directory}{holder}; wait until it is done"
            ) from error

    def announce(self) -> None:
        """Writes down who holds the lock; until then the file names the last holder, if that one never let it go."""
        if self._stream is not None:
            self._stream.truncate(0)
            self._stream.write(json.dumps(_self_description()).encode())

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


def _holder(stream: FileIO) -> str:
    try:
        stream.seek(0)
        holder = json.loads(stream.read(4096))
        return f" (process {holder['pid']} on {holder['host']}, since {holder['since']})"
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
