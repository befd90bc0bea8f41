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
from datetime import UTC, datetime
from typing import Final

from search.engines.protocols import Engine, Searcher
from search.errors import EngineError

CHECK_SECONDS: Final = 0.2
"""The index is asked for its generation at most this often. So a commit shows after this time plus one opening."""
HOLD_SECONDS: Final = 60.0
"""In a server a snapshot that has been replaced is closed after this time, whoever still uses it, so that what was
taken down is gone from the process too."""

_log = logging.getLogger("backfile.archive")


class _Lease:
    """An open searcher, and how many hold it. Once it is retired, the last holder closes it."""

    __slots__ = ("closed", "generation", "holders", "opened_at", "retired_at", "searcher")

    def __init__(self, searcher: Searcher, generation: str, opened_at: datetime) -> None:
        self.searcher = searcher
        self.generation = generation
        self.opened_at = opened_at
        self.holders = 0
        self.retired_at: float | None = None
        self.closed = False


class NewestSnapshot:
    """One index, always at its newest generation. Safe to use from several threads; make one for each process.

    `is_outdated` tells whether a state of the index that was opened at that time must not answer any more, even if no
    newer one can be opened. `hold_seconds`: see HOLD_SECONDS. When what `hint` gives has changed, the next question
    looks for a newer state and waits for it, whenever it was looked for last.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        check_seconds: float = CHECK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        is_outdated: Callable[[datetime], bool] = lambda _: False,
        hold_seconds: float = HOLD_SECONDS,
        hint: Callable[[], object] = lambda: None,
    ) -> None:
        self._hint = hint
        self._hinted: object = hint()
        self._is_outdated = is_outdated
        self._hold_seconds = hold_seconds
        self._retired: list[_Lease] = []
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
            self.close_held()
            with self._opening:
                if self._current is not None:
                    with suppress(EngineError):
                        self._check(warm_up)

    def close_held(self) -> None:
        """Closes the snapshots that were replaced too long ago. Whoever still uses one gets EngineError."""
        with self._state:
            late = [lease for lease in self._retired if self._is_overdue(lease)]
            self._retired = [lease for lease in self._retired if not lease.closed and lease not in late]
            for lease in late:
                lease.closed = True
        for lease in late:
            lease.searcher.close()

    def _is_overdue(self, lease: _Lease) -> bool:
        since = lease.retired_at
        return not lease.closed and since is not None and self._clock() - since >= self._hold_seconds

    @property
    def problem(self) -> EngineError | None:
        """Why the newest generation does not answer; None if all is well."""
        with self._state:
            return self._problem

    @property
    def open_count(self) -> int:
        """How many snapshots are open: the newest, and replaced ones that somebody still uses."""
        with self._state:
            return (self._current is not None) + sum(not lease.closed for lease in self._retired)

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
        """Opens the newest generation if it is time to check; waits for another thread only if nothing is open, or if
        something says that what is open must not answer any more."""
        hint = self._hint()
        with self._state:
            have_one, is_urgent = self._current is not None, hint != self._hinted
            if have_one and not is_urgent and (self._is_followed() or not self._is_due()):
                return
        if not self._opening.acquire(blocking=not have_one or is_urgent):
            return
        try:
            if is_urgent and hint != self._hinted:
                with self._state:
                    self._checked = float("-inf")
            self._check()
            self._hinted = hint
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
        opened_at = datetime.now(UTC)
        searcher = self._engine.searcher()
        try:
            if warm_up is not None:
                warm_up(searcher)
            return _Lease(searcher, searcher.status().generation, opened_at)
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
        if self._is_outdated(current.opened_at):
            _log.error(
                "the newest state of the index cannot be opened, and the last has what was taken down: %s", error
            )
            self.close()
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
            lease.retired_at = self._clock()
            close = self._is_last(lease)
            if not close:
                self._retired = [*(other for other in self._retired if not other.closed), lease]
        if close:
            lease.searcher.close()

    def _is_last(self, lease: _Lease) -> bool:
        """Whether the caller, who holds the lock, is to close the searcher: true once for each lease."""
        if lease.retired_at is None or lease.holders or lease.closed:
            return False
        lease.closed = True
        return True
