"""What was taken down: tombstones, which say of an article only its names, why it is gone and since when."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from search.errors import Removed
from search.ledger import inbox
from search.ledger.database import Database, Row
from search.ledger.moments import read_moment, written

Kind = Literal["takedown", "killed"]
"""An editor took it down, or its source said that it must not be shown any more."""

_COLUMNS: Final = "id, address, guid, fingerprint, reason, at, kind, purged_at, undone_at, changed_at"
_ACTIVE: Final = "undone_at IS NULL"
_BY_EDITOR: Final = "kind = 'killed' AND excluded.kind = 'takedown'"
_SIGN: Final = 1 << 63
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is kept of an article that is taken down: its id, its address or None, its guid and its fingerprint.

    `guid` is "" and `fingerprint` 0 where they are not known, or where near-copies may come in.
    """

    id: str
    address: str | None = None
    guid: str = ""
    fingerprint: int = 0


@dataclass(frozen=True, slots=True)
class Removal:
    """A tombstone in the ledger. Times are aware and in UTC. `purged_at`: since when no file of the index has anything
    of the article, None until that is done; `undone_at`: since when it may come back, None if it may not.
    `changed_at` is when it was written or undone, later than that of each change before it, whatever the clock says."""

    tombstone: Tombstone
    reason: str
    at: datetime
    kind: Kind
    purged_at: datetime | None
    undone_at: datetime | None
    changed_at: datetime

    @property
    def id(self) -> str:
        """The id of the article."""
        return self.tombstone.id

    def error(self) -> Removed:
        """What somebody is told who asks for the article."""
        return Removed(self.id, self.reason, self.at)


