"""How runs of `backfile sync` ended, by source: for whoever watches over an archive, which is another program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from search.ledger.database import Database, Row
from search.ledger.moments import read_moment, written

Result = Literal["ok", "incomplete", "failed"]
"""All went well; some articles could not be read, or too many would have vanished; the source could not be read."""
RESULTS: Final[tuple[Result, ...]] = ("ok", "incomplete", "failed")

CHANGES: Final = ("added", "changed", "deleted", "failed")
"""What may become of an article in a run, beside staying as it is."""
_MOST_PROBLEM: Final = 500
"""Characters of what went wrong."""
MAX_SOURCES: Final = 1_000
"""Sources that are remembered, those that were synced last."""

_COLUMNS: Final = "source, at, succeeded_at, problem, ok, incomplete, failed_runs, added, changed, deleted, failed"
_ADDED: Final = ", ".join(f"{name} = {name} + excluded.{name}" for name in _COLUMNS.split(", ")[4:])
_NOTE: Final = (
    f"INSERT INTO syncs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET "
    "at = excluded.at, succeeded_at = coalesce(excluded.succeeded_at, succeeded_at), problem = excluded.problem, "
    f"{_ADDED}"
)
_FORGET_OLDEST: Final = (
    "DELETE FROM syncs WHERE source IN (SELECT source FROM syncs ORDER BY at DESC, source LIMIT -1 OFFSET ?)"
)


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """A source: when its last run ended, and its last that went well; what was wrong in the last, "" if nothing; how
    many runs ended in each way; and how many articles of all runs were added, changed, deleted, or could not be read.
    Times are aware and in UTC."""

    source: str
    at: datetime
    succeeded_at: datetime | None
    problem: str
    results: Mapping[Result, int]
    articles: Mapping[str, int]


class Syncs:
    """The sums of an archive's syncs. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, source: str, result: Result, articles: Mapping[str, int], at: datetime, problem: str = "") -> None:
        """Adds a run that ended then. `articles` has numbers for CHANGES; `problem` says what was wrong, without a word
        of an article, which may be taken down."""
        values = [int(result == each) for each in RESULTS] + [articles.get(name, 0) for name in CHANGES]
        succeeded_at = written(at) if result == "ok" else None
        with self._database.writing() as connection:
            connection.execute(_NOTE, [source, written(at), succeeded_at, problem[:_MOST_PROBLEM], *values])
            connection.execute(_FORGET_OLDEST, [MAX_SOURCES])

    def keep_only(self, sources: Iterable[str]) -> None:
        """Forgets all other sources: those that are configured no longer."""
        gone = {each.source for each in self.all()} - set(sources)
        if gone:
            with self._database.writing() as connection:
                connection.executemany("DELETE FROM syncs WHERE source = ?", [(name,) for name in sorted(gone)])

    def all(self) -> tuple[SyncRecord, ...]:
        """Every source that was synced, by name."""
        return tuple(map(_record, self._database.rows(f"SELECT {_COLUMNS} FROM syncs ORDER BY source")))


def _record(row: Row) -> SyncRecord:
    source, at, succeeded_at, problem, *counts = row
    return SyncRecord(
        source,
        datetime.fromisoformat(at),
        read_moment(succeeded_at),
        problem,
        dict(zip(RESULTS, counts[: len(RESULTS)], strict=True)),
        dict(zip(CHANGES, counts[len(RESULTS) :], strict=True)),
    )
