"""What is remembered of answers, so that a later run asks only for what has changed (RFC 9110, 13)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from index.fetching.sites import Fetched

MAX_VALUE: Final = 1_000
"""Characters of a validator that are kept; a longer one is not used."""


@dataclass(frozen=True, slots=True)
class Validator:
    """What tells whether the answer from an address is the same; "" for what the server does not state.

    `etag` and `modified` are its headers `ETag` and `Last-Modified`; `listed` is the date that a site map had for it.
    """

    etag: str = ""
    modified: str = ""
    listed: str = ""

    def headers(self) -> dict[str, str]:
        """Those of a request that wants an answer only if it is another one."""
        pairs = {"if-none-match": self.etag, "if-modified-since": self.modified}
        return {name: value for name, value in pairs.items() if value}


class Validators(Protocol):
    """The validators of a run and of those before it, by address."""

    def get(self, url: str) -> Validator | None:
        """That of an address; None if it is not known."""
        ...

    def put(self, url: str, validator: Validator) -> None:
        """Remembers that of an address."""
        ...


class MemoryValidators:
    """Validators that live as long as the process."""

    def __init__(self) -> None:
        self._held: dict[str, Validator] = {}

    def get(self, url: str) -> Validator | None:
        """See `Validators`."""
        return self._held.get(url)

    def put(self, url: str, validator: Validator) -> None:
        """See `Validators`."""
        self._held[url] = validator


class SqliteValidators:
    """Validators in a SQLite file, which is made if it is not there.

    What is put counts at once for this object, and for others after `keep`: a run that keeps its validators before its
    articles are committed would never ask for those articles again. Raises sqlite3.Error.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        with self._connection:
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS validators"
                " (url TEXT PRIMARY KEY, etag TEXT NOT NULL, modified TEXT NOT NULL, listed TEXT NOT NULL)"
                " WITHOUT ROWID"
            )

    def get(self, url: str) -> Validator | None:
        """See `Validators`."""
        wanted = "SELECT etag, modified, listed FROM validators WHERE url = ?"
        with closing(self._connection.execute(wanted, (url,))) as rows:
            row = rows.fetchone()
        return Validator(*row) if row else None

    def put(self, url: str, validator: Validator) -> None:
        """See `Validators`."""
        row = (url, validator.etag, validator.modified, validator.listed)
        self._connection.execute("INSERT OR REPLACE INTO validators VALUES (?, ?, ?, ?)", row)

    def keep(self) -> None:
        """Makes what was put last."""
        self._connection.commit()

    def close(self) -> None:
        """Closes the file. What was put since the last `keep` is forgotten."""
        self._connection.rollback()
        self._connection.close()


def validator_of(fetched: Fetched, listed: str = "") -> Validator:
    """The validator of an answer."""
    return Validator(_usable(fetched.headers, "etag"), _usable(fetched.headers, "last-modified"), listed[:MAX_VALUE])


def _usable(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    return value if len(value) <= MAX_VALUE and value.isascii() and value.isprintable() else ""
