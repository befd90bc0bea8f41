"""Alerts: who is told of which articles, and up to where they have been matched.

What is to be sent is written down in the transaction that notes that the articles were matched. So whatever a run is
cut off by, the next one goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from search.ledger.database import Database, Row
from search.ledger.deliveries import Deliveries, Delivery
from search.ledger.facts import fact, set_first_fact
from search.ledger.moments import written

_MATCHED: Final = "alerts"
_ALERT: Final = "id, search, target, key, made_at, after"


@dataclass(frozen=True, slots=True)
class Alert:
    """A saved search (the query string of `search.alerts.saved`) and its target, "mailto:…" or an address of the web.

    `key` names the key that its secret is made with. Articles count whose arrival has a number above `after`."""

    id: str
    search: str
    target: str
    key: str
    made_at: datetime
    after: int


class Alerts:
    """The alerts of an archive, and their `messages`. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.messages = Deliveries(database, "alert")

    def add(self, alert: Alert) -> None:
        """Begins to alert. The first alert of all begins with what comes from now on."""
        with self._database.writing() as connection:
            set_first_fact(connection, _MATCHED, str(alert.after))
            connection.execute(
                f"INSERT INTO alerts ({_ALERT}) VALUES (?, ?, ?, ?, ?, ?)",
                [alert.id, alert.search, alert.target, alert.key, written(alert.made_at), alert.after],
            )

    def remove(self, id: str) -> bool:
        """Ends an alert, and forgets what was still to be sent for it; False if there is none."""
        with self._database.writing() as connection:
            self.messages.forget_owner(connection, id)
            return connection.execute("DELETE FROM alerts WHERE id = ?", [id]).rowcount > 0

    def all(self) -> list[Alert]:
        """Every alert, the oldest first."""
        return [_alert(row) for row in self._database.rows(f"SELECT {_ALERT} FROM alerts ORDER BY number")]

    def matched(self) -> int:
        """The number of the last arrival that all alerts were compared with."""
        return int(fact(self._database, _MATCHED) or 0)

    def queue(self, deliveries: Iterable[Delivery], matched: int) -> int:
        """Notes what is to be sent, and that all arrivals up to that number were matched, both or neither. What
        another process has matched meanwhile is left out. Returns how many were queued."""
        with self._database.writing() as connection:
            moved = connection.execute(
                "UPDATE facts SET value = ? WHERE name = ? AND CAST(value AS INTEGER) < ?",
                [str(matched), _MATCHED, matched],
            )
            if not moved.rowcount:
                return 0
            known = {name for (name,) in connection.execute("SELECT id FROM alerts")}
            return self.messages.add(connection, (each for each in deliveries if each.owner in known))


def _alert(row: Row) -> Alert:
    name, search, target, key, made_at, after = row
    return Alert(name, search, target, key, datetime.fromisoformat(made_at), after)