class Removals:
    """The tombstones of a ledger. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, tombstones: Iterable[Tombstone], reason: str, at: datetime, kind: Kind = "takedown") -> list[Removal]:
        """Takes the articles down, in one transaction: from then on every import refuses them, and what waits of them,
        or was sent and is not written yet, is deleted. One that is down already stays so, with its first reason and
        time; what its source killed becomes a takedown if an editor takes it down, with that reason. What tells nothing
        new changes nothing, not even the version."""
        added = []
        with self._database.writing() as connection:
            for stone in tombstones:
                values = (stone.id, stone.address, stone.guid, _signed(stone.fingerprint), reason, written(at), kind)
                written_now = connection.execute(
                    "INSERT INTO removed (id, address, guid, fingerprint, reason, at, kind, changed_at) "
                    f"VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) WHERE {_ACTIVE} DO UPDATE SET "
                    "address = coalesce(address, excluded.address), "
                    "guid = CASE guid WHEN '' THEN excluded.guid ELSE guid END, "
                    "fingerprint = CASE fingerprint WHEN 0 THEN excluded.fingerprint ELSE fingerprint END, "
                    f"reason = CASE WHEN {_BY_EDITOR} THEN excluded.reason ELSE reason END, "
                    f"changed_at = CASE WHEN {_BY_EDITOR} THEN excluded.changed_at ELSE changed_at END, "
                    f"kind = CASE WHEN {_BY_EDITOR} THEN excluded.kind ELSE kind END WHERE {_BY_EDITOR} "
                    "OR (address IS NULL AND excluded.address IS NOT NULL) OR (guid = '' AND excluded.guid <> '') "
                    "OR (fingerprint = 0 AND excluded.fingerprint <> 0)",
                    (*values, _next_change(connection, at)),
                )
                if written_now.rowcount:
                    _bump(connection)
                connection.execute("DELETE FROM waiting WHERE id = ?", [stone.id])
                query = f"SELECT {_COLUMNS} FROM removed WHERE id = ? AND {_ACTIVE}"
                removal = _removal(connection.execute(query, [stone.id]).fetchone())
                connection.execute(inbox.REMOVES, {"id": stone.id, "why": str(removal.error())})
                added.append(removal)
        return added

    def forget_sent(self) -> None:
        """Forgets the text of what was sent and is not written yet, or was set aside, of articles that are down."""
        removals = self.in_force()
        with self._database.writing() as connection:
            connection.executemany(inbox.REMOVES, [{"id": each.id, "why": str(each.error())} for each in removals])

    def mark_purged(self, ids: Iterable[str], at: datetime) -> None:
        """Notes that no file of the index has anything of these articles any more."""
        with self._database.writing() as connection:
            connection.executemany(
                f"UPDATE removed SET purged_at = ? WHERE id = ? AND purged_at IS NULL AND {_ACTIVE}",
                [(written(at), name) for name in ids],
            )
            _bump(connection)

    def undo(self, id: str, at: datetime) -> Removal | None:
        """Lets the article in again with the next import; None if it is not down."""
        if self.of(id) is None:
            return None
        with self._database.writing() as connection:
            connection.execute(
                f"UPDATE removed SET undone_at = ?, changed_at = ? WHERE id = ? AND {_ACTIVE}",
                [written(at), _next_change(connection, at), id],
            )
            _bump(connection)
        [latest] = self._find("id = ? ORDER BY changed_at DESC LIMIT 1", id)
        return latest

    def of(self, id: str) -> Removal | None:
        """The removal that is in force for an article; None if it is not taken down."""
        return next(iter(self._find(f"id = ? AND {_ACTIVE}", id)), None)

    def among(self, ids: Sequence[str]) -> frozenset[str]:
        """Those of these articles that are taken down."""
        return frozenset(
            each.id
            for each in self._find(f"id IN (SELECT value FROM json_each(?)) AND {_ACTIVE}", json.dumps(list(ids)))
        )

    def require_not(self, id: str) -> None:
        """Raises Removed if the article is taken down."""
        if found := self.of(id):
            raise found.error()

    def require_none_at(self, addresses: Iterable[str]) -> None:
        """Raises Removed if an article with one of these addresses is taken down."""
        query = f"address IN (SELECT value FROM json_each(?)) AND {_ACTIVE} LIMIT 1"
        for found in self._find(query, json.dumps(list(addresses))):
            raise found.error()

    def in_force(self) -> list[Removal]:
        """Every removal that is not undone, the oldest first."""
        return self._find(f"{_ACTIVE} ORDER BY number")

    def undone(self) -> int:
        """How many removals were undone so far."""
        rows = self._database.rows("SELECT count(*) FROM removed WHERE undone_at IS NOT NULL")
        return int(rows[0][0]) if rows else 0

    def unpurged(self) -> list[Removal]:
        """Those in force of which files of the index may still have something."""
        return self._find(f"{_ACTIVE} AND purged_at IS NULL ORDER BY number")

    def any_purged_since(self, moment: datetime) -> bool:
        """Whether a state of the index from that moment may have something that was taken down."""
        return bool(self._find(f"{_ACTIVE} AND (purged_at IS NULL OR purged_at > ?) LIMIT 1", written(moment)))

    def changed(self, since: datetime | None, after: datetime | None, limit: int) -> list[Removal]:
        """At most `limit` removals, undone ones too, in the order of `changed_at`: from `since` on, and later than
        `after`."""
        condition = "changed_at >= ? AND changed_at > ? ORDER BY changed_at LIMIT ?"
        return self._find(condition, written(since) if since else "", written(after) if after else "", limit)

    def version(self) -> int:
        """What is different after each change, and after `announce`; 0 in a ledger that is not there."""
        rows = self._database.rows("SELECT version FROM removals_version")
        return int(rows[0][0]) if rows else 0

    def announce(self) -> None:
        """Has every server look at once for the newest state of the index, by a new version."""
        with self._database.writing() as connection:
            _bump(connection)

    def _find(self, condition: str, *values: object) -> list[Removal]:
        query = f"SELECT {_COLUMNS} FROM removed WHERE {condition}"
        return [_removal(row) for row in self._database.rows(query, values)]


def _next_change(connection: sqlite3.Connection, at: datetime) -> str:
    """The time of a change that is written now, later than all before: who has read up to one misses none."""
    latest = read_moment(connection.execute("SELECT max(changed_at) FROM removed").fetchone()[0])
    return written(at if latest is None else max(at, latest + _MICROSECOND))


def _bump(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE removals_version SET version = version + 1")


def _removal(row: Row) -> Removal:
    name, address, guid, fingerprint, reason, at, kind, purged_at, undone_at, changed_at = row
    stone = Tombstone(name, address, guid, fingerprint % (2 * _SIGN))
    times = [read_moment(text) for text in (purged_at, undone_at)]
    return Removal(stone, reason, _time(at), kind, times[0], times[1], _time(changed_at))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _signed(number: int) -> int:
    """64 bits as SQLite has them."""
    return number - 2 * _SIGN if number >= _SIGN else number
