"""What earlier runs learned of their sources, so that a later run reads only what has changed.

It is a SQLite file beside the ledger, and only a memory: without it everything is read again, and nothing is lost.
A file that is damaged is therefore put aside without a word, and what a run learns is kept only once the articles from
which it was learned are committed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, Final

from index.article import Mark
from search.batching import in_batches
from search.ledger import IN_MEMORY

_BATCH: Final = 10_000
_BUSY_SECONDS: Final = 30.0
_VERSION: Final = 1
_SCHEMA: Final = """
    CREATE TABLE marks (source TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (source, key))
    WITHOUT ROWID;
    CREATE INDEX marks_key ON marks (key)
"""
_ARCHIVE: Final = "archive"
_GENERATION: Final = "generation"
_UNDONE: Final = "undone"
WHOLE: Final = "whole"
"""The key under which a source is remembered that was read to its end: see `index.unchanged`. The value is a list: by
what it is known again, how many articles it had, and the ids of those that were refused."""


def version_of(name: str) -> str:
    """The key under which a source is remembered to have had a version of an article."""
    return f"version {name}"


class State:
    """The memory of one archive's runs. Values are JSON; for one process at a time, as the writer of an index is."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._connection: sqlite3.Connection | None = None
        self._holds: Callable[[Sequence[str]], Collection[str]] = lambda _: ()
        self._keeps = True
        self._knows_whole = True
        self._began = ""
        self._undone = 0
        self._is_same: Callable[[str, str], bool] = lambda _, __: False

    def get(self, source: str, key: str) -> Any:
        """What is remembered of a source under a key; None if nothing is."""
        return self.several(source, [key]).get(key)

    def several(self, source: str, keys: Iterable[str]) -> Mapping[str, Any]:
        """What is remembered of a source under each of the keys that have something."""
        found: dict[str, Any] = {}
        for batch in in_batches(keys, _BATCH):
            query = "SELECT key, value FROM marks WHERE source = ? AND key IN (SELECT value FROM json_each(?))"
            rows = self._opened().execute(query, (source, json.dumps(batch)))
            found.update((key, json.loads(value)) for key, value in rows if self._knows_whole or key != WHOLE)
        return found

    def keep(self, marks: Iterable[Mark]) -> None:
        """Remembers what the marks say, all of it or nothing. A value of None is forgotten."""
        batches = in_batches(marks, _BATCH)
        first = next(batches, None)
        if first is None:
            return
        with _transaction(self._opened()) as connection:
            for batch in chain([first], batches):
                kept = [(mark.source, mark.key, json.dumps(mark.value)) for mark in batch if mark.value is not None]
                dropped = [(mark.source, mark.key) for mark in batch if mark.value is None]
                connection.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", kept)
                connection.executemany("DELETE FROM marks WHERE source = ? AND key = ?", dropped)

    def forget(self, source: str) -> None:
        """Forgets all that is remembered of a source."""
        with _transaction(self._opened()) as connection:
            connection.execute("DELETE FROM marks WHERE source = ?", (source,))

    def forget_copies(self, ids: Iterable[str]) -> None:
        """These articles are not in the index any more: what other sources have of them is new again."""
        with _transaction(self._opened()) as connection:
            for batch in in_batches(map(copy_of, ids), _BATCH):
                copies = "SELECT value FROM json_each(?)"
                having = f"SELECT source FROM marks WHERE key IN ({copies})"  # noqa: S608 - no value in it
                values = json.dumps(batch)
                connection.execute(f"DELETE FROM marks WHERE key = ? AND source IN ({having})", (WHOLE, values))  # noqa: S608
                connection.execute(f"DELETE FROM marks WHERE key IN ({copies})", (values,))  # noqa: S608

    def forget_takedown(self, ids: Iterable[str], sources: Iterable[str]) -> None:
        """These articles were taken down, which came from these sources: all that have them are read once more, so that
        they are known to be refused."""
        self.forget_copies(ids)
        self.keep(Mark(source, WHOLE, None) for source in sources)

    # --- which index it is about

    def begin(
        self,
        generation: str,
        holds: Callable[[Sequence[str]], Collection[str]],
        is_same: Callable[[str, str], bool] = lambda _, __: False,
        *,
        undone: int = 0,
        keeps: bool = True,
    ) -> None:
        """A run begins on an index of that generation; `holds` says which ids of some it has.

        If somebody else has written to the index since, sources that were read to their end are forgotten. `is_same`
        says of an earlier generation and of this one whether nothing was done in between that matters to a source:
        what is released was never in one that was read to its end, and what was taken down is refused. Since a source
        may have been passed over although such an article was in it, all are forgotten too if more removals are
        `undone` than before. A run that `keeps` nothing writes no file: it may only read until its end.
        """
        if self._keeps != keeps:
            self.close()
        self._holds, self._keeps, self._knows_whole = holds, keeps, True
        self._began, self._is_same, self._undone = generation, is_same, undone
        before = self.several(_ARCHIVE, [_GENERATION, _UNDONE])
        known = before.get(_GENERATION)
        is_known = known == generation or (known and is_same(known, generation))
        if is_known and before.get(_UNDONE, 0) == undone:
            return
        if not keeps:
            self._knows_whole = False
        else:
            self.forget_whole()
            self.keep([Mark(_ARCHIVE, _UNDONE, undone)])

    def forget_whole(self) -> None:
        """Forgets which sources were read to their end, so that each is read again."""
        with _transaction(self._opened()) as connection:
            connection.execute("DELETE FROM marks WHERE key = ?", (WHOLE,))

    def end(self, generation: str, steps: Iterable[tuple[str, str]] = (), *, lifted: int = 0) -> None:
        """A run has ended, and the index is of that generation now. `steps` are the run's own commits, in order, each
        the generation before it and the one that it made; `lifted` is how many removals it has undone itself.

        If somebody else has written to the index since the run began, the earlier generation stays remembered: what
        they did may concern what the run had passed over, so the next one has to read it.
        """
        if lifted:
            self._forget_refused()
            self.keep([Mark(_ARCHIVE, _UNDONE, self._undone + lifted)])
        reached = self._began
        for before, after in steps:
            if not self._leads_to(reached, before):
                return
            reached = after
        if self._leads_to(reached, generation) and self.get(_ARCHIVE, _GENERATION) != generation:
            self.keep([Mark(_ARCHIVE, _GENERATION, generation)])

    def _forget_refused(self) -> None:
        """Forgets the sources of which articles were refused."""
        with _transaction(self._opened()) as connection:
            connection.execute("DELETE FROM marks WHERE key = ? AND json_array_length(value) > 2", (WHOLE,))

    def _leads_to(self, earlier: str, now: str) -> bool:
        return earlier == now or self._is_same(earlier, now)

    def holds(self, ids: Sequence[str]) -> Collection[str]:
        """Those of the ids that the index has, so that a source need not be asked for these again."""
        return self._holds(ids)

    def close(self) -> None:
        """Closes the file."""
        if self._connection is not None and not self.place.startswith(IN_MEMORY):
            self._connection.close()
            self._connection = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _open(self.place) if self._keeps else _open_to_read(self.place)
        return self._connection


