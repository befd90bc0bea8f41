"""Whether all that an open searcher may see is still there: what was replaced is kept only for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from search.engines.opensearch.format.commits import Commit, commit_of, record_in
from search.engines.opensearch.transport.connection import Connection
from search.errors import EngineError

TRUSTED_SECONDS: Final = 5.0
"""For how long a commit that was the newest is taken to be whole. What it shows is kept for longer from then on."""


class Keeping:
    """Call `require` after each answer from a commit that was the newest when this was made.

    The record says from which epoch on everything is there, and says so before anything is deleted. So an answer that
    came before the record was read is whole if the record still says so. `clock` gives seconds.
    """

    def __init__(self, connection: Connection, commit: Commit, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._commit = commit
        self._clock = clock
        self._seconds = min(TRUSTED_SECONDS, connection.address.keep_seconds / 2)
        self._trusted_until = clock() + self._seconds

    def require(self) -> None:
        """Raises EngineError if articles of the commit may have been deleted."""
        asked = self._clock()
        if asked < self._trusted_until:
            return
        newest = commit_of(self._connection, record_in(self._connection, self._commit.index))
        if newest.uid != self._commit.uid or newest.floor > self._commit.epoch:
            raise EngineError(
                "the snapshot is too old: articles that it shows were deleted meanwhile; open another, or keep them "
                "for longer (`keep` in the URL of the index)"
            )
        if newest.epoch == self._commit.epoch:
            self._trusted_until = asked + self._seconds
