"""Searches of one worker take turns, so that each is answered as soon as it can be, and some are refused while the line
is so long that all would come too late.

A search is computation, and one process of Python computes one thing at a time. Two searches begun together would both
be done after the time of two; one after the other, the first is done after the time of one, and the second no later.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from search.errors import BackfileError
from search.phases import phase
from search.translation import gettext as _
from search.translation import gettext_noop

MAX_WAITING: Final = 192
"""Blocks that wait at the same time: each holds a thread, and some must be left for what needs no search."""
_COSTLY: Final = 2.0
"""How many times the mean a kind takes, to count as costly."""
_COSTLY_SHARE: Final = 0.25
"""For which part of the patience a costly block may wait: then it is refused long before the others."""
_WEIGHT: Final = 0.1
"""Of the newest measurement in a mean, which so follows the last twenty or so."""


class Busy(BackfileError):
    """The line is too long for another block. `retry_after`: whole seconds after which it is likely to be shorter."""

    status = 503
    title = gettext_noop("The archive is busy")

    def __init__(self, retry_after: int) -> None:
        super().__init__(_("too many searches wait for their turn; try again in a few seconds"))
        self.retry_after = retry_after


class _Place(NamedTuple):
    """A place in the line: the lock that whoever is before releases, and the seconds that the block probably takes."""

    gate: threading.Lock
    seconds: float


class Turns:
    """At most `at_once` blocks run at the same time; the others wait, and go on in the order in which they came.

    Who would have to wait for more than `patience` seconds is refused at once; for costly kinds of blocks that is a
    quarter of it, so that what costs little is still answered. How long a kind takes is measured by `clock`, in
    seconds.
    """

    def __init__(
        self, at_once: int, patience: float = math.inf, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_once = self._free = at_once
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[_Place] = deque()
        self._line_seconds = 0.0
        self._means: dict[str, float] = {}
        self._mean = 0.0

    @contextmanager
    def turn(self, kind: str = "", *, refusable: bool = True) -> Iterator[None]:
        """Waits for a turn, and holds it until the end of the block. Blocks of one kind take about the same time; kinds
        are few. Raises Busy, unless it is not `refusable`, such as the rest of what has begun."""
        gate = self._gate(kind, refusable)
        if gate is not None:
            with phase("wait"):
                gate.acquire()
        begun = self._clock()
        try:
            yield
        finally:
            self._pass_on(kind, self._clock() - begun)

    @property
    def waiting(self) -> int:
        """How many wait for a turn now."""
        with self._lock:
            return len(self._waiting)

    def _gate(self, kind: str, refusable: bool) -> threading.Lock | None:
        """None if there is a turn to take at once, else a lock that the one before releases. Raises Busy."""
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            seconds = self._means.get(kind, self._mean)
            if refusable and self._is_too_long(seconds):
                raise Busy(max(1, math.ceil(self._line_seconds / self._at_once)))
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(_Place(gate, seconds))
            self._line_seconds += seconds
            return gate

    def _is_too_long(self, seconds: float) -> bool:
        patience = self._patience * (_COSTLY_SHARE if seconds > _COSTLY * self._mean else 1.0)
        return len(self._waiting) >= MAX_WAITING or self._line_seconds / self._at_once > patience

    def _pass_on(self, kind: str, took: float) -> None:
        # A turn goes straight to the next in line: who comes later cannot take it in between.
        with self._lock:
            self._mean += _WEIGHT * (took - self._mean) if self._mean else took
            known = self._means.get(kind)
            self._means[kind] = took if known is None else known + _WEIGHT * (took - known)
            if not self._waiting:
                self._free += 1
                self._line_seconds = 0.0  # no rest of rounding stays
                return
            place = self._waiting.popleft()
            self._line_seconds -= place.seconds
            place.gate.release()
