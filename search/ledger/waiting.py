"""What waits for its moment: articles under an embargo, with a date that lies ahead, or withheld by their source.

They are here and not in the index, so that nothing there can give them away: no count, no completion, no dictionary.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from search.document import Document
from search.errors import LedgerError
from search.ledger.database import Database
from search.ledger.moments import read_moment, written
from search.ledger.stored import packed, unpacked

CLAIM_SECONDS: Final = 600.0
"""For how long nobody else publishes what a process is publishing; after that it is taken to have been killed."""
AT_ONCE: Final = 500
"""Articles that are published in one commit."""


@dataclass(frozen=True, slots=True)
class Due:
    """The state of a waiting article: when it may be shown (aware; None: not until a later version is usable), the
    hash of its content, and its source."""

    due: datetime | None
    content_hash: str
    source: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Articles that this process alone may publish now."""

    token: str
    documents: tuple[Document, ...]


class Waiting:
    """The waiting articles of a ledger. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, waiting: Iterable[tuple[Document, datetime | None]]) -> frozenset[str]:
        """Has articles wait until their moments, in place of earlier versions; one that was taken down is not kept.

        Returns the ids of those that somebody may be publishing in an earlier version: they have to be deleted in the
        index after that."""
        claimed = set()
        with self._database.writing() as connection:
            for document, due in waiting:
                held = connection.execute("SELECT claim FROM waiting WHERE id = ?", [document.id]).fetchone()
                if held and held[0]:
                    claimed.add(document.id)
                connection.execute(
                    "INSERT OR REPLACE INTO waiting (id, due, document, source, hash) SELECT ?, ?, ?, ?, ? "
                    "WHERE NOT EXISTS (SELECT 1 FROM removed WHERE id = ? AND undone_at IS NULL)",
                    (
                        document.id, due and written(due), packed(document), document.source, document.content_hash(),
                        document.id,
                    ),
                )  # fmt: skip
        return frozenset(claimed)

    def drop(self, ids: Iterable[str]) -> int:
        """Forgets articles; returns how many there were."""
        with self._database.writing() as connection:
            before = connection.total_changes
            connection.executemany("DELETE FROM waiting WHERE id = ?", [(name,) for name in ids])
            return connection.total_changes - before

    def states(self, ids: Sequence[str]) -> dict[str, Due]:
        """The state of each of these articles that waits, by id."""
        rows = self._database.rows(
            "SELECT id, due, hash, source FROM waiting WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(ids)]
        )
        return {name: Due(read_moment(due), content_hash, source) for name, due, content_hash, source in rows}

    def document(self, id: str) -> Document | None:
        """The article itself; None if it does not wait. Raises LedgerError also if it is damaged."""
        rows = self._database.rows("SELECT document FROM waiting WHERE id = ?", [id])
        return self._unpacked(rows[0][0]) if rows else None

    def sources(self) -> Iterator[tuple[str, str]]:
        """The id and the source of every waiting article."""
        yield from self._database.rows("SELECT id, source FROM waiting ORDER BY id")

    def counts(self) -> tuple[int, int]:
        """How many articles wait for a moment, and how many without one."""
        [(dated, total)] = self._database.rows("SELECT count(due), count(*) FROM waiting") or [(0, 0)]
        return int(dated), int(total) - int(dated)

    def next_due(self) -> datetime | None:
        """The earliest moment that any article waits for."""
        rows = self._database.rows("SELECT min(due) FROM waiting WHERE due IS NOT NULL")
        return read_moment(rows[0][0]) if rows else None

    def is_claimed(self, now: datetime) -> bool:
        """Whether a process is publishing articles."""
        query = "SELECT 1 FROM waiting WHERE claim IS NOT NULL AND claimed_until > ? LIMIT 1"
        return bool(self._database.rows(query, [written(now)]))

    def claim(self, now: datetime) -> Claim | None:
        """At most AT_ONCE articles whose moment has come, for this process to publish; None if there are none.

        Nobody else gets them for CLAIM_SECONDS. Call `published` or `give_back` in the end."""
        free = "due <= ? AND (claim IS NULL OR claimed_until <= ?)"
        if not self._database.rows(f"SELECT 1 FROM waiting WHERE {free} LIMIT 1", [written(now)] * 2):
            return None
        token = secrets.token_hex(8)
        until = written(now + timedelta(seconds=CLAIM_SECONDS))
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE waiting SET claim = ?, claimed_until = ? WHERE id IN "
                f"(SELECT id FROM waiting WHERE {free} ORDER BY due, id LIMIT {AT_ONCE})",
                [token, until, written(now), written(now)],
            )
            rows = connection.execute("SELECT document FROM waiting WHERE claim = ?", [token]).fetchall()
        return Claim(token, tuple(map(self._unpacked, (text for (text,) in rows)))) if rows else None

    def published(self, claim: Claim) -> frozenset[str]:
        """Forgets what was published. Returns the ids of what somebody has put back, changed or forgotten meanwhile,
        whose published version is not to stand."""
        with self._database.writing() as connection:
            rows = connection.execute("SELECT id FROM waiting WHERE claim = ?", [claim.token]).fetchall()
            connection.execute("DELETE FROM waiting WHERE claim = ?", [claim.token])
        return frozenset(document.id for document in claim.documents).difference(name for (name,) in rows)

    def give_back(self, claim: Claim) -> None:
        """Lets others, or a later try, publish the articles."""
        with self._database.writing() as connection:
            connection.execute("UPDATE waiting SET claim = NULL WHERE claim = ?", [claim.token])

    def _unpacked(self, text: str) -> Document:
        try:
            return unpacked(text)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise LedgerError(f"the ledger {self._database.place} holds an article that cannot be read") from error
