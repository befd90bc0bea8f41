"""Going on with it: each source is looked at again after its time, and a failure of one is tried again later."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from index.sync.named_source import NamedSource
from index.sync.syncing import Synced

JITTER: Final = 0.1
"""Times vary by this share, so that the sources of many archives are not all asked at once."""
MAX_BACKOFF: Final = 8
"""A source that fails again and again is asked at least this many times less often than one that does not."""


@dataclass(slots=True)
class _Turn:
    source: NamedSource
    due: float
    failures: int = 0


def watch(
    sources: Sequence[NamedSource],
    sync: Callable[[NamedSource], Synced],
    said: Callable[[Synced], None],
    *,
    wait: Callable[[float], bool],
    clock: Callable[[], float] = time.monotonic,
    vary: Callable[[float, float], float] = random.uniform,
) -> None:
    """Brings each source into step now and again after its time, until `wait` says that it is enough.

    `wait` waits so many seconds, or until it is enough; it returns whether it is. `said` is told what became of each
    source. After a failure the time is doubled each time, up to MAX_BACKOFF times.
    """
    turns = [_Turn(source, clock()) for source in sources]
    while turns:
        turn = min(turns, key=lambda each: each.due)
        if wait(max(0.0, turn.due - clock())):
            return
        synced = sync(turn.source)
        said(synced)
        if synced.report and synced.report.interrupted:
            return
        turn.failures = turn.failures + 1 if synced.exit_code else 0
        factor = min(2 ** min(turn.failures, 30), MAX_BACKOFF) if turn.failures else 1
        turn.due = clock() + turn.source.every * factor * vary(1 - JITTER, 1 + JITTER)
