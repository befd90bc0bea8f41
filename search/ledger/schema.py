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
    """
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE arrivals (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL);
    CREATE INDEX arrivals_at ON arrivals (at);
    CREATE TABLE alerts (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        search TEXT NOT NULL,
        target TEXT NOT NULL,
        key TEXT NOT NULL,
        made_at TEXT NOT NULL,
        after INTEGER NOT NULL
    );
    CREATE TABLE deliveries (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        alert TEXT NOT NULL,
        articles TEXT NOT NULL,
        made_at TEXT NOT NULL,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        due TEXT NOT NULL,
        problem TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX deliveries_alert ON deliveries (alert);
    CREATE INDEX deliveries_due ON deliveries (due) WHERE state = 'waiting'
    """,
    """
    CREATE TABLE related_choices (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        subject TEXT NOT NULL,
        piece TEXT NOT NULL,
        kind TEXT NOT NULL,
        at TEXT NOT NULL,
        UNIQUE (subject, piece)
    );
    CREATE INDEX related_piece ON related_choices (piece);
    CREATE TABLE related_version (version INTEGER NOT NULL);
    INSERT INTO related_version VALUES (1)
    """,
    # Without row ids, and so in the order of their texts: nothing says which queries were asked one after the other.
    """
    CREATE TABLE asked_unsettled (
        day TEXT NOT NULL, query TEXT NOT NULL, times INTEGER NOT NULL, no_hits INTEGER NOT NULL,
        PRIMARY KEY (day, query)
    ) WITHOUT ROWID;
    CREATE TABLE asked (
        day TEXT NOT NULL, query TEXT NOT NULL, times INTEGER NOT NULL, no_hits INTEGER NOT NULL,
        PRIMARY KEY (day, query)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE judgements (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        query TEXT NOT NULL,
        article TEXT NOT NULL,
        grade INTEGER NOT NULL,
        at TEXT NOT NULL,
        UNIQUE (query, article)
    );
    CREATE INDEX judgements_article ON judgements (article)
    """,
    """
    CREATE TABLE syncs (
        source TEXT PRIMARY KEY, at TEXT NOT NULL, succeeded_at TEXT,
        ok INTEGER NOT NULL, incomplete INTEGER NOT NULL, failed_runs INTEGER NOT NULL,
        added INTEGER NOT NULL, changed INTEGER NOT NULL, deleted INTEGER NOT NULL, failed INTEGER NOT NULL,
        problem TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE write_keys (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        scope TEXT NOT NULL,
        hash TEXT NOT NULL,
        made_on TEXT NOT NULL,
        used_on TEXT,
        revoked_on TEXT
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX write_keys_name ON write_keys (name) WHERE revoked_on IS NULL;
    CREATE TABLE inbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        article TEXT NOT NULL,
        action TEXT NOT NULL,
        body TEXT,
        size INTEGER NOT NULL,
        digest TEXT NOT NULL,
        key TEXT NOT NULL,
        at TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'queued',
        tries INTEGER NOT NULL DEFAULT 0,
        outcome TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX inbox_article ON inbox (article, state, number);
    CREATE INDEX inbox_state ON inbox (state, number);
    CREATE TABLE sent (
        article TEXT PRIMARY KEY,
        known_as TEXT NOT NULL,
        number INTEGER NOT NULL,
        digest TEXT NOT NULL,
        hash TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX sent_known ON sent (known_as);
    ALTER TABLE deliveries RENAME COLUMN alert TO owner;
    ALTER TABLE deliveries RENAME COLUMN articles TO contents;
    ALTER TABLE deliveries ADD COLUMN kind TEXT NOT NULL DEFAULT 'alert';
    CREATE TABLE webhooks (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        target TEXT NOT NULL,
        events TEXT NOT NULL,
        key TEXT NOT NULL,
        made_at TEXT NOT NULL,
        after INTEGER NOT NULL,
        ended TEXT NOT NULL DEFAULT ''
    );
    CREATE TABLE changes (
        id TEXT PRIMARY KEY,
        hash TEXT,
        number INTEGER NOT NULL,
        appeared INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX changes_number ON changes (number) WHERE number > 0
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
