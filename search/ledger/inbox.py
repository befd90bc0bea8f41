"""What programs have sent, on its way into the index: kept before it is acknowledged, and until it is committed.

Each sending has a number, and they are written in the order of their numbers. What cannot be written is set aside with
the reason, so that it is neither lost nor in the way of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from search.ledger.database import Database, Row
from search.ledger.moments import written

Action = Literal["put", "delete"]
State = Literal["queued", "done", "failed"]
"""Not in the index yet; in it, or not to be; set aside, since it could not be written."""
Outcome = Literal[
    "", "added", "changed", "unchanged", "waiting", "deleted", "absent", "removed", "superseded", "failed"
]
"""What became of a sending: "" while it is queued. "waiting": it is shown later. "absent": there was nothing to delete.
"removed": it was taken down before, and refused. "superseded": a later sending took its place before it was written, or
after it was set aside."""

AT_ONCE: Final = 500
"""Sendings that are written in one commit."""
CHARACTERS_AT_ONCE: Final = 20_000_000

_NOTICE: Final = "number, article, action, state, outcome, note, at, key"
_ENTRY: Final = "number, article, action, body, digest, tries"

LAST_QUEUED: Final = (
    "SELECT number, action, digest FROM inbox WHERE article = ? AND state = 'queued' ORDER BY number DESC LIMIT 1"
)
"""What was sent last of an article and is not written yet."""

REMOVES: Final = (
    "UPDATE inbox SET state = 'done', outcome = 'removed', note = :why, body = NULL WHERE state <> 'done' "
    "AND action = 'put' AND (article = :id OR article IN (SELECT article FROM sent WHERE known_as = :id))"
)
"""Forgets the text of an article that is taken down."""

SUPERSEDES: Final = (
    "UPDATE inbox SET state = 'done', outcome = 'superseded', body = NULL "
    "WHERE article = ? AND state = 'failed' AND number < ?"
)
"""Forgets what was set aside of an article of which a later version is written."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What a program sends: the id that it calls the article by, and the article as JSON, or None to delete it.

    `digest` is that of the article, by which the same one is recognised, "" for a deletion; `key` the id of the key.
    """

    article: str
    body: str | None
    digest: str
    key: str

    @property
    def action(self) -> Action:
        """What is to be done."""
        return "delete" if self.body is None else "put"


@dataclass(frozen=True, slots=True)
class Entry:
    """A sending that is to be written. `tries`: how often that has begun without an end being noted."""

    number: int
    article: str
    action: Action
    body: str
    digest: str
    tries: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What is known of a sending without its text. `at` is when it came, in UTC; `note` says why, if it failed or was
    refused, and else what was wrong with it that did no harm."""

    number: int
    article: str
    action: Action
    state: State
    outcome: Outcome
    note: str
    at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an entry. `known_as` is the article's id in the index, and `hash` that of its content there."""

    entry: Entry
    outcome: Outcome
    note: str = ""
    known_as: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class LastSent:
    """The last sending of an article that was written: its number, its digest ("" for a deletion), under which id the
    index knows the article, and the hash of its content there."""

    number: int
    digest: str
    known_as: str
    hash: str


