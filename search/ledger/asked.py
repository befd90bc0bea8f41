"""How often each query was asked on a day: counts for good of those that were asked often, and for a day of the others.

What a single reader asked is in no row: a row is a day, a query and two numbers. The counts of a day that is not over
stand apart, since nobody can say of them yet whether they are often enough; then they are settled, and those that are
not leave no trace in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from search.ledger.database import Database
from search.ledger.moments import MAX_DAYS

MAX_UNSETTLED: Final = 20_000
"""Queries of one day that are counted before it is over; of more, the rarest are forgotten."""
MAX_OF_DAY: Final = 1_000
"""Queries of one day that are kept for good, those asked most."""

_ADD: Final = (
    "INSERT INTO asked_unsettled (day, query, times, no_hits) VALUES (?, ?, ?, ?) ON CONFLICT (day, query) "
    "DO UPDATE SET times = times + excluded.times, no_hits = no_hits + excluded.no_hits"
)
_ADD_LATE: Final = "UPDATE asked SET times = times + ?3, no_hits = no_hits + ?4 WHERE day = ?1 AND query = ?2"
_FORGET_RAREST: Final = (
    "DELETE FROM asked_unsettled WHERE day = ?1 AND query IN "
    "(SELECT query FROM asked_unsettled WHERE day = ?1 ORDER BY times, random() LIMIT ?2)"
)
_SETTLE: Final = (
    "INSERT INTO asked (day, query, times, no_hits) SELECT day, query, times, no_hits FROM asked_unsettled "
    "WHERE day = ? AND times >= ? ORDER BY times DESC, query LIMIT ? ON CONFLICT (day, query) "
    "DO UPDATE SET times = times + excluded.times, no_hits = no_hits + excluded.no_hits"
)
_OFTEN: Final = (
    "(SELECT day, query, sum(times) AS times, sum(no_hits) AS no_hits FROM "
    "(SELECT day, query, times, no_hits FROM asked WHERE day BETWEEN ?1 AND ?2 "
    "UNION ALL SELECT day, query, times, no_hits FROM asked_unsettled WHERE day BETWEEN ?1 AND ?2) "
    "GROUP BY day, query HAVING sum(times) >= ?3)"
)


@dataclass(frozen=True, slots=True)
class DayCount:
    """How often a query was asked on a day, and how often of these it found nothing."""

    day: date
    times: int
    no_hits: int


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """A query with its numbers in some days, and those of each day on which it was asked often, the oldest first."""

    query: str
    times: int
    no_hits: int
    days: tuple[DayCount, ...]


Count = tuple[date, str, int, int]
"""A day, a query, how often it was asked, and how often it found nothing."""


class Asked:
    """The counted queries of an archive. Every method may raise LedgerError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, counts: Iterable[Count], settled: date) -> None:
        """Adds to the counts of days. Of a day up to `settled`, what was not often by then is not counted any more."""
        open_days: dict[str, list[tuple[object, ...]]] = {}
        late: list[tuple[object, ...]] = []
        for day, *others in counts:
            rows = late if day <= settled else open_days.setdefault(day.isoformat(), [])
            rows.append((day.isoformat(), *others))
        with self._database.writing() as connection:
            connection.executemany(_ADD_LATE, late)
            for day_text, rows in open_days.items():
                connection.executemany(_ADD, rows)
                query = "SELECT count(*) FROM asked_unsettled WHERE day = ?"
                (found,) = connection.execute(query, [day_text]).fetchone()
                if found > MAX_UNSETTLED:
                    connection.execute(_FORGET_RAREST, [day_text, found - MAX_UNSETTLED])

    def settle(self, until: date, least: int) -> bool:
        """Of the days up to `until`, keeps what was asked `least` times a day for good and forgets all else; also what
        is older than MAX_DAYS before it. Whether anything was to be done; `Ledger.scrub` then cleans the files."""
        oldest = (until - timedelta(days=MAX_DAYS - 1)).isoformat()
        asked = "SELECT (SELECT min(day) FROM asked_unsettled) <= ? OR (SELECT min(day) FROM asked) < ?"
        rows = self._database.rows(asked, [until.isoformat(), oldest])
        if not rows or not rows[0][0]:
            return False
        with self._database.writing() as connection:
            query = "SELECT DISTINCT day FROM asked_unsettled WHERE day <= ?"
            for (day,) in connection.execute(query, [until.isoformat()]).fetchall():
                connection.execute(_SETTLE, [day, least, MAX_OF_DAY])
            connection.execute("DELETE FROM asked_unsettled WHERE day <= ?", [until.isoformat()])
            connection.execute("DELETE FROM asked WHERE day < ?", [oldest])
        return True

    def drop_unsettled(self) -> None:
        """Forgets the counts of days that are not settled."""
        if self._database.rows("SELECT 1 FROM asked_unsettled LIMIT 1"):
            with self._database.writing() as connection:
                connection.execute("DELETE FROM asked_unsettled")

    def often(self, first: date, last: date, least: int, *, no_hits: bool = False, limit: int = 50) -> list[AskedQuery]:
        """What was asked `least` times or more on a day from `first` to `last`, by how often in all of these days; with
        `no_hits`, only what found nothing, by how often that was."""
        bounds = [first.isoformat(), last.isoformat(), least]
        order = "no_hits" if no_hits else "times"
        rows = self._database.rows(
            f"SELECT query, sum(times), sum(no_hits) FROM {_OFTEN} GROUP BY query "
            f"HAVING sum({order}) > 0 ORDER BY sum({order}) DESC, sum(times) DESC, query LIMIT ?4",
            [*bounds, limit],
        )
        days = self._days(bounds, [query for query, _, _ in rows])
        return [AskedQuery(query, times, none, tuple(days[query])) for query, times, none in rows]

    def _days(self, bounds: Sequence[object], queries: Sequence[str]) -> dict[str, list[DayCount]]:
        found: dict[str, list[DayCount]] = {query: [] for query in queries}
        rows = self._database.rows(
            f"SELECT query, day, times, no_hits FROM {_OFTEN} WHERE query IN (SELECT value FROM json_each(?4)) "
            "ORDER BY day",
            [*bounds, json.dumps(queries)],
        )
        for query, day, times, no_hits in rows:
            if query in found:  # another process may have settled a day in between
                found[query].append(DayCount(date.fromisoformat(day), times, no_hits))
        return found

    def is_empty(self) -> bool:
        """Whether nothing is kept and nothing is being counted."""
        query = "SELECT EXISTS (SELECT 1 FROM asked) OR EXISTS (SELECT 1 FROM asked_unsettled)"
        rows = self._database.rows(query)
        return not rows or not rows[0][0]

    def forget(self) -> int:
        """Forgets all counts, those of today too, and returns how many rows these were; `Ledger.scrub` then cleans the
        files."""
        if self.is_empty():
            return 0
        with self._database.writing() as connection:
            tables = ("asked", "asked_unsettled")
            return sum(connection.execute(f"DELETE FROM {table} WHERE 1").rowcount for table in tables)

    def forget_unsettled(self) -> None:
        """Forgets the counts of days that are not settled."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM asked_unsettled")

    def take_over(self, other: Asked) -> None:
        """Learns the counts for good of another ledger. Where both have a query on a day, this one is right."""
        rows = other._database.rows("SELECT day, query, times, no_hits FROM asked")
        if not rows:
            return
        with self._database.writing() as connection:
            connection.executemany("INSERT OR IGNORE INTO asked (day, query, times, no_hits) VALUES (?, ?, ?, ?)", rows)
