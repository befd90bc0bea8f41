"""SQLite files: a table of articles, one a row. The file is opened to be read only, and nothing in it is run.

A file may be made so that reading it takes for ever or runs what it holds (https://sqlite.org/security.html), so views
are read only if they are asked for, functions in the schema are not trusted, and values and steps are bounded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from index.article import Article, Record, Skipped, Withdrawal
from index.sources.columns import Columns, columns_of, no_article
from index.sources.files import GZIP_MAGIC, file_digest, file_size, local_path
from index.sources.reading import Reading
from index.sources.unmet_mapping import unmet
from search.errors import SourceError

MAX_VALUE: Final = 32 * 2**20
"""Bytes of one row."""
MAX_TABLES: Final = 2_000
MAX_STEPS: Final = 50_000_000
"""Steps of SQLite's machine for one row; a row of a table takes some hundred."""

_TOO_LONG: Final = f"a row is longer than {MAX_VALUE // 2**20} MiB"
_MOST_NAMED: Final = 20
_STEPS_AT_ONCE: Final = 100_000
_LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_VALUE,
    sqlite3.SQLITE_LIMIT_COLUMN: 2_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 20,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 100_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
}
_TABLES: Final = """
    SELECT name, CASE WHEN sql LIKE 'CREATE VIRTUAL%' THEN 'virtual' ELSE type END, sql NOT LIKE '%WITHOUT%ROWID%'
    FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
"""
_PRAGMAS: Final = ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON", "mmap_size = 0")


