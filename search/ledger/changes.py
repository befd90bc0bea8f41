"""How each article has changed since somebody wants to be told: one row for each article, with the number of its last
change.

An index says what it holds, and not what it held. So whoever looks after a commit compares the hashes that the index
has with those that are known here. Changes are numbered in the order in which they were noticed; an article that
changes again moves to the end, so that there are never more rows than articles.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from search.ledger.database import Database
from search.ledger.facts import fact, set_fact, set_first_fact

_COMPARED: Final = "changes_compared"
_LAST: Final = "changes_last"
_LOOKED: Final = "changes_looked"
LOOKED_WITHIN: Final = timedelta(hours=1)
"""How exactly it is kept when somebody looked."""

_NOTE: Final = (
    "INSERT INTO changes (id, hash, number, appeared) SELECT :id, :hash, :number, :number "
    "WHERE NOT EXISTS (SELECT 1 FROM removed WHERE id = :id AND undone_at IS NULL) "
    "ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, number = excluded.number, "
    "appeared = CASE WHEN hash IS NULL THEN excluded.appeared ELSE appeared END"
)


class Changes:
    """The changes of an archive. One process at a time may write them. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def compared(self) -> str | None:
        """The state of the archive that was compared last; None before the first."""
        return fact(self._database, _COMPARED)

    def looked_at(self) -> datetime | None:
        """When somebody looked for changes last, within an hour; None if nobody did."""
        found = fact(self._database, _LOOKED)
        return datetime.fromisoformat(found) if found else None

    def looked(self, now: datetime) -> None:
        """Notes that somebody looks for changes; writes once an hour."""
        before = self.looked_at()
        if before is None or not before <= now < before + LOOKED_WITHIN:
            with self._database.writing() as connection:
                set_fact(connection, _LOOKED, now.isoformat())

    def last(self) -> int:
        """The number of the last change; 0 if there was none."""
        return int(fact(self._database, _LAST) or 0)

    def note(self, hashes: Mapping[str, str]) -> None:
        """Notes which of these articles are new or have another hash; those of the first comparison were there before,
        and count as no change. What was taken down is not noted."""
        query = "SELECT id, hash FROM changes WHERE id IN (SELECT value FROM json_each(?))"
        known: dict[str, str | None] = dict(self._database.rows(query, [json.dumps(list(hashes))]))
        changed = {name: content for name, content in hashes.items() if known.get(name) != content}
        if changed:
            is_first = self.compared() is None
            with self._database.writing() as connection:
                numbers = [0] * len(changed) if is_first else _next_numbers(connection, len(changed))
                connection.executemany(
                    _NOTE,
                    (
                        {"id": name, "hash": content, "number": number}
                        for number, (name, content) in zip(numbers, changed.items(), strict=True)
                    ),
                )

    def gone(self, ids: Iterable[str]) -> None:
        """Notes that these articles are shown no more."""
        if names := list(ids):
            with self._database.writing() as connection:
                connection.executemany(
                    "UPDATE changes SET hash = NULL, number = ? WHERE id = ? AND hash IS NOT NULL",
                    zip(_next_numbers(connection, len(names)), names, strict=True),
                )

    def taken_down(self) -> list[str]:
        """The articles that were taken down and are not yet noted as gone."""
        query = (
            "SELECT changes.id FROM removed JOIN changes USING (id) "
            "WHERE removed.undone_at IS NULL AND changes.hash IS NOT NULL"
        )
        return [name for (name,) in self._database.rows(query)]

    def finish(self, state: str, before: str | None) -> None:
        """Notes that all articles were compared in that state of the archive, and `before` in another one. Does nothing
        if all was forgotten meanwhile."""
        with self._database.writing() as connection:
            if before is None:
                set_first_fact(connection, _COMPARED, state)
            else:
                connection.execute("UPDATE facts SET value = ? WHERE name = ?", [state, _COMPARED])

    def shown(self) -> int:
        """How many articles are known and not gone."""
        [(count,)] = self._database.rows("SELECT count(hash) FROM changes") or [(0,)]
        return int(count)

    def shown_after(self, id: str, limit: int) -> list[str]:
        """The next articles behind that id that are known and not gone, by id."""
        query = "SELECT id FROM changes WHERE id > ? AND hash IS NOT NULL ORDER BY id LIMIT ?"
        return [name for (name,) in self._database.rows(query, [id, limit])]

    def forget_gone(self, last: int) -> None:
        """Forgets the articles that are gone, up to the change of that number: everybody was told of them."""
        old = "hash IS NULL AND number > 0 AND number <= ?"
        if self._database.rows(f"SELECT 1 FROM changes WHERE {old} LIMIT 1", [last]):
            with self._database.writing() as connection:
                connection.execute(f"DELETE FROM changes WHERE {old}", [last])


def forget_all(connection: sqlite3.Connection) -> None:
    """Forgets what is known of articles, in the open transaction: nobody wants to be told any more. The numbers go
    on."""
    connection.execute("DELETE FROM changes")
    connection.execute("DELETE FROM facts WHERE name = ?", [_COMPARED])


def _next_numbers(connection: sqlite3.Connection, count: int) -> range:
    """The next numbers, which nobody else gets."""
    [(last,)] = connection.execute("SELECT CAST(max(value) AS INTEGER) FROM facts WHERE name = ?", [_LAST])
    first = int(last or 0) + 1
    set_fact(connection, _LAST, str(first + count - 1))
    return range(first, first + count)
