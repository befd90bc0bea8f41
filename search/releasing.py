"""Publishing what has waited for its moment, whoever notices first that it has come: a server or an import."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from search.engines.protocols import Engine
from search.errors import ArticlesRefused, EngineError, IndexLocked
from search.ledger.ledger import Ledger
from search.ledger.waiting import Claim

LOOK_SECONDS: Final = 1.0
"""How often a server looks whether an article's moment has come."""

_log = logging.getLogger("backfile.archive")


def now_in_utc() -> datetime:
    """The time."""
    return datetime.now(UTC)


def release_due(engine: Engine, ledger: Ledger, now: datetime) -> int:
    """Puts every waiting article whose moment has come into the index, and returns how many that were.

    Each goes to one process, whichever others try at the same time. Raises IndexLocked and EngineError, when what was
    not published goes on waiting; LedgerError.
    """
    released = 0
    while claim := ledger.waiting.claim(now):
        try:
            refused, step = _publish(engine, claim)
        except BaseException:
            ledger.waiting.give_back(claim)
            raise
        changed = ledger.waiting.published(claim)
        if step and not changed:
            ledger.note_step(*step)
        if changed:  # an import or a takedown has decided otherwise in the meantime
            with engine.writer() as writer:
                for name in changed:
                    writer.delete(name)
        released += len(claim.documents) - len(changed | refused)
    return released


def _publish(engine: Engine, claim: Claim) -> tuple[frozenset[str], tuple[str, str] | None]:
    """Adds the articles in one commit; returns the ids of those that the index could not take, and the commit's
    step."""
    writer = engine.writer()
    try:
        with writer:
            for document in claim.documents:
                writer.add(document)
    except ArticlesRefused as error:
        _log.error("%s", error)
        return frozenset(error.reasons), writer.step
    return frozenset(), writer.step


class Releasing:
    """A thread that releases what is due for as long as the process lives."""

    def __init__(self, engine: Engine, ledger: Ledger, *, clock: Callable[[], datetime] = now_in_utc) -> None:
        self._engine = engine
        self._ledger = ledger
        self._clock = clock
        self._said = ""

    def start(self) -> None:
        """Begins to look."""
        threading.Thread(target=self._run, name="backfile-release", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> int:
        """Looks once, and returns how many articles were released. A failure is logged, once for each reason; an index
        that another writer holds is none."""
        try:
            released = release_due(self._engine, self._ledger, self._clock())
        except IndexLocked:
            return 0
        except EngineError as error:
            if str(error) != self._said:
                _log.error("articles whose moment may have come cannot be published: %s", error)
            self._said = str(error)
            return 0
        self._said = ""
        if released:
            _log.info("published %d articles whose moment has come", released)
        return released
