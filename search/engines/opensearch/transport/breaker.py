"""The circuit breaker: when the whole cluster does not answer, callers are told at once instead of waiting in vain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from search.engines.opensearch.transport.errors import Unavailable

FAILURES: Final = 3
"""So many failures of the whole cluster, one after the other, open the circuit."""

OPEN_SECONDS: Final = 5.0
"""So long nobody asks the cluster. Then one request is let through, and decides."""


class Breaker:
    """Open after `failures` failures in a row, for `seconds`; then half open: one request is tried while others fail.

    Safe to use from several threads. `clock` gives seconds that never run backwards.
    """

    def __init__(
        self, failures: int = FAILURES, seconds: float = OPEN_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at = 0.0
        self._trial = False
        self._reason = ""

    @contextmanager
    def guard(self, is_failure: Callable[[Exception], bool | None]) -> Iterator[None]:
        """Lets the block run, or raises Unavailable at once.

        `is_failure` is asked about an Exception that leaves the block: True is a failure of the whole cluster, False
        shows, as success does, that the cluster answers, None shows neither.
        """
        on_trial = self._admitted()
        try:
            yield
        except Exception as error:
            failed = is_failure(error)
            if failed is not None:
                self._record(str(error) if failed else None)
            raise
        else:
            self._record(None)
        finally:  # also if the block was stopped from outside, which says nothing about the cluster
            if on_trial:
                with self._lock:
                    self._trial = False

    def _admitted(self) -> bool:
        """Whether the request is the trial of a half-open circuit. Raises Unavailable if it may not be sent."""
        with self._lock:
            if self._failures < self._most:
                return False
            left = self._opened_at + self._seconds - self._clock()
            if left > 0 or self._trial:
                again = f"is asked again in {left:.1f} s" if left > 0 else "is being asked again"
                raise Unavailable(
                    f"the cluster did not answer {self._failures} times in a row and {again}: {self._reason}"
                )
            self._trial = True
            return True

    def _record(self, failure: str | None) -> None:
        with self._lock:
            if failure is None:
                self._failures = 0
                return
            self._failures += 1
            self._opened_at = self._clock()
            self._reason = failure
