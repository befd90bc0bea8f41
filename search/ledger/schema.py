"""The tables of a ledger, and how older ones become those of today."""

from __future__ import annotations

import sqlite3
from typing import Final

from search.errors import LedgerError

APPLICATION_ID: Final = 0x42464C47
"""What marks a SQLite file as a ledger (https://www.sqlite.org/fileformat2.html#application_id): "BFLG"."""

MIGRATIONS: Final = (
    # Times are UTC in one form, "2024-07-03T09:30:00.000000+00:00", so that they sort as text.
    """
    CREATE TABLE removed (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        address TEXT,
        guid TEXT NOT NULL DEFAULT '',
        fingerprint INTEGER NOT NULL DEFAULT 0,
        reason TEXT NOT NULL,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        purged_at TEXT,
        undone_at TEXT,
        changed_at TEXT NOT NULL
    );
    CREATE UNIQUE INDEX removed_id ON removed (id) WHERE undone_at IS NULL;
    CREATE INDEX removed_changed ON removed (changed_at);
    CREATE TABLE removals_version (version INTEGER NOT NULL);
    INSERT INTO removals_version VALUES (1);

    CREATE TABLE waiting (
        id TEXT PRIMARY KEY,
        due TEXT,
        document TEXT NOT NULL,
        source TEXT NOT NULL,
        hash TEXT NOT NULL,
        claim TEXT,
        claimed_until TEXT
    );
    CREATE INDEX waiting_due ON waiting (due) WHERE due IS NOT NULL;
    CREATE INDEX waiting_claim ON waiting (claim) WHERE claim IS NOT NULL;

    CREATE TABLE moved (old_id TEXT PRIMARY KEY, new_id TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX moved_new ON moved (new_id);

    CREATE TABLE keys (key TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX keys_id ON keys (id);
    """,
    """
    CREATE TABLE releases (number INTEGER PRIMARY KEY, before TEXT NOT NULL, after TEXT NOT NULL);
    CREATE INDEX releases_after ON releases (after)
    """,
)
"""What brings a ledger from each version to the next; `PRAGMA user_version` is the number of those it has had."""


_STATE: Final = """
    SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
           (SELECT count(*) FROM sqlite_master)
"""
"""In one statement, since another process may be making the tables."""


def require_current(connection: sqlite3.Connection, place: str) -> bool:
    """Whether the file has the tables of today; False if it is new or older. Raises LedgerError for a newer one, and
    for the file of another program."""
    mark, version, tables = connection.execute(_STATE).fetchone()
    if mark != APPLICATION_ID and (mark or version or tables):
        raise LedgerError(f"{place} is a file of another program; name another file in the setting `ledger`")
    if version > len(MIGRATIONS):
        raise LedgerError(
            f"the ledger {place} was written by a newer version of Backfile (ledger {version}, this version reads "
            f"{len(MIGRATIONS)}); install that version"
        )
    return bool(version == len(MIGRATIONS))


def migrate(connection: sqlite3.Connection, place: str) -> None:
    """Gives the file the tables of today, in the open transaction. Raises as `require_current` does."""
    if require_current(connection, place):
        return
    _, version, _ = connection.execute(_STATE).fetchone()
    for script in MIGRATIONS[version:]:
        for statement in script.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