class Inbox:
    """The sendings in a ledger. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- taking

    def take(self, sendings: Sequence[Sending], at: datetime, most: int) -> list[int]:
        """Queues the sendings, on the disk when this returns, and gives their numbers.

        One that is the same as what is queued last for its article gets the number of that. If more than `most` would
        be queued, the rest is not taken, and has no number.
        """
        numbers: list[int] = []
        with self._database.writing() as connection:
            [(queued,)] = connection.execute("SELECT count(*) FROM inbox WHERE state = 'queued'").fetchall()
            for sending in sendings:
                same = connection.execute(LAST_QUEUED, [sending.article]).fetchone()
                if same and same[1:] == (sending.action, sending.digest):
                    numbers.append(same[0])
                    continue
                if queued >= most:
                    break
                queued += 1
                made = connection.execute(
                    "INSERT INTO inbox (article, action, body, size, digest, key, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [
                        sending.article,
                        sending.action,
                        sending.body,
                        len(sending.body or ""),
                        sending.digest,
                        sending.key,
                        written(at),
                    ],
                )
                numbers.append(int(made.lastrowid or 0))
        return numbers

    def is_settled(self, article: str) -> bool:
        """Whether nothing of an article is to be written any more, and nothing of it is set aside."""
        query = "SELECT 1 FROM inbox WHERE article = ? AND state IN ('queued', 'failed') LIMIT 1"
        return not self._database.rows(query, [article])

    # --- writing

    def next(self) -> list[Entry]:
        """The oldest entries that are to be written: at most AT_ONCE, of CHARACTERS_AT_ONCE, but one at least."""
        sizes = self._database.rows(
            "SELECT number, size FROM inbox WHERE state = 'queued' ORDER BY number LIMIT ?", [AT_ONCE]
        )
        total, last = 0, -1
        for number, size in sizes:
            total += size
            if last >= 0 and total > CHARACTERS_AT_ONCE:
                break
            last = number
        query = f"SELECT {_ENTRY} FROM inbox WHERE state = 'queued' AND number <= ? ORDER BY number"
        return [_entry(row) for row in self._database.rows(query, [last])]

    def begin(self, entries: Iterable[Entry]) -> None:
        """Notes that the entries are being written, so that one that ends its process is known by that."""
        self._change("UPDATE inbox SET tries = tries + 1 WHERE number = ?", entries)

    def give_back(self, entries: Iterable[Entry]) -> None:
        """The entries could not be written now, by no fault of theirs."""
        self._change("UPDATE inbox SET tries = max(0, tries - 1) WHERE number = ?", entries)

    def _change(self, statement: str, entries: Iterable[Entry]) -> None:
        with self._database.writing() as connection:
            connection.executemany(statement, [(entry.number,) for entry in entries])

    def is_being_written(self) -> bool:
        """Whether somebody has begun to write some of it, which is done in a moment."""
        return bool(self._database.rows("SELECT 1 FROM inbox WHERE state = 'queued' AND tries > 0 LIMIT 1"))

    def settle(self, settled: Iterable[Settled]) -> None:
        """Notes what became of entries, and forgets the text of those that are done. One that was taken down meanwhile
        stays so. What was set aside of an article before is superseded once a later version is done."""
        with self._database.writing() as connection:
            for each in settled:
                state = "failed" if each.outcome == "failed" else "done"
                connection.execute(
                    "UPDATE inbox SET state = ?, outcome = ?, note = ?, body = CASE ? WHEN 'failed' THEN body END "
                    "WHERE number = ? AND state = 'queued'",
                    [state, each.outcome, each.note, state, each.entry.number],
                )
                if state == "done" and each.outcome not in ("removed", "superseded"):
                    connection.execute(
                        "INSERT OR REPLACE INTO sent (article, known_as, number, digest, hash) VALUES (?, ?, ?, ?, ?)",
                        [each.entry.article, each.known_as, each.entry.number, each.entry.digest, each.hash],
                    )
                    connection.execute(SUPERSEDES, [each.entry.article, each.entry.number])

    # --- what is known

    def last_sent(self, article: str) -> LastSent | None:
        """The last sending of an article that was written; None if there was none."""
        query = "SELECT number, digest, known_as, hash FROM sent WHERE article = ?"
        return next((LastSent(*row) for row in self._database.rows(query, [article])), None)

    def is_of_others(self, name: str, article: str) -> bool:
        """Whether the article that the index has under a name was sent under another id than `article`."""
        query = "SELECT 1 FROM sent WHERE (article = ? OR known_as = ?) AND article <> ? LIMIT 1"
        return bool(self._database.rows(query, [name, name, article]))

    def of(self, number: int) -> Notice | None:
        """What is known of a sending; None if there is none of that number, or it was forgotten."""
        rows = self._database.rows(f"SELECT {_NOTICE} FROM inbox WHERE number = ?", [number])
        return _notice(rows[0]) if rows else None

    def listed(self, state: State, limit: int) -> list[Notice]:
        """The oldest sendings in a state."""
        query = f"SELECT {_NOTICE} FROM inbox WHERE state = ? ORDER BY number LIMIT ?"
        return [_notice(row) for row in self._database.rows(query, [state, limit])]

    def count(self, state: State) -> int:
        """How many sendings are in a state."""
        rows = self._database.rows("SELECT count(*) FROM inbox WHERE state = ?", [state])
        return int(rows[0][0]) if rows else 0

    # --- what was set aside

    def retry(self, number: int) -> bool:
        """Has a sending that failed be written after all; False if there is none such, or a later one of its article
        was taken."""
        with self._database.writing() as connection:
            changed = connection.execute(
                "UPDATE inbox SET state = 'queued', tries = 0, outcome = '', note = '' WHERE number = ? "
                "AND state = 'failed' AND NOT EXISTS (SELECT 1 FROM inbox AS later WHERE later.article = inbox.article "
                "AND later.number > inbox.number) AND NOT EXISTS "
                "(SELECT 1 FROM sent WHERE sent.article = inbox.article AND sent.number > inbox.number)",
                [number],
            )
            return bool(changed.rowcount)

    def drop(self, number: int) -> bool:
        """Forgets a sending that failed; False if there is none such."""
        with self._database.writing() as connection:
            return bool(
                connection.execute("DELETE FROM inbox WHERE number = ? AND state = 'failed'", [number]).rowcount
            )

    def forget(self, before: datetime) -> None:
        """Forgets what became of sendings that came before a moment and are done."""
        # Asked several times a second, so only the oldest is looked at.
        oldest = self._database.rows("SELECT at FROM inbox WHERE state = 'done' ORDER BY number LIMIT 1")
        if oldest and oldest[0][0] < written(before):
            with self._database.writing() as connection:
                connection.execute("DELETE FROM inbox WHERE state = 'done' AND at < ?", [written(before)])


def _entry(row: Row) -> Entry:
    number, article, action, body, digest, tries = row
    return Entry(number, article, action, body or "", digest, tries)


def _notice(row: Row) -> Notice:
    number, article, action, state, outcome, note, at, key = row
    return Notice(number, article, action, state, outcome, note, datetime.fromisoformat(at), key)