@dataclass(frozen=True, slots=True)
class Table:
    """A table or a view with the names of its columns, and what they are. `key` names its rows, or is ""."""

    name: str
    names: tuple[str, ...]
    columns: Columns
    key: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row that is one article; see `index.article.Record`. `number` is its key in the table, else its place."""

    file: str
    table: str
    number: int
    values: Mapping[str, Any]
    columns: Columns
    reading: Reading

    @property
    def origin(self) -> str:
        """The file, the table and the key of the row."""
        return f"{self.file} ({self.table} {self.number})"

    @property
    def weight(self) -> int:
        """Characters of its values."""
        return sum(len(value) for value in self.values.values() if isinstance(value, str))

    def read(self) -> Article | Withdrawal:
        """The article in the row. Raises SourceError."""
        place = f"{self.reading.place(self.file)}#{self.table}/{self.number}"
        return self.columns.article(self.values, self.origin, place, self.reading)


class SqliteFile:
    """A table of a file as a source; see `index.article.Source`."""

    def __init__(self, location: str, reading: Reading) -> None:
        self.name = location
        self._reading = reading
        self._steps = 0
        self._has_read = False

    @cached_property
    def size(self) -> int:
        """Bytes on disk."""
        return file_size(self.name)

    def digest(self) -> str | None:
        """See `index.unchanged.Digested`."""
        return file_digest(self.name, type(self).__name__, *self._reading.told(self.name))

    def records(self) -> Iterator[Record | SourceError]:
        """Every row of the table that `Reading.table` names, else of the only one that can be articles.

        Raises SourceError if there is no such table, if several can be, or if the file breaks off.
        """
        path = local_path(self.name)
        with self._blaming(), closing(self._opened(path)) as database:
            table = self._table(database)
            said = table.columns.said()
            self._reading.say(self.name, f"the table {table.name}{': ' if said else ''}{said}")
            yield from unmet(self.name, "column", table.columns.missing, table.names)
            for row in self._rows(database, table):
                self._has_read = True
                yield row
        journal = path.with_name(f"{path.name}-wal")
        if file_size(str(journal)):
            reason = f"what is only in {journal.name} was not read; close the program that has the file open"
            yield Skipped(self.name, reason, files=0)

    def _opened(self, path: Path) -> sqlite3.Connection:
        with path.open("rb") as file:
            match file.read(2):
                case b"":
                    raise SourceError(self.name, "the file is empty")
                case start if start == GZIP_MAGIC:
                    raise SourceError(self.name, "a packed SQLite file; unpack it first")
        address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
        database = sqlite3.connect(address, uri=True, isolation_level=None)
        database.text_factory = lambda data: data.decode("utf-8", "replace")
        for limit, most in _LIMITS.items():
            database.setlimit(limit, most)
        for pragma in _PRAGMAS:
            database.execute(f"PRAGMA {pragma}")
        database.set_progress_handler(self._count, _STEPS_AT_ONCE)
        return database

    def _count(self) -> bool:
        """Called by SQLite while it works; what is true stops it."""
        self._steps += _STEPS_AT_ONCE
        return self._steps > MAX_STEPS

    def _table(self, database: sqlite3.Connection) -> Table:
        asked = self._reading.table
        tables = list(self._tables(database, asked))
        if asked and not tables:
            known = _listed(self._tables(database, "")) or "none"
            raise SourceError(self.name, f"has no table {asked[:60]!r}; its tables are {known}")
        whole = [table for table in tables if table.columns.has("title", "body")]
        fitting = whole or [table for table in tables if table.columns.are_of_articles]
        if len(fitting) == 1:
            return fitting[0]
        raise self._undecided(fitting or tables, bool(fitting))

    def _undecided(self, tables: list[Table], are_fitting: bool) -> SourceError:
        """Why none of several tables, or of none, is read."""
        if are_fitting:
            reason = f"several of its tables may be the articles ({_listed(tables)}); say which with --table NAME"
            return SourceError(self.name, reason)
        if not tables:
            return SourceError(self.name, "has no tables")
        if len(tables) == 1:
            (one,) = tables
            return no_article(self.name, f"the table {one.name}", one.names, one.columns.missing)
        reason = f"none of its tables ({_listed(tables)}) has a title or a body"
        return SourceError(self.name, f"{reason}; say which is which with --table NAME --map COLUMN=title")

    def _tables(self, database: sqlite3.Connection, asked: str) -> Iterator[Table]:
        """The tables; of views and virtual tables only the one that is asked for."""
        rows = database.execute(_TABLES).fetchmany(MAX_TABLES)
        for name, kind, has_rowid in rows:
            if (name == asked) if asked else kind == "table":
                # Columns that are computed and hidden ones are no part of what is stored.
                found = database.execute(
                    "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid", (name,)
                )
                names = tuple(row[0] for row in found)
                key = _key(names) if has_rowid and kind == "table" else ""
                yield Table(name, names, columns_of(names, self._reading.mapping), key)

    def _rows(self, database: sqlite3.Connection, table: Table) -> Iterator[Record | SourceError]:
        """The rows. One that is too long is passed over, if rows can be told apart."""
        last: int | None = None
        most = -1
        while True:
            before = last
            try:
                for number, row in self._each(database, table, last, most):
                    last = number
                    yield row
            except sqlite3.DataError as error:
                if not table.key:
                    raise SourceError(self.name, f"{_TOO_LONG}; what stood before was read") from error
                if most < 0:  # Python asks for the row behind before it gives one, so the next may be well
                    most = 1
                    continue
                last = self._next(database, table, last)
                yield SourceError(f"{self.name} ({table.name} {last})", f"{_TOO_LONG}; it was skipped")
            if most < 0 or last in (before, None):
                return
            most = -1

    def _each(
        self, database: sqlite3.Connection, table: Table, last: int | None, most: int
    ) -> Iterator[tuple[int, TableRow]]:
        """The rows behind the one numbered `last`, with their numbers; `most` of them, or all if it is negative."""
        names = [name for name in table.names if name in table.columns.mapping]
        where, given = _behind(table, last)
        order = f"ORDER BY {table.key}" if table.key else ""
        columns = ", ".join([table.key or "0", *map(_quoted, names)])
        rows = database.execute(f"SELECT {columns} FROM {_quoted(table.name)} {where} {order} LIMIT {most}", given)
        count = 0
        while (row := rows.fetchone()) is not None:
            self._steps = 0
            count += 1
            number = row[0] if table.key else count
            values = _values(names, row[1:])
            yield number, TableRow(self.name, table.name, number, values, table.columns, self._reading)

    def _next(self, database: sqlite3.Connection, table: Table, last: int | None) -> int | None:
        """The number of the row behind the one numbered `last`."""
        where, given = _behind(table, last)
        found: tuple[int | None] = database.execute(
            f"SELECT min({table.key}) FROM {_quoted(table.name)} {where}",
            given,
        ).fetchone()
        return found[0]

    @contextmanager
    def _blaming(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            reason = "takes too long to read" if "interrupt" in str(error) else f"cannot be read as SQLite ({error})"
            raise SourceError(self.name, reason) from error
        except sqlite3.Error as error:
            read = "what stood before was read" if self._has_read else "nothing of it could be read"
            raise SourceError(self.name, f"is damaged ({error}); {read}") from error
        except UnicodeDecodeError as error:  # in what SQLite says of a schema that is damaged
            raise SourceError(self.name, "is damaged: its schema is not text in UTF-8") from error
        except OSError as error:
            raise SourceError(self.name, (error.strerror or str(error)).lower()) from error


def _key(names: tuple[str, ...]) -> str:
    """The name by which rows are numbered, unless columns have taken all of them."""
    taken = {name.lower() for name in names}
    return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), "")


def _behind(table: Table, last: int | None) -> tuple[str, tuple[int, ...]]:
    return ("", ()) if last is None else (f"WHERE {table.key} > ?", (last,))


def _listed(tables: Iterable[Table]) -> str:
    names = [table.name[:60] for table in tables]
    return ", ".join(names[:_MOST_NAMED]) + (f" and {len(names) - _MOST_NAMED} others" if names[_MOST_NAMED:] else "")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _values(names: list[str], row: tuple[Any, ...]) -> dict[str, Any]:
    """The values; bytes are text if they are UTF-8, and left out if not."""
    return {name: _text(value) if isinstance(value, bytes) else value for name, value in zip(names, row, strict=True)}


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None
