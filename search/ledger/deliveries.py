"""Messages to other programs and to people: what is still to be sent, and what became of it.

What became of each is written down after each try. So whatever a run is cut off by, the next one goes on where it was,
under the same message ids.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from search.ledger.database import Database, Row
from search.ledger.moments import written

State = Literal["waiting", "sending", "sent", "dead", "dropped"]
"""Not tried yet or to be tried again; being tried, or cut off while it was; delivered; given up; nothing left to
tell."""
Kind = Literal["alert", "webhook"]
"""Whose messages they are."""

_COLUMNS: Final = "id, owner, contents, made_at, state, tries, due, problem"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message of an alert or a webhook, its `owner`. `contents` are what it tells of: the ids of articles, or
    changes of them. `tries` counts those that were begun; `due` is that of the next."""

    id: str
    owner: str
    contents: tuple[str, ...]
    made_at: datetime
    state: State
    tries: int
    due: datetime
    problem: str


def new_delivery(owner: str, contents: Iterable[str], now: datetime) -> Delivery:
    """A message with an id of its own, which is to be sent at once."""
    return Delivery(f"msg_{secrets.token_hex(12)}", owner, tuple(contents), now, "waiting", 0, now, "")


class Deliveries:
    """The messages of one kind. Every method may raise LedgerError."""

    def __init__(self, database: Database, kind: Kind) -> None:
        self._database = database
        self.kind = kind

    def add(self, connection: sqlite3.Connection, deliveries: Iterable[Delivery]) -> int:
        """Notes what is to be sent, in the open transaction; returns how many these are."""
        before = connection.total_changes
        connection.executemany(
            f"INSERT INTO deliveries ({_COLUMNS}, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((*_row(each), self.kind) for each in deliveries),
        )
        return connection.total_changes - before

    def forget_owner(self, connection: sqlite3.Connection, owner: str) -> None:
        """Forgets all messages of an owner, in the open transaction."""
        connection.execute("DELETE FROM deliveries WHERE owner = ? AND kind = ?", [owner, self.kind])

    def due(self, now: datetime, limit: int) -> list[Delivery]:
        """What is to be sent by now, in the order in which it fell due."""
        query = (
            f"SELECT {_COLUMNS} FROM deliveries WHERE state = 'waiting' AND kind = ? AND due <= ? "
            "ORDER BY due, number LIMIT ?"
        )
        return [_delivery(row) for row in self._database.rows(query, [self.kind, written(now), limit])]

    def begin(self, id: str, again: datetime) -> bool:
        """Notes that a try begins; if nothing is heard of it, the next one is at `again`. False if it is not to be
        sent any more."""
        with self._database.writing() as connection:
            begun = connection.execute(
                "UPDATE deliveries SET state = 'sending', tries = tries + 1, due = ? "
                "WHERE id = ? AND state = 'waiting'",
                [written(again), id],
            )
            return begun.rowcount > 0

    def recover(self, now: datetime) -> None:
        """Has what an earlier run was cut off in be tried again now. Only for the one run that is under way."""
        cut_off = "state = 'sending' AND kind = ?"
        if self._database.rows(f"SELECT 1 FROM deliveries WHERE {cut_off} LIMIT 1", [self.kind]):
            with self._database.writing() as connection:
                connection.execute(
                    f"UPDATE deliveries SET state = 'waiting', due = ? WHERE {cut_off}", [written(now), self.kind]
                )

    def settle(self, id: str, state: State, due: datetime, problem: str = "") -> None:
        """Notes what became of a delivery; one that is "waiting" is tried again when it is due."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE deliveries SET state = ?, due = ?, problem = ? WHERE id = ?",
                [state, written(due), problem[:500], id],
            )

    def retry(self, ids: Sequence[str], now: datetime) -> int:
        """Has what was given up be tried again, from the first try; returns how many these are."""
        with self._database.writing() as connection:
            changed = connection.execute(
                "UPDATE deliveries SET state = 'waiting', tries = 0, due = ? WHERE state = 'dead' "
                "AND kind = ? AND id IN (SELECT value FROM json_each(?))",
                [written(now), self.kind, json.dumps(list(ids))],
            )
            return changed.rowcount

    def listed(self, *states: State) -> list[Delivery]:
        """Every message in one of those states, the oldest first."""
        query = (
            f"SELECT {_COLUMNS} FROM deliveries WHERE kind = ? AND state IN (SELECT value FROM json_each(?)) "
            "ORDER BY number"
        )
        return [_delivery(row) for row in self._database.rows(query, [self.kind, json.dumps(states)])]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many messages each owner has in each state, by its id."""
        found: dict[str, dict[str, int]] = {}
        query = "SELECT owner, state, count(*) FROM deliveries WHERE kind = ? GROUP BY 1, 2"
        for owner, state, count in self._database.rows(query, [self.kind]):
            found.setdefault(owner, {})[state] = count
        return found

    def forget(self, before: datetime) -> None:
        """Forgets what was delivered or dropped before that moment."""
        done = "kind = ? AND state IN ('sent', 'dropped') AND due < ?"
        if self._database.rows(f"SELECT 1 FROM deliveries WHERE {done} LIMIT 1", [self.kind, written(before)]):
            with self._database.writing() as connection:
                connection.execute(f"DELETE FROM deliveries WHERE {done}", [self.kind, written(before)])


def _row(each: Delivery) -> tuple[object, ...]:
    return (
        each.id, each.owner, json.dumps(each.contents), written(each.made_at), each.state, each.tries,
        written(each.due), each.problem,
    )  # fmt: skip


def _delivery(row: Row) -> Delivery:
    name, owner, contents, made_at, state, tries, due, problem = row
    moments = datetime.fromisoformat(made_at), datetime.fromisoformat(due)
    return Delivery(name, owner, tuple(json.loads(contents)), moments[0], state, tries, moments[1], problem)
