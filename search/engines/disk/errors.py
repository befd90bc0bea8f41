"""Maps what goes wrong beneath this engine to the errors of `search.errors`: one table, with the cause kept."""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from search.errors import BackfileError, EngineError, IndexDamaged

UNREADABLE: Final = (
    struct.error, zlib.error, EOFError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
    MemoryError, RecursionError,
)  # fmt: skip
"""What our code and the libraries beneath it raise when they read damaged content."""

_DAMAGE: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError, *UNREADABLE)

_ADVICE: Final[dict[int | None, str]] = {
    errno.EACCES: "permission denied; check who owns it",
    errno.EPERM: "not permitted; check who owns it",
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the disk quota is used up; free some space and try again",
    errno.EFBIG: "a file would grow larger than the system allows; raise the limit",
    errno.EMFILE: "too many open files; raise the limit",
}


def damaged(directory: Path, what: str) -> IndexDamaged:
    """The error for an index that cannot be read as it is."""
    return IndexDamaged(
        f"the index at {directory} is damaged: {what}; look closer with `backfile check`, "
        "put a backup in its place with `backfile restore`, or make it anew with `backfile index SOURCE… --rebuild`"
    )


@contextmanager
def reading(directory: Path) -> Iterator[None]:
    """Maps what reading a damaged file raises to IndexDamaged, and what the system refuses to EngineError."""
    try:
        yield
    except BackfileError:
        raise
    except _DAMAGE as error:
        raise damaged(directory, f"{type(error).__name__}: {error}"[:300]) from error
    except OSError as error:
        if error.errno not in _ADVICE:
            raise damaged(directory, str(error)) from error
        raise refused(directory, error) from error


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Maps what the system refuses to EngineError."""
    try:
        yield
    except OSError as error:
        raise refused(directory, error) from error


def refused(directory: Path, error: OSError) -> EngineError:
    """The error for what the operating system refused."""
    return EngineError(f"the index at {directory}: {_ADVICE.get(error.errno, error.strerror or str(error))}")


class TimeIsUp(Exception):
    """The deadline passed in the middle of reading; never leaves the engine."""
