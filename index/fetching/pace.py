"""How fast each host is asked, how long a failed request waits, and when a host is left alone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final

Clock = Callable[[], float]
Sleep = Callable[[float], None]

ATTEMPTS: Final = 4
"""How often an address is asked for at most, if it fails in a way that may pass."""
FIRST_BACKOFF: Final = 1.0
MAX_BACKOFF: Final = 30.0
MAX_RETRY_AFTER: Final = 120.0
"""Seconds. A server that wants to be left alone for longer is not waited for: the request fails."""
FAILURES_IN_A_ROW: Final = 5
"""Failed requests after which a host is given up for a while."""
REST_SECONDS: Final = 300.0


class Pace:
    """When each host may be asked next, by `clock`; at most `per_second` times a second, and as slowly as it asks."""

    def __init__(self, per_second: float, clock: Clock, sleep: Sleep) -> None:
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._given_up: dict[str, float] = {}

    def wait(self, host: str, delay: float) -> None:
        """Waits until it is the turn of `host`, whose requests are at least `delay` seconds apart."""
        now = self._clock()
        turn = max(now, self._next.get(host, now))
        if turn > now:
            self._sleep(turn - now)
        self._next[host] = turn + max(self._interval, delay)

    def rest(self, host: str, seconds: float) -> None:
        """Waits before a failed request is made again."""
        self._sleep(seconds)
        self._next[host] = self._clock()

    def is_given_up(self, host: str) -> bool:
        """Its last requests have all failed, and it is too early to try again."""
        return host in self._given_up and self._given_up[host] > self._clock()

    def failed(self, host: str) -> None:
        """Counts a request that failed for good, however often it was made."""
        self._failures[host] = self._failures.get(host, 0) + 1
        if self._failures[host] >= FAILURES_IN_A_ROW:
            self._given_up[host] = self._clock() + REST_SECONDS
            self._failures[host] = 0

    def answered(self, host: str) -> None:
        """Forgets the failures of a host."""
        self._failures.pop(host, None)
        self._given_up.pop(host, None)


def backoff(attempt: int) -> float:
    """Seconds to wait after the failed `attempt`, from 1: twice as long each time, and never the same twice."""
    return min(MAX_BACKOFF, FIRST_BACKOFF * 2.0 ** (attempt - 1)) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that `Retry-After` states, as a number or as a date (RFC 9110, 10.2.3); None if it states none.

    A date is compared with the server's own, so that a clock that is wrong on either side does not matter.
    """
    stated = headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdigit():
        return float(min(int(stated[:9]), 10**9))
    until, now = _seconds(stated), _seconds(headers.get("date", ""))
    return None if until is None else max(0.0, until - (time.time() if now is None else now))


def _seconds(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None
