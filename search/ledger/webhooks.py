"""Webhooks: which programs are told of changes, of which, and up to where they have been told.

A message is written down in the transaction that moves the mark of its webhook. So whatever a run is cut off by, no
change is passed over, and none is put into two messages.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from search.ledger.changes import forget_all
from search.ledger.database import Database, Row
from search.ledger.deliveries import Deliveries, Delivery, new_delivery
from search.ledger.moments import written

Event = Literal["article.new", "article.changed", "article.removed"]
"""An article came, is another than before, or is shown no more."""
EVENTS: Final[tuple[Event, ...]] = get_args(Event)
MOST_IN_ONE: Final = 100
"""Changes in one message; more go into several."""

_WEBHOOK: Final = "id, target, events, key, made_at, after, ended"
_CHANGES: Final = (
    "SELECT number, event, id FROM (SELECT number, id, CASE WHEN hash IS NULL THEN 'article.removed' "
    "WHEN appeared > :after THEN 'article.new' ELSE 'article.changed' END AS event "
    "FROM changes WHERE number > 0 AND number > :after AND number <= :last) "
    "WHERE event IN (SELECT value FROM json_each(:events)) ORDER BY number LIMIT :limit"
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address of the web that is told of `events`. `key` names the key that its secret is made with.

    `after` is the number of the last change that was put into a message. `ended` says why nothing is sent any more."""

    id: str
    target: str
    events: tuple[Event, ...]
    key: str
    made_at: datetime
    after: int
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an article."""

    event: Event
    id: str


class Webhooks:
    """The webhooks of an archive, and their `messages`. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.messages = Deliveries(database, "webhook")

    def add(self, hook: Webhook) -> None:
        """Begins to tell of the changes behind `after`."""
        with self._database.writing() as connection:
            connection.execute(
                f"INSERT INTO webhooks ({_WEBHOOK}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [hook.id, hook.target, ",".join(hook.events), hook.key, written(hook.made_at), hook.after, hook.ended],
            )

    def remove(self, id: str) -> bool:
        """Ends a webhook, and forgets what was still to be sent to it; False if there is none. With the last one it is
        forgotten what is known of articles."""
        with self._database.writing() as connection:
            self.messages.forget_owner(connection, id)
            removed = connection.execute("DELETE FROM webhooks WHERE id = ?", [id]).rowcount > 0
            if removed and not connection.execute("SELECT 1 FROM webhooks LIMIT 1").fetchone():
                forget_all(connection)
            return removed

    def all(self) -> list[Webhook]:
        """Every webhook, the oldest first."""
        return [_webhook(row) for row in self._database.rows(f"SELECT {_WEBHOOK} FROM webhooks ORDER BY number")]

    def any(self) -> bool:
        """Whether there are webhooks."""
        return bool(self._database.rows("SELECT 1 FROM webhooks LIMIT 1"))

    def queue(self, last: int, now: datetime) -> int:
        """Writes the next message of each webhook that has none under way, about changes up to the one of that number.
        Returns how many messages that were."""
        if not self._behind(last):
            return 0
        with self._database.writing() as connection:
            return sum(self._queue_one(connection, _webhook(row), last, now) for row in connection.execute(
                f"SELECT {_WEBHOOK} FROM webhooks WHERE {_IDLE} ORDER BY number", [last]
            ).fetchall())  # fmt: skip

    def _behind(self, last: int) -> bool:
        return bool(self._database.rows(f"SELECT 1 FROM webhooks WHERE {_IDLE} LIMIT 1", [last]))

    def _queue_one(self, connection: sqlite3.Connection, hook: Webhook, last: int, now: datetime) -> int:
        values = {"after": hook.after, "last": last, "events": json.dumps(hook.events), "limit": MOST_IN_ONE}
        rows = connection.execute(_CHANGES, values).fetchall()
        upto = rows[-1][0] if len(rows) == MOST_IN_ONE else last
        connection.execute("UPDATE webhooks SET after = ? WHERE id = ?", [upto, hook.id])
        if not rows:
            return 0
        contents = (f"{event} {name}" for _, event, name in rows)
        return self.messages.add(connection, [new_delivery(hook.id, contents, now)])

    def end(self, id: str, reason: str) -> None:
        """Sends nothing to a webhook any more."""
        with self._database.writing() as connection:
            connection.execute("UPDATE webhooks SET ended = ? WHERE id = ?", [reason[:500], id])

    def retry(self, ids: Sequence[str], now: datetime) -> int:
        """Has messages that were given up be tried again, and has their webhooks go on; returns how many these are."""
        query = "UPDATE webhooks SET ended = '' WHERE id IN (SELECT owner FROM deliveries WHERE id IN "
        with self._database.writing() as connection:
            connection.execute(f"{query} (SELECT value FROM json_each(?)))", [json.dumps(list(ids))])
        return self.messages.retry(ids, now)


_IDLE: Final = (
    "ended = '' AND after < ? AND NOT EXISTS (SELECT 1 FROM deliveries "
    "WHERE owner = webhooks.id AND kind = 'webhook' AND state IN ('waiting', 'sending'))"
)
"""The webhooks that have no message under way: the messages of each are sent in order."""


def changes_of(delivery: Delivery) -> list[Change]:
    """The changes that a message tells of."""
    return [_change(*text.split(" ", 1)) for text in delivery.contents]


def _change(event: str, id: str) -> Change:
    return Change(next(known for known in EVENTS if known == event), id)


def _webhook(row: Row) -> Webhook:
    name, target, events, key, made_at, after, ended = row
    wanted = tuple(event for event in EVENTS if event in events.split(","))
    return Webhook(name, target, wanted, key, datetime.fromisoformat(made_at), after, ended)
