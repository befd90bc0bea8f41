"""How a ledger is, without a change to it: opening one in the usual way would bring it to the version of today."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from search.errors import LedgerError
from search.ledger import IN_MEMORY
from search.ledger.schema import MIGRATIONS, require_current

_WAIT_SECONDS: Final = 5.0
_NEWEST: Final = (
    "SELECT max(at) FROM (SELECT max(at) AS at FROM arrivals UNION ALL SELECT max(changed_at) FROM removed)"
)


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The version of its tables, and the newest moment that it has: when an article came or was taken down."""

    version: int
    newest: datetime | None

    @property
    def is_current(self) -> bool:
        """Whether it has the tables of today."""
        return self.version == len(MIGRATIONS)


def ledger_state(place: str) -> LedgerState | None:
    """The state of the ledger; None if there is none yet. Raises LedgerError."""
    path = Path(place)
    if place.startswith(IN_MEMORY) or not path.exists():
        return None
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS)) as connection:
            is_current = require_current(connection, place)
            [(version,)] = connection.execute("PRAGMA user_version").fetchall()
            newest = connection.execute(_NEWEST).fetchone()[0] if is_current else None
    except sqlite3.Error as error:
        raise LedgerError(f"the ledger {place} cannot be read ({error})") from error
    return LedgerState(version, datetime.fromisoformat(newest) if newest else None)
