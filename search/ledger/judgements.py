"""What editors judged: which articles are good answers to a query, and which are bad ones.

They are in the ledger because they have to outlive an index: a rebuild must not undo what people have read and judged.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from search.errors import LedgerError
from search.ledger.database import Database, Row
from search.ledger.moments import written

Grade = Literal["good", "bad"]
"""Whether an article is a good answer to a query."""

GRADES: Final[tuple[Grade, ...]] = ("good", "bad")
MAX_OF_ONE_QUERY: Final = 1_000
"""Articles that may be judged for one query."""
MAX_QUERIES: Final = 2_000
"""Queries that may have judgements."""
MAX_JUDGEMENTS: Final = 200_000
"""Judgements that a ledger may have."""

_COLUMNS: Final = "query, article, grade, at"
_IS_DOWN: Final = (
    "EXISTS (SELECT 1 FROM removed WHERE removed.id = judgements.article AND removed.undone_at IS NULL) AS is_down"
)
_STORED: Final[dict[Grade, int]] = {"bad": 0, "good": 1}
_READ: Final[dict[int, Grade]] = {number: grade for grade, number in _STORED.items()}


@dataclass(frozen=True, slots=True)
class Judgement:
    """An article as it was judged for a query (`search.judging.normalised`). `article` is an id; `at` is aware and in
    UTC. `is_down`: the article has been taken down since."""

    query: str
    article: str
    grade: Grade
    at: datetime
    is_down: bool = False


class Judgements:
    """The judgements of a ledger. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, judgements: Iterable[Judgement], *, replace: bool = True) -> int | None:
        """Notes judgements, all or none. A later one takes the place of an earlier one, unless `replace` is False.

        Returns how many are new or different; None, and nothing is changed, if there would be more than MAX_JUDGEMENTS,
        MAX_QUERIES or MAX_OF_ONE_QUERY.
        """
        rows = [(row.query, row.article, _STORED[row.grade], written(row.at)) for row in judgements]
        change = "UPDATE SET grade = excluded.grade, at = excluded.at WHERE grade <> excluded.grade"
        with suppress(_TooManyError), self._database.writing() as connection:
            before = connection.total_changes
            connection.executemany(
                f"INSERT INTO judgements ({_COLUMNS}) VALUES (?, ?, ?, ?) "
                f"ON CONFLICT (query, article) DO {change if replace else 'NOTHING'}",
                rows,
            )
            changed = connection.total_changes - before
            most, queries, total = connection.execute(_SIZES).fetchone()
            if most > MAX_OF_ONE_QUERY or queries > MAX_QUERIES or total > MAX_JUDGEMENTS:
                raise _TooManyError
            return changed
        return None

    def remove(self, query: str, articles: Collection[str] | None = None) -> int:
        """Forgets the judgements of a query, all or those of some articles; returns how many there were."""
        with self._database.writing() as connection:
            if articles is None:
                return connection.execute("DELETE FROM judgements WHERE query = ?", [query]).rowcount
            statement = "DELETE FROM judgements WHERE query = ? AND article IN (SELECT value FROM json_each(?))"
            return connection.execute(statement, [query, json.dumps(list(articles))]).rowcount

    def of(self, query: str) -> Mapping[str, Grade]:
        """The grade of each article that was judged for a query, whether or not it is still there."""
        rows = self._database.rows("SELECT article, grade FROM judgements WHERE query = ? ORDER BY number", [query])
        return {article: _READ[grade] for article, grade in rows}

    def listed(self, query: str | None = None, limit: int = -1, offset: int = 0) -> list[Judgement]:
        """The judgements of a query, or all, query by query, the oldest first."""
        condition, values = ("query = ?", [query]) if query is not None else ("1", [])
        rows = self._database.rows(
            f"SELECT {_COLUMNS}, {_IS_DOWN} FROM judgements JOIN (SELECT query AS own, min(number) AS first "
            f"FROM judgements GROUP BY query) ON own = query WHERE {condition} "
            "ORDER BY first, number LIMIT ? OFFSET ?",
            [*values, limit, offset],
        )
        return list(map(_judgement, rows))

    def queries(self, limit: int = -1, offset: int = 0) -> list[str]:
        """The queries that have judgements, that which was judged last first."""
        rows = self._database.rows(
            "SELECT query FROM judgements GROUP BY query ORDER BY max(at) DESC, max(number) DESC LIMIT ? OFFSET ?",
            [limit, offset],
        )
        return [query for (query,) in rows]

    def sizes(self) -> tuple[int, int]:
        """How many queries there are, and how many judgements."""
        [(_, queries, total)] = self._database.rows(_SIZES) or [(0, 0, 0)]
        return int(queries), int(total)

    def take_over(self, others: Iterable[Judgement]) -> None:
        """Learns the judgements of another ledger. Where they differ, this one is right. Raises LedgerError also if
        there would be more of them than a ledger may have."""
        rows = list(others)
        if rows and self.add(rows, replace=False) is None:
            raise LedgerError(f"the ledger {self._database.place} would have too many judgements; remove some first")


class _TooManyError(Exception):
    """Undoes the transaction."""


_SIZES: Final = (
    "SELECT coalesce(max(size), 0), count(*), coalesce(sum(size), 0) "
    "FROM (SELECT count(*) AS size FROM judgements GROUP BY query)"
)

MOVES: Final = (
    """
    DELETE FROM judgements WHERE article IN (:old, :new) AND EXISTS (
        SELECT 1 FROM judgements AS other
        WHERE other.query = judgements.query AND other.article IN (:old, :new) AND other.article <> judgements.article
        AND (other.at, other.number) > (judgements.at, judgements.number)
    )
    """,
    "UPDATE judgements SET article = :new WHERE article = :old",
)
"""What renames an article in the judgements, in the transaction of the move. Where both names were judged for a query,
the later judgement stays."""


def _judgement(row: Row) -> Judgement:
    query, article, grade, at, is_down = row
    return Judgement(query, article, _READ[grade], datetime.fromisoformat(at), bool(is_down))
