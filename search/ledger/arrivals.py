"""When each article came into the archive: what is new since a moment, and new only once.

An index says what it holds, and not since when. So whoever looks after a commit compares the ids that the index has
with those that are known here; what is edited, deleted and added again, or moved, is known already.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from search.batching import in_batches
from search.ledger.database import Database
from search.ledger.facts import fact, set_fact, set_first_fact
from search.ledger.moments import written

_BATCH: Final = 10_000
"""Ids in one statement."""
_ARCHIVE: Final = "archive"
_GENERATION: Final = "arrivals"

_ADD: Final = (
    "INSERT OR IGNORE INTO arrivals (id, at) SELECT value, "
    "CASE WHEN EXISTS (SELECT 1 FROM moved JOIN arrivals AS known ON known.id = moved.old_id "
    "WHERE moved.new_id = value) THEN '' ELSE ? END FROM json_each(?)"
)
"""An article that has moved to another id is no new one."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An article that came after the archive began to note arrivals; a later one has a higher number."""

    number: int
    id: str


class Arrivals:
    """The arrivals of an archive. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def archive_id(self) -> str:
        """What tells this archive from all others; "" as long as nobody has asked for `made_archive_id`."""
        return fact(self._database, _ARCHIVE) or ""

    def made_archive_id(self) -> str:
        """The same, made now if there is none."""
        if not (known := self.archive_id()):
            with self._database.writing() as connection:
                set_first_fact(connection, _ARCHIVE, secrets.token_hex(16))
            known = self.archive_id()
        return known

    def generation(self) -> str | None:
        """The generation of the index that was compared last; None before the first, or if none has been noted."""
        return fact(self._database, _GENERATION) or None

    def note(self, ids: Iterable[str], generation: str, now: datetime) -> int:
        """Notes the articles of an index that are not known yet as having come `now`; returns how many came.

        Those of the first index that is compared were there before, and count as no arrivals."""
        at = written(now) if self.generation() else ""
        came = 0
        for batch in in_batches(ids, _BATCH):
            if unknown := self._unknown(batch):
                with self._database.writing() as connection:
                    came += connection.execute(_ADD, [at, json.dumps(unknown)]).rowcount
        with self._database.writing() as connection:
            set_fact(connection, _GENERATION, generation)
        return came if at else 0

    def last(self) -> int:
        """The number of the last article that is known; 0 if none is."""
        [(number,)] = self._database.rows("SELECT max(number) FROM arrivals") or [(0,)]
        return int(number or 0)

    def between(self, number: int, last: int, limit: int) -> list[Arrival]:
        """The next articles that came after the one of that number, up to the last, in the order in which they came."""
        query = "SELECT number, id FROM arrivals WHERE number > ? AND number <= ? AND at <> '' ORDER BY number LIMIT ?"
        return [Arrival(*row) for row in self._database.rows(query, [number, last, limit])]

    def first_after(self, number: int) -> datetime | None:
        """When the first article came that came after the one of that number; None if none did."""
        query = "SELECT at FROM arrivals WHERE number > ? AND at <> '' ORDER BY number LIMIT 1"
        rows = self._database.rows(query, [number])
        return datetime.fromisoformat(rows[0][0]) if rows else None

    def since(self, moment: datetime, limit: int) -> list[str]:
        """The ids of the articles that came at that moment or later, the last first, at most so many."""
        query = "SELECT id FROM arrivals WHERE at >= ? ORDER BY number DESC LIMIT ?"
        return [name for (name,) in self._database.rows(query, [written(moment), limit])]

    def _unknown(self, ids: list[str]) -> list[str]:
        query = "SELECT id FROM arrivals WHERE id IN (SELECT value FROM json_each(?))"
        known = {name for (name,) in self._database.rows(query, [json.dumps(ids)])}
        return [name for name in ids if name not in known]
