"""What editors chose for the related articles of an article: pieces that stand first, and pieces that never do.

They are in the ledger because they have to outlive an index: a rebuild must not undo the work of a desk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from search.ledger.database import Database, Row
from search.ledger.moments import written

Kind = Literal["pin", "block"]
"""A pin stands first among the related articles, a block never stands there."""

KINDS: Final[tuple[Kind, ...]] = ("pin", "block")
MAX_OF_ONE_KIND: Final = {"pin": 50, "block": 500}
"""How many pieces of each kind one article may have."""

_COLUMNS: Final = "subject, piece, kind, at"


@dataclass(frozen=True, slots=True)
class Choice:
    """A piece that was chosen for the related articles of `subject`; both are ids. `at` is aware and in UTC."""

    subject: str
    piece: str
    kind: Kind
    at: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen for one article: the ids of the pieces that stand first, in order, and of those that never do."""

    pinned: tuple[str, ...] = ()
    blocked: frozenset[str] = frozenset()


NOTHING_CHOSEN: Final = Chosen()


class Choices:
    """The choices in a ledger. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, subject: str, piece: str, kind: Kind, at: datetime) -> bool:
        """Pins or blocks a piece, which is one or the other from then on. What is pinned already keeps its place.

        False, and nothing is changed, if the article has as many of that kind as it may have.
        """
        with self._database.writing() as connection:
            query = "SELECT count(*) FROM related_choices WHERE subject = ? AND kind = ? AND piece <> ?"
            if connection.execute(query, [subject, kind, piece]).fetchone()[0] >= MAX_OF_ONE_KIND[kind]:
                return False
            changed = connection.execute(
                f"INSERT INTO related_choices ({_COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT (subject, piece) "
                "DO UPDATE SET kind = excluded.kind, at = excluded.at, "
                "number = (SELECT max(number) + 1 FROM related_choices) WHERE kind <> excluded.kind",
                [subject, piece, kind, written(at)],
            )
            if changed.rowcount:
                connection.execute(_BUMP)
        return True

    def undo(self, subject: str, piece: str) -> bool:
        """The piece is neither pinned nor blocked any more; whether it was."""
        with self._database.writing() as connection:
            query = "DELETE FROM related_choices WHERE subject = ? AND piece = ?"
            was_there = connection.execute(query, [subject, piece]).rowcount > 0
            if was_there:
                connection.execute(_BUMP)
        return was_there

    def of(self, subject: str) -> Chosen:
        """What was chosen for an article."""
        rows = self._find("subject = ? ORDER BY number", subject)
        if not rows:
            return NOTHING_CHOSEN
        pinned = tuple(row.piece for row in rows if row.kind == "pin")
        return Chosen(pinned, frozenset(row.piece for row in rows if row.kind == "block"))

    def listed(self, subject: str | None = None, limit: int = -1) -> list[Choice]:
        """The choices, the oldest first: those of an article, or all."""
        if subject is None:
            return self._find("1 ORDER BY number LIMIT ?", limit)
        return self._find("subject = ? ORDER BY number LIMIT ?", subject, limit)

    def version(self) -> int:
        """What is different after each change; 0 in a ledger that is not there."""
        rows = self._database.rows("SELECT version FROM related_version")
        return int(rows[0][0]) if rows else 0

    def take_over(self, others: Iterable[Choice]) -> None:
        """Learns the choices of another ledger. Where they differ, this one is right."""
        rows = [(row.subject, row.piece, row.kind, written(row.at)) for row in others]
        if not rows:
            return
        with self._database.writing() as connection:
            connection.executemany(f"INSERT OR IGNORE INTO related_choices ({_COLUMNS}) VALUES (?, ?, ?, ?)", rows)
            connection.execute(_BUMP)

    def _find(self, condition: str, *values: object) -> list[Choice]:
        query = f"SELECT {_COLUMNS} FROM related_choices WHERE {condition}"
        return [_choice(row) for row in self._database.rows(query, values)]


_BUMP: Final = "UPDATE related_version SET version = version + 1"

MOVES: Final = (
    "UPDATE OR REPLACE related_choices SET subject = :new WHERE subject = :old",
    "UPDATE OR REPLACE related_choices SET piece = :new WHERE piece = :old",
    "DELETE FROM related_choices WHERE subject = piece",
    _BUMP,
)
"""What renames an article in the choices, in the transaction of the move."""


def _choice(row: Row) -> Choice:
    subject, piece, kind, at = row
    return Choice(subject, piece, kind, datetime.fromisoformat(at))
