"""Counts queries as they are answered: in memory, and a batch now and then into the ledger.

A search never waits for that. What a process had in memory when it was killed is lost; that is no more than the queries
of FLUSH_SECONDS.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from search.dates import zone_named
from search.errors import LedgerError
from search.query_log.normalising import countable
from search.releasing import now_in_utc

if TYPE_CHECKING:
    from search.ledger.ledger import Ledger

FLUSH_SECONDS: Final = 30.0
"""How often a process writes down what it has counted."""
GRACE: Final = timedelta(minutes=10)
"""How long after its end a day is settled: by then every process has written down what it counted."""
MAX_WAITING: Final = 5_000
"""Queries that one process counts between two batches; what else is asked in that time is not counted."""
STOP_SECONDS: Final = 5.0
"""How long a process that ends waits for its last batch."""

_log = logging.getLogger("backfile.archive")


class QueryCounter:
    """The queries that one process has answered and not yet written down. Safe to use from several threads.

    Days are those of the time zone. A query is kept that was asked `least` times on a day: see `search.ledger.asked`.
    """

    def __init__(
        self, ledger: Ledger, time_zone: str, least: int, *, clock: Callable[[], datetime] = now_in_utc
    ) -> None:
        self._ledger = ledger
        self._zone = zone_named(time_zone)
        self._least = least
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[tuple[date, str], list[int]] = {}
        self._flushing = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._scrubbing = False
        self._failing = False

    def count(self, query: str, *, filtered: bool = False, found_nothing: bool = False) -> None:
        """Counts a query that was answered, in a few microseconds. `filtered`: by conditions beside it. With these it
        may find nothing although its words do, so that says nothing about them."""
        counted = countable(query)
        if counted is None:
            return
        key = self._now().date(), counted.text
        with self._lock:
            row = self._counts.get(key)
            if row is None:
                if len(self._counts) >= MAX_WAITING:
                    return
                row = self._counts[key] = [0, 0]
            row[0] += 1
            row[1] += found_nothing and not (filtered or counted.filtered)
        if self._thread is None:
            self.start()

    def start(self) -> None:
        """Has a thread write down what is counted, until the process ends."""
        with self._lock:
            if self._thread is not None or self._stopping.is_set():
                return
            self._thread = threading.Thread(target=self._run, name="backfile-query-log", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Writes down what is counted for the last time, and waits for that at most STOP_SECONDS."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def flush(self) -> bool:
        """Writes down what is counted, and settles days that are over. False if the ledger cannot be written: then what
        is counted waits for the next time, and the log says so once."""
        with self._flushing:
            with self._lock:
                taken, self._counts = self._counts, {}
            try:
                self._write(taken)
            except LedgerError as error:
                self._put_back(taken)
                if not self._failing:
                    _log.warning("queries are not counted as long as the ledger cannot be written: %s", error)
                self._failing = True
                return False
            self._failing = False
            return True

    def _run(self) -> None:
        while not self._stopping.wait(FLUSH_SECONDS):
            self.flush()
        self.flush()

    def _write(self, counts: dict[tuple[date, str], list[int]]) -> None:
        settled = last_settled_day(self._now())
        if counts:
            rows = ((day, query, times, no_hits) for (day, query), (times, no_hits) in sorted(counts.items()))
            self._ledger.asked.add(rows, settled)
            counts.clear()
        self._scrubbing = self._ledger.asked.settle(settled, self._least) or self._scrubbing
        if self._scrubbing:
            self._scrubbing = not self._ledger.scrub()

    def _put_back(self, counts: dict[tuple[date, str], list[int]]) -> None:
        settled = last_settled_day(self._now())
        with self._lock:
            for key, (times, no_hits) in counts.items():
                if key[0] > settled and (key in self._counts or len(self._counts) < MAX_WAITING):
                    row = self._counts.setdefault(key, [0, 0])
                    row[0] += times
                    row[1] += no_hits

    def _now(self) -> datetime:
        return self._clock().astimezone(self._zone)


def end_counting(ledger: Ledger, time_zone: str, least: int, *, clock: Callable[[], datetime] = now_in_utc) -> bool:
    """For an archive whose queries are no longer counted: settles the days that are over, and forgets the counts of
    today. Whether any counts are left. Raises LedgerError."""
    if ledger.asked.is_empty():
        return False
    ledger.asked.settle(last_settled_day(clock().astimezone(zone_named(time_zone))), least)
    ledger.asked.drop_unsettled()
    ledger.scrub()
    return not ledger.asked.is_empty()


def last_settled_day(now: datetime) -> date:
    """The last day that is over at that moment of the archive's time zone, with some grace."""
    return (now - GRACE).date() - timedelta(days=1)
