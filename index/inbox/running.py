"""Goes on writing what is sent, as soon as it comes: one process for each archive."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Final

from index.inbox.writing import InboxWriter
from index.lock import only_run
from index.opening import open_for_filling
from search.errors import BackfileError, IndexLocked
from search.ledger.inbox import Sending
from search.settings import Settings

LOOK_SECONDS: Final = 0.1
"""How often it is looked whether something has come. An article is to be found two seconds after it was sent."""
LOCKED_SECONDS: Final = 0.3
"""How soon it is tried again after another writer held the index."""
MOST_SECONDS: Final = 30.0
"""The longest pause after failures that concern the whole archive: each is twice as long as the one before."""
TASK: Final = "inbox"
"""What the name of the lock has behind that of the ledger."""

_ARTICLE: Final = '{"title": "Getting ready", "body": "<p>To read this is all it is for.</p>", "body_format": "html"}'

_log = logging.getLogger("backfile.inbox")

Wait = Callable[[float], bool]
"""Waits so many seconds, or until it is enough; returns whether it is."""


def write_what_comes(settings: Settings, wait: Wait, began: Callable[[], object] = lambda: None) -> None:
    """Writes what is queued and what comes until it is enough. If another process does so already, waits to take its
    place. `began` is called when it is this process's turn."""
    writer = InboxWriter(open_for_filling(settings))
    _warm_up(settings)
    while True:
        with only_run(writer.ledger.place, TASK) as alone:
            if alone:
                began()
                _write(writer, wait)
                return
        if wait(1.0):
            return


def _warm_up(settings: Settings) -> None:
    """Writes an article into an archive that is thrown away: what reading and writing load, which takes a second or
    two, is there when the first one comes."""
    with TemporaryDirectory(prefix="backfile-") as folder:
        scratch = open_for_filling(settings.model_copy(update={"index": f"whoosh:{folder}/archive", "ledger": ""}))
        scratch.ledger.inbox.take([Sending("ready", _ARTICLE, "", "")], datetime.now(UTC), 1)
        InboxWriter(scratch).write_some()


def _write(writer: InboxWriter, wait: Wait) -> None:
    pause, said = LOOK_SECONDS, ""
    while not wait(pause):
        try:
            while writer.write_some():
                pass
            pause, said = LOOK_SECONDS, ""
        except IndexLocked:
            pause = LOCKED_SECONDS
        except (BackfileError, OSError, MemoryError, sqlite3.Error) as error:
            pause = min(max(2 * pause, 1.0), MOST_SECONDS)
            if str(error) != said:
                _log.error("what was sent cannot be written now and waits: %s", error)
            said = str(error)
        if writer.interrupted:
            return


def write_once(settings: Settings, patience: float) -> int | None:
    """Writes all that is queued, and returns how many sendings that were; None if another process does so.

    Waits up to `patience` seconds for another writer of the index. Raises IndexLocked, EngineError, LedgerError.
    """
    writer, ends, written = InboxWriter(open_for_filling(settings)), time.monotonic() + patience, 0
    with only_run(writer.ledger.place, TASK) as alone:
        if not alone:
            return None
        while not writer.interrupted:
            try:
                count = writer.write_some()
            except IndexLocked:
                if time.monotonic() > ends:
                    raise
                time.sleep(LOCKED_SECONDS)
                continue
            written += count
            if not count:
                break
    return written
