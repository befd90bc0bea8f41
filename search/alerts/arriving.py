"""Noticing what has come into an archive: after a commit, the ids that the index has are compared with the ledger's."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from search.alerts.keys import Keys, made_keys
from search.engines import whole_searcher
from search.engines.protocols import Engine, Searcher
from search.errors import EngineError, IndexMissing
from search.ledger.ledger import Ledger
from search.releasing import LOOK_SECONDS, now_in_utc

_NO_MODEL: Final = ""
_NOTHING_YET: Final = "none"

_log = logging.getLogger("backfile.archive")


def begin(engine: Engine, ledger: Ledger, now: datetime) -> Keys:
    """Makes what saved searches need, where it is missing: the keys, the archive's own id, and the list of what is
    there already, so that it does not count as new. Returns the keys. Raises EngineError, LedgerError, ConfigError."""
    keys = made_keys(ledger.place)
    ledger.arrivals.made_archive_id()
    if ledger.arrivals.generation() is None:
        note_arrivals(engine, ledger, now)
    return keys


def note_arrivals(engine: Engine, ledger: Ledger, now: datetime) -> int:
    """Notes the articles that have come since the last time, and returns how many; those that are there the first time
    are no arrivals. Costs next to nothing if there was no commit. Raises EngineError, LedgerError."""
    try:
        if engine.generation() == ledger.arrivals.generation():
            return 0
        with whole_searcher(engine) as searcher:
            return ledger.arrivals.note(ids_of(searcher), searcher.status().generation, now)
    except IndexMissing:
        if ledger.arrivals.generation() is None:
            ledger.arrivals.note((), _NOTHING_YET, now)
        return 0


def ids_of(searcher: Searcher) -> Iterator[str]:
    """The id of every article, in any order; streamed. Raises EngineError."""
    # No model has an empty name, so no article has vectors of one."""
    if "meaning" in searcher.capabilities:
        return searcher.without_vectors(_NO_MODEL)
    return (document.id for document in searcher.articles(""))


class Noticing:
    """A thread that notes arrivals for as long as the process lives, in an archive that has saved searches."""

    def __init__(self, engine: Engine, ledger: Ledger, *, clock: Callable[[], datetime] = now_in_utc) -> None:
        self._engine = engine
        self._ledger = ledger
        self._clock = clock

    def start(self) -> None:
        """Begins to look."""
        threading.Thread(target=self._run, name="backfile-arrivals", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with suppress(EngineError):  # whoever searches is told, and the next look may find it well
                self.look()

    def look(self) -> int:
        """Looks once, and returns how many articles have come. Raises EngineError, LedgerError."""
        if self._ledger.arrivals.generation() is None:
            return 0
        came = note_arrivals(self._engine, self._ledger, self._clock())
        if came:
            _log.info("%d articles have come", came)
        return came
