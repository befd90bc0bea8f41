"""Searches of one worker take turns, so that each is answered as soon as it can be.

A search is computation, and one process of Python computes one thing at a time. Two searches begun together would both
be done after the time of two; one after the other, the first is done after the time of one, and the second no later.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """At most `at_once` blocks run at the same time; the others wait, and go on in the order in which they came."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for a turn, and holds it until the end of the block."""
        gate = self._gate()
        if gate is not None:
            gate.acquire()
        try:
            yield
        finally:
            self._pass_on()

    @property
    def waiting(self) -> int:
        """How many wait for a turn now."""
        with self._lock:
            return len(self._waiting)

    def _gate(self) -> threading.Lock | None:
        """None if there is a turn to take at once, else a lock that the one before releases."""
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
            return gate

    def _pass_on(self) -> None:
        # A turn goes straight to the next in line: who comes later cannot take it in between.
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
