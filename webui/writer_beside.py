"""The process beside the workers of the server that writes what programs send and tells webhooks: started once somebody
may send or wants to be told, and again if it ends."""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
from multiprocessing.process import BaseProcess
from typing import Final

from search.commands import BESIDE_THE_SERVER
from search.engines import open_engine
from search.errors import LedgerError
from search.ledger import ledger_of
from search.processes import ctrl_c_held_back
from search.settings import Settings
from webui.logs import configuration

LOOK_SECONDS: Final = 0.5
"""How often it is looked whether the process has to be started."""
AGAIN_SECONDS: Final = 1.0
"""How soon one that has ended is started again, at the earliest: twice as long each time, until it has lived for as
long as MOST_SECONDS."""
MOST_SECONDS: Final = 30.0
STOP_SECONDS: Final = 10.0
"""How long it may take to end what it is writing."""

_log = logging.getLogger("backfile.server")


class WriterBeside:
    """Starts and watches that process, from a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ledger = ledger_of(open_engine(settings.index), settings)
        self._stopped = threading.Event()
        self._process: BaseProcess | None = None
        self._started = 0.0
        self._pause = AGAIN_SECONDS
        self._thread = threading.Thread(target=self._watch, name="backfile-writer", daemon=True)

    def start(self) -> None:
        """Begins to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the process, once what it is writing is committed."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._process is not None:
            self._process.terminate()
            self._process.join(STOP_SECONDS)
            if self._process.is_alive():
                self._process.kill()

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            if self._process is None:
                if self._is_needed():
                    self._begin()
            elif not self._process.is_alive():
                self._begin_again(self._process)

    def _is_needed(self) -> bool:
        try:
            ledger, settings = self._ledger, self._settings
            may_come = settings.inbox and (ledger.write_keys.any_in_force() or ledger.inbox.count("queued") > 0)
            return may_come or (settings.webhooks and ledger.webhooks.any())
        except LedgerError:  # pages and answers say so
            return False

    def _begin(self) -> None:
        logs = configuration(self._settings)
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(
            target=BESIDE_THE_SERVER, args=(self._settings, logs), name="backfile-writer", daemon=True
        )
        with ctrl_c_held_back():
            self._process.start()
        self._started = time.monotonic()

    def _begin_again(self, ended: BaseProcess) -> None:
        if time.monotonic() - self._started > MOST_SECONDS:
            self._pause = AGAIN_SECONDS
        # Who stops a service may tell all its processes at once, and this one has nothing to wait for.
        level = logging.ERROR if ended.exitcode else logging.INFO
        _log.log(level, "the process that writes what is sent has ended (%s); it is started again", ended.exitcode)
        if not self._stopped.wait(self._pause):
            self._pause = min(2 * self._pause, MOST_SECONDS)
            self._begin()
