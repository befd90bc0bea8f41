"""Which capture in a web archive is the newest of each page, kept on disk, since an archive may have millions."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Final

from index.sources.warc_records import Head

# An unnamed database is a temporary file of SQLite, which comes into being only when it is larger than a cache.
_TEMPORARY: Final = ""
_SCHEMA: Final = """
    PRAGMA journal_mode = OFF;
    CREATE TABLE newest (address BLOB PRIMARY KEY, moment INTEGER NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE captured (payload BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
    BEGIN
"""
_CAPTURED: Final = "INSERT OR REPLACE INTO captured VALUES (?, ?)"
_SEEN: Final = """
    INSERT INTO newest VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET moment = excluded.moment, number = excluded.number
    WHERE (excluded.moment, excluded.number) > (moment, number)
"""
_DIGITS: Final = 17
"""Of a moment: years to milliseconds, which fit into 64 bits."""


class Captures:
    """The newest capture of each page, by the number of its record; close it when done."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(_TEMPORARY, isolation_level=None)
        self._database.executescript(_SCHEMA)

    def add(self, head: Head) -> None:
        """Takes a capture, or a revisit: it says that a page was found as it had been captured before."""
        same = _key(head.address, head.record.get("warc-payload-digest", ""))
        number: int | None = head.number
        if head.kind == "revisit":
            row = self._database.execute("SELECT number FROM captured WHERE payload = ?", (same,)).fetchone()
            number = row[0] if row else None
        else:
            self._database.execute(_CAPTURED, (same, head.number))
        if number is not None:
            self._database.execute(_SEEN, (_key(head.address), _moment(head.date), number))

    def choose(self) -> None:
        """To be called when all have been added, and before it is asked which are the newest."""
        self._database.execute("CREATE UNIQUE INDEX by_number ON newest (number)")

    def seen(self, number: int) -> int | None:
        """When the page in a record was last seen so, as digits to the millisecond; None if another is newer."""
        row = self._database.execute("SELECT moment FROM newest WHERE number = ?", (number,)).fetchone()
        return row[0] if row else None

    def __contains__(self, number: object) -> bool:
        """Whether the record has the newest capture of its page."""
        return isinstance(number, int) and self.seen(number) is not None

    def close(self) -> None:
        """Frees what it takes on disk."""
        self._database.close()


def _moment(digits: str) -> int:
    """A moment as a number that grows with it: WARC states fractions of a second, ARC does not."""
    return int(digits.ljust(_DIGITS, "0")[:_DIGITS]) if digits else 0


def _key(*parts: str) -> bytes:
    """What stands for an address, which then takes the same space for each."""
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=12).digest()
