"""Tells webhooks of changes for as long as a process lives, which may be beside its other work."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Final

from index.delivering.trying import has_tried
from index.webhooks.running import run_webhooks, summary
from search.engines import open_engine
from search.errors import BackfileError
from search.ledger import ledger_of
from search.settings import Settings

LOOK_SECONDS: Final = 1.0
"""How often it is looked whether something has changed, at the most."""
SHARE: Final = 0.1
"""Of the time of a processor, the most that this takes: after a comparison that took long it rests the longer."""

_log = logging.getLogger("backfile.webhooks")


Wait = Callable[[float], bool]
"""Waits so many seconds, or until it is enough; returns whether it is."""


def _asleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


class Telling:
    """Runs the webhooks of an archive again and again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = open_engine(settings.index)
        self._ledger = ledger_of(self._engine, settings)
        self._said = ""

    def start(self) -> None:
        """Begins to look, in a thread that ends with the process."""
        threading.Thread(target=self.watch, args=(_asleep,), name="backfile-webhooks", daemon=True).start()

    def watch(self, wait: Wait) -> None:
        """Looks until it is enough."""
        while True:
            began = time.thread_time()
            self.look()
            if wait(max(LOOK_SECONDS, (time.thread_time() - began) / SHARE)):
                return

    def look(self) -> None:
        """Runs them once. What goes wrong with all of them is logged, once for each reason."""
        try:
            ran = run_webhooks(self._settings, self._engine, self._ledger)
        except (BackfileError, OSError, sqlite3.Error) as error:
            if str(error) != self._said:
                _log.error("webhooks cannot be told of changes: %s", error)
            self._said = str(error)
            return
        self._said = ""
        for problem in ran.problems:
            _log.warning("%s", problem)
        if has_tried(ran):
            _log.info("%s", summary(ran))
