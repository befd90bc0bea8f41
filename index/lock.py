"""One process at a time at a task of an archive: a lock that the system lets go of when its process ends, however it
ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

from search.errors import LedgerError
from search.ledger import IN_MEMORY
from search.locking import try_lock

_ALONE: Final[defaultdict[str, Lock]] = defaultdict(Lock)
"""The locks of archives in memory, by task."""


@contextmanager
def only_run(ledger_place: str, task: str) -> Iterator[bool]:
    """In this block no other process is at the task, such as "alerts", of the archive with that ledger. False if one is
    already. The file of the lock is called as the ledger is, with the task behind it.

    Raises LedgerError if the file of the lock cannot be made.
    """
    if ledger_place.startswith(IN_MEMORY):
        alone = _ALONE[task]
        taken = alone.acquire(blocking=False)
        try:
            yield taken
        finally:
            if taken:
                alone.release()
        return
    path = Path(f"{ledger_place}.{task}")
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("ab")
    except OSError as error:
        raise LedgerError(f"the lock {path} cannot be made ({error.strerror or error})") from error
    with stream:
        yield try_lock(stream)
