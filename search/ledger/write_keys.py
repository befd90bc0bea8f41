"""The keys of programs that may write to the archive, or copy its files. The secrets themselves are kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from search.ledger.database import Database, Row

Scope = Literal["write", "admin", "replicate"]
"""What a key allows: to put and delete articles; besides, to kill them and to see all that was sent; or to read the
files of the index, and nothing else."""

_COLUMNS: Final = "id, name, scope, hash, made_on, used_on, revoked_on"
_IN_FORCE: Final = "name = ? AND revoked_on IS NULL"


@dataclass(frozen=True, slots=True)
class WriteKey:
    """A key: its public `id`, which is part of it, the `name` that people know it by, and the SHA-256 of the whole key
    in hexadecimal. Days are those in UTC; None for a key that was never used, or is not revoked."""

    id: str
    name: str
    scope: Scope
    hash: str
    made_on: date
    used_on: date | None = None
    revoked_on: date | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether the key allows what a key of that scope does."""
        return scope == self.scope or (scope, self.scope) == ("write", "admin")


class WriteKeys:
    """The keys in a ledger. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: WriteKey) -> bool:
        """Keeps a new key; False if one that is in force has its name."""
        with self._database.writing() as connection:
            if connection.execute(f"SELECT 1 FROM write_keys WHERE {_IN_FORCE}", [key.name]).fetchone():
                return False
            connection.execute(
                f"INSERT INTO write_keys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, NULL, NULL)",
                [key.id, key.name, key.scope, key.hash, key.made_on.isoformat()],
            )
        return True

    def of(self, id: str) -> WriteKey | None:
        """The key with that id, in force or not; None if there is none."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM write_keys WHERE id = ?", [id])
        return _key(rows[0]) if rows else None

    def listed(self) -> list[WriteKey]:
        """All keys, by the days on which they were made."""
        return [_key(row) for row in self._database.rows(f"SELECT {_COLUMNS} FROM write_keys ORDER BY made_on, name")]

    def any_in_force(self) -> bool:
        """Whether anybody may write."""
        return bool(self._database.rows("SELECT 1 FROM write_keys WHERE revoked_on IS NULL LIMIT 1"))

    def note_use(self, id: str, day: date) -> None:
        """Notes that a key was used on a day."""
        with self._database.writing() as connection:
            connection.execute("UPDATE write_keys SET used_on = ? WHERE id = ?", [day.isoformat(), id])

    def revoke(self, name: str, day: date) -> bool:
        """Ends the key with that name or id; False if none is in force."""
        with self._database.writing() as connection:
            ended = connection.execute(
                "UPDATE write_keys SET revoked_on = ? WHERE (name = ? OR id = ?) AND revoked_on IS NULL",
                [day.isoformat(), name, name],
            )
            return bool(ended.rowcount)


def _key(row: Row) -> WriteKey:
    name, called, scope, digest, made_on, used_on, revoked_on = row
    used, revoked = (date.fromisoformat(text) if text else None for text in (used_on, revoked_on))
    return WriteKey(name, called, scope, digest, date.fromisoformat(made_on), used, revoked)
