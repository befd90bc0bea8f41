"""Keeps the newest commit of an index open for every request, so that a commit shows without a restart.

A commit makes a new generation. The next request opens it, while requests that have begun go on with the old one.
The old one is closed when the last of them is done.
In a server a thread opens it instead, and answers a first search from it, so that no request waits (`follow`).
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
"""The index is asked for its generation at most this often. So a commit shows after this time plus one opening."""

_log = logging.getLogger("backfile.archive")


class _Lease:
    """An open searcher, and how many hold it. Once it is retired, the last holder closes it."""

    __slots__ = ("closed", "generation", "holders", "retired", "searcher")

    def __init__(self, searcher: Searcher, generation: str) -> None:
        self.searcher = searcher
        self.generation = generation
        self.holders = 0
        self.retired = False
        self.closed = False


class NewestSnapshot:
    """One index, always at its newest generation. Safe to use from several threads; make one for each process."""

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
        self._followed_by: threading.Thread | None = None

    @contextmanager
    def searcher(self) -> Iterator[Searcher]:
        """The newest snapshot, open and unchanged until the end of the block.

        If a new generation cannot be opened, the old one keeps answering, and `problem` says why.
        Raises EngineError (IndexMissing among others) if there is no old one.
        """
        lease = self._take()
        try:
            yield lease.searcher
        finally:
            self._give_back(lease)

    def follow(self, warm_up: Callable[[Searcher], object]) -> None:
        """From now on a thread looks for new generations, and calls `warm_up` with each before it answers requests.

        It lives as long as the process. A request opens the index itself only while none is open.
        """
        self._followed_by = threading.Thread(target=self._follow, args=(warm_up,), name="backfile-follow", daemon=True)
        self._followed_by.start()

    def _follow(self, warm_up: Callable[[Searcher], object]) -> None:
        while True:
            time.sleep(self._check_seconds)
            with self._opening:
                if self._current is not None:
                    with suppress(EngineError):
                        self._check(warm_up)

    @property
    def problem(self) -> EngineError | None:
        """Why the newest generation does not answer; None if all is well."""
        with self._state:
            return self._problem

    def close(self) -> None:
        """Closes the searcher as soon as nobody holds it. The next request opens another."""
        with self._state:
            lease, self._current = self._current, None
            self._checked = float("-inf")
        if lease is not None:
            self._retire(lease)

    def _take(self) -> _Lease:
        while True:
            self._refresh()
            with self._state:
                lease = self._current
                if lease is not None:  # else it was closed between the two steps
                    lease.holders += 1
                    return lease

    def _refresh(self) -> None:
        """Opens the newest generation if it is time to check; waits for another thread only if nothing is open."""
        with self._state:
            have_one = self._current is not None
            if have_one and (self._is_followed() or not self._is_due()):
                return
        if not self._opening.acquire(blocking=not have_one):
            return
        try:
            self._check()
        finally:
            self._opening.release()

    def _is_followed(self) -> bool:
        return self._followed_by is not None and self._followed_by.is_alive()

    def _is_due(self) -> bool:
        return self._clock() - self._checked >= self._check_seconds

    def _check(self, warm_up: Callable[[Searcher], object] | None = None) -> None:
        with self._state:
            current = self._current
            if current is not None and not self._is_due():
                return
        try:
            opened = self._open_newer_than(current, warm_up)
        except EngineError as error:
            self._keep_old(current, error)
            return
        with self._state:
            self._checked = self._clock()
            self._problem = None
            if opened is None:
                return
            self._current = opened
        if current is not None:
            self._retire(current)

    def _open_newer_than(
        self, current: _Lease | None, warm_up: Callable[[Searcher], object] | None = None
    ) -> _Lease | None:
        if current is not None and self._engine.generation() == current.generation:
            return None
        searcher = self._engine.searcher()
        try:
            if warm_up is not None:
                warm_up(searcher)
            return _Lease(searcher, searcher.status().generation)
        except BaseException:
            searcher.close()
            raise

    def _keep_old(self, current: _Lease | None, error: EngineError) -> None:
        with self._state:
            self._checked = self._clock()
            known = str(self._problem) == str(error)
            self._problem = error
        if current is None:
            raise error
        if not known:
            _log.error("the newest state of the index cannot be opened, the last good one goes on answering: %s", error)

    def _give_back(self, lease: _Lease) -> None:
        with self._state:
            lease.holders -= 1
            close = self._is_last(lease)
        if close:
            lease.searcher.close()

    def _retire(self, lease: _Lease) -> None:
        with self._state:
            lease.retired = True
            close = self._is_last(lease)
        if close:
            lease.searcher.close()

    def _is_last(self, lease: _Lease) -> bool:
        """Whether the caller, who holds the lock, is to close the searcher: true once for each lease."""
        if not lease.retired or lease.holders or lease.closed:
            return False
        lease.closed = True
        return True
