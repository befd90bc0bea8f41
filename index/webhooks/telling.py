"""Tells webhooks of changes for as long as a process lives, from a thread beside its work."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from typing import Final

from index.webhooks.command import run_webhooks, summary
from search.engines import open_engine
from search.errors import BackfileError
from search.ledger import ledger_of
from search.settings import Settings

LOOK_SECONDS: Final = 1.0
"""How often it is looked whether something has changed, at the most."""
SHARE: Final = 0.1
"""Of the time of a processor, the most that this takes: after a comparison that took long it rests the longer."""

_log = logging.getLogger("backfile.webhooks")


class Telling:
    """A thread that runs the webhooks of an archive."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = open_engine(settings.index)
        self._ledger = ledger_of(self._engine, settings)
        self._said = ""

    def start(self) -> None:
        """Begins to look."""
        threading.Thread(target=self._run, name="backfile-webhooks", daemon=True).start()

    def _run(self) -> None:
        while True:
            began = time.thread_time()
            self.look()
            time.sleep(max(LOOK_SECONDS, (time.thread_time() - began) / SHARE))

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
        if ran.sent or ran.failed or ran.dead:
            _log.info("%s", summary(ran))
