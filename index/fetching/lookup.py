"""Looking up the addresses of a host within a limit of time, which the system's own function does not know."""

from __future__ import annotations

from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from typing import Final

from index.fetching.connection import Deadline
from index.fetching.hosts import Resolver

LOOKUP_SECONDS: Final = 20.0
"""How long one name may take: the system's own patience with one server, and with a second one."""
MAX_LOOKUPS: Final = 8
"""Names that are looked up at the same time in this process, those included for which nobody waits any more."""

_FREE: Final = BoundedSemaphore(MAX_LOOKUPS)


class TooSlow(OSError):
    """The name was not looked up in time."""


def within(deadline: Deadline, resolve: Resolver, host: str, port: int) -> Sequence[str]:
    """What `resolve` finds, if it does so by the deadline. Raises TooSlow, TimeUp, and what `resolve` raises.

    A lookup cannot be broken off, so it has a thread of its own, which ends when the lookup does.
    """
    if not _FREE.acquire(timeout=deadline.wait(LOOKUP_SECONDS)):
        raise TooSlow(f"{MAX_LOOKUPS} other names are still being looked up")
    found: SimpleQueue[Sequence[str] | BaseException] = SimpleQueue()

    def look() -> None:
        try:
            found.put(resolve(host, port))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            found.put(error)
        finally:
            _FREE.release()

    _start(Thread(target=look, name=f"lookup of {host}", daemon=True))
    seconds = deadline.wait(LOOKUP_SECONDS)
    try:
        answer = found.get(timeout=seconds)
    except Empty:
        raise TooSlow(f"looking it up takes longer than {seconds:.0f} s") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _start(thread: Thread) -> None:
    try:
        thread.start()
    except BaseException:
        _FREE.release()
        raise
