"""Worker processes as copies of this one (fork): they start at once, with all that is imported and loaded here.

That is safe only in a process without other threads: a copy has none of these, but the locks that they hold. So
elsewhere workers are started afresh.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

_DESCRIPTORS: Final = "/proc/self/fd"
_STANDARD: Final = (0, 1, 2)


def can_copy() -> bool:
    """Whether a worker may be a copy of this process: on Linux, as long as no other thread of Python is running.

    The threads of numerical libraries are no obstacle: these stop them for the moment.
    """
    return sys.platform == "linux" and threading.active_count() == 1 and os.path.isdir(_DESCRIPTORS)  # noqa: PTH112


def open_descriptors() -> tuple[int, ...]:
    """The numbers of all files, pipes and sockets that are open in this process, but for the standard ones."""
    return tuple(number for name in os.listdir(_DESCRIPTORS) if _is_open(number := int(name)))  # noqa: PTH208


def _is_open(number: int) -> bool:
    """False for the descriptor by which the list itself was read."""
    with suppress(OSError):
        os.fstat(number)
        return number not in _STANDARD
    return False


def become_worker(inherited: Iterable[int]) -> None:
    """What a copy does first: it lets go of the `inherited` descriptors and of how its parent treats signals.

    Held on to, the pipes of other workers would keep these from noticing that the parent is gone, and a lock on a file
    would outlive the parent. The numbers stay taken, so that whatever is closed late closes no other file.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in inherited:
        os.dup2(nothing, number, inheritable=False)
    os.close(nothing)
    gc.freeze()  # what comes from the parent is not looked through again, which would copy its memory
