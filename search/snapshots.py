"""The newest snapshot of an index for every request, without a restart and without a failed request.

A commit makes a new generation. The next request opens it while other requests go on with the old one, which is
closed when its last request is done.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from search.engines.protocols import Engine, Searcher
from search.errors import EngineError

CHECK_SECONDS: Final = 0.2
"""How often the index is asked for its generation, at most: a commit shows within this time plus one opening."""

_log = logging.getLogger("backfile.archive")


class _Lease:
    """A searcher and the number of requests that hold it."""

    __slots__ = ("generation", "holders", "retired", "searcher")

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self.generation = searcher.status().generation
        self.holders = 0
        self.retired = False


class NewestSnapshot:
    """One index, always at its newest generation. Safe to use from several threads; one for each process."""

    def __init__(
        self, engine: Engine, *, check_seconds: float = CHECK_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._check_seconds = check_seconds
        self._clock = clock
        self._state = threading.Lock()
        self._opening = threading.Lock()
        self._current: _Lease | None = None
        self._checked = float("-inf")
        self._problem: EngineError | None = None

    @contextmanager
    def searcher(self) -> Iterator[Searcher]:
        """The newest snapshot; it stays the same and open to the end of the block.

        Where a new generation cannot be opened the old one goes on answering, and `problem` says why.
        Raises EngineError (IndexMissing and its kind) if there is none to go on with.
        """
        self._refresh()
        lease = self._take()
        try:
            yield lease.searcher
        finally:
            self._give_back(lease)

    @property
    def problem(self) -> EngineError | None:
        """Why the newest generation is not the one that answers; None if all is well."""
        with self._state:
            return self._problem

    def close(self) -> None:
        """Closes the searcher as soon as nobody holds it."""
        with self._state:
            lease, self._current = self._current, None
            self._checked = float("-inf")
        if lease is not None:
            self._retire(lease)

    def _refresh(self) -> None:
        """Opens the newest generation if it is time; a thread waits for another only if it has no searcher."""
        with self._state:
            have_one = self._current is not None
            if have_one and self._clock() - self._checked < self._check_seconds:
                return
        if not self._opening.acquire(blocking=not have_one):
            return
        try:
            self._look()
        finally:
            self._opening.release()

    def _look(self) -> None:
        with self._state:
            current = self._current
            if current is not None and self._clock() - self._checked < self._check_seconds:
                return
        try:
            opened = self._open_newer_than(current)
        except EngineError as error:
            self._keep_old(current, error)
            return
        with self._state:
            self._checked = self._clock()
            self._problem = None
            if opened is not None:
                self._current = opened
        if opened is not None:
            threading.Thread(target=self._warm, name="backfile-warm", daemon=True).start()
            if current is not None:
                self._retire(current)

    def _warm(self) -> None:
        """Reads the vocabulary before the first reader who misspells a word has to wait for it."""
        with suppress(EngineError), self.searcher() as searcher:
            if "vocabulary" in searcher.capabilities:
                searcher.terms("", 1)

    def _open_newer_than(self, current: _Lease | None) -> _Lease | None:
        if current is not None and self._engine.generation() == current.generation:
            return None
        return _Lease(self._engine.searcher())

    def _keep_old(self, current: _Lease | None, error: EngineError) -> None:
        with self._state:
            self._checked = self._clock()
            known = str(self._problem) == str(error)
            self._problem = error
        if current is None:
            raise error
        if not known:
            _log.error("the newest state of the index cannot be opened, the last good one goes on answering: %s", error)

    def _take(self) -> _Lease:
        with self._state:
            lease = self._current
            if lease is not None:
                lease.holders += 1
                return lease
        # Closed between the two steps: open it again.
        self._refresh()
        return self._take()

    def _give_back(self, lease: _Lease) -> None:
        with self._state:
            lease.holders -= 1
            close = lease.retired and lease.holders == 0
        if close:
            lease.searcher.close()

    def _retire(self, lease: _Lease) -> None:
        with self._state:
            lease.retired = True
            close = lease.holders == 0
        if close:
            lease.searcher.close()
