"""Facts of an archive of which there is one each, by name: how far something has come, or what was made once."""

from __future__ import annotations

import sqlite3

from search.ledger.database import Database


def fact(database: Database, name: str) -> str | None:
    """The value of a fact; None if it is not known. Raises LedgerError."""
    rows = database.rows("SELECT value FROM facts WHERE name = ?", [name])
    return str(rows[0][0]) if rows else None


def set_fact(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Notes a fact, in the open transaction, in place of what was known."""
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [name, value])


def set_first_fact(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Notes a fact, in the open transaction, unless it is known already."""
    connection.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", [name, value])