def copy_of(id: str) -> str:
    """The key under which a source is remembered to have a copy of an article; the value is its content hash."""
    return f"copy:{id}"


def state_beside(ledger_place: str) -> str:
    """Where the state of an archive is whose ledger is in that place: "archive.ledger" has "archive.state"."""
    return ledger_place if ledger_place.startswith(IN_MEMORY) else f"{ledger_place.removesuffix('.ledger')}.state"


def _open(place: str) -> sqlite3.Connection:
    if place.startswith(IN_MEMORY):
        return _ready(sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None))
    path = Path(place)
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        return _connected(place)
    except (sqlite3.OperationalError, OSError):  # it may not be written, or is held by others for long
        return _open(IN_MEMORY)
    except sqlite3.DatabaseError:
        for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))):
            with suppress(FileNotFoundError):
                file.unlink()
        return _connected(place)


def _open_to_read(place: str) -> sqlite3.Connection:
    """What is in the file, which is left as it is; nothing if it is not there, or cannot be read."""
    if place.startswith(IN_MEMORY):
        return _open(place)
    with suppress(sqlite3.Error):
        connection = sqlite3.connect(f"{Path(place).absolute().as_uri()}?mode=ro", timeout=_BUSY_SECONDS, uri=True)
        with suppress(sqlite3.Error):
            if _version(connection) == _VERSION:
                return connection
        connection.close()
    return _open(IN_MEMORY)


def _connected(place: str) -> sqlite3.Connection:
    return _ready(sqlite3.connect(place, timeout=_BUSY_SECONDS, isolation_level=None))


def _ready(connection: sqlite3.Connection) -> sqlite3.Connection:
    """The connection, with the table of today. Of two processes that make it at once, one waits for the other."""
    try:
        if _version(connection) != _VERSION:
            with _transaction(connection):
                if _version(connection) != _VERSION:
                    connection.execute("DROP TABLE IF EXISTS marks")
                    for statement in _SCHEMA.split(";"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {_VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
