"""Tables that outgrow memory: what is kept of each article of a run must not take more the more articles there are."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Generic, NamedTuple, TypeVar

from search.errors import BackfileError

IN_MEMORY: Final = 1 << 14
"""The rows written last that are in memory. A smaller table never becomes a file."""

IN_MEMORY_BYTES: Final = 1 << 18
_TEMPORARY: Final = ""
"""An unnamed database is a temporary file of SQLite, which is gone when it is closed."""
_SIEVE_BITS: Final = 1 << 23
"""Bits that say which texts may be in the file, by their hashes. When a million are, the file is still asked for only
one in nine of those that are not."""

Row = TypeVar("Row", bound=NamedTuple)


class Nothing(NamedTuple):
    """The row of a table that is only a set of texts."""


NOTHING: Final = Nothing()


class Texts:
    """Texts in their order, in a temporary file once they are many. For one thread at a time. Every method may raise
    BackfileError."""

    def __init__(self) -> None:
        self._open()

    def _open(self) -> None:
        self._count = 0
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - closed by `_close`
        self._close = weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self._count

    def add(self, texts: Sequence[str]) -> None:
        """Appends some texts."""
        self._count += len(texts)
        with _explained():
            self._file.write(json.dumps(texts).encode() + b"\n")

    def __iter__(self) -> Iterator[str]:
        with _explained():
            self._file.seek(0)
            for line in self._file:
                yield from json.loads(line)
            self._file.seek(0, os.SEEK_END)

    def clear(self) -> None:
        """Removes all of them, and the file."""
        self._close()
        self._open()


class SpillingTable(Generic[Row]):
    """Rows of a type, each known by a text. Those written last are in memory, and the others in a temporary file.

    `kind` is a NamedTuple of texts, integers and None. `in_memory`: how many are in memory at most. For one thread at a
    time. Every method may raise BackfileError.
    """

    def __init__(self, kind: type[Row], *, in_memory: int | None = None) -> None:
        self._make: Callable[[Iterable[Any]], Row] = kind._make
        self._columns = len(kind._fields)
        self._most = in_memory or IN_MEMORY
        self._forget()

    def _forget(self) -> None:
        self._recent: dict[str, Row | None] = {}  # None: not there any more
        self._size = self._spilled = 0
        self._file: _File | None = None

    def __len__(self) -> int:
        return self._size

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def get(self, key: str) -> Row | None:
        """The row of that text; None if there is none."""
        if key in self._recent or self._file is None:
            return self._recent.get(key)
        found = self._file.find(key)
        return None if found is None else self._make(found)

    def put(self, key: str, row: Row) -> None:
        """Writes the row, in place of one that is there."""
        self._size += self.get(key) is None
        self._recent[key] = row
        if len(self._recent) >= self._most:
            self._spill()

    def pop(self, key: str) -> Row | None:
        """Removes the row and gives it; None if there is none."""
        found = self.get(key)
        if found is not None:
            self._size -= 1
            if self._file is None:
                del self._recent[key]
            else:
                self._recent[key] = None
        return found

    def items(self) -> Iterator[tuple[str, Row]]:
        """Every text and its row, in the order in which the texts came first. Write nothing meanwhile."""
        if self._file is None:
            yield from ((key, row) for key, row in self._recent.items() if row is not None)
            return
        self._spill()
        for key, *values in self._file.rows():
            yield key, self._make(values)

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.items())

    def clear(self) -> None:
        """Removes all rows, and the file."""
        if self._file is not None:
            self._file.close()
        self._forget()

    def _spill(self) -> None:
        """Moves what is in memory to the file, in its order there, so that neighbours are written together."""
        if self._file is None:
            self._file = _File(self._columns)
        recent, self._recent = self._recent, {}
        numbered = [(key, number, row) for number, (key, row) in enumerate(recent.items(), self._spilled)]
        numbered.sort()
        self._spilled += len(recent)
        self._file.write([(key, number, *row) for key, number, row in numbered if row is not None])
        self._file.remove([key for key, _, row in numbered if row is None])


class _File:
    """The part of a table that is on the disk."""

    def __init__(self, columns: int) -> None:
        with _explained():
            self._database = sqlite3.connect(_TEMPORARY, isolation_level=None, check_same_thread=False)
        self.close = weakref.finalize(self, self._database.close)
        self._sieve = bytearray(_SIEVE_BITS // 8)
        names = [f"value_{number}" for number in range(columns)]
        listed = "".join(f", {name}" for name in names)
        changes = "".join(f", {name} = excluded.{name}" for name in names)
        self._write = (
            f"INSERT INTO rows (key, number{listed}) VALUES (?, ?{', ?' * columns}) "  # noqa: S608 - no value in it
            f"ON CONFLICT DO UPDATE SET key = key{changes}"
        )
        self._find = f"SELECT key{listed} FROM rows WHERE key = ?"  # noqa: S608
        self._all = f"SELECT key{listed} FROM rows ORDER BY number"  # noqa: S608
        with _explained():
            self._database.execute("PRAGMA journal_mode = OFF")
            self._database.execute(f"CREATE TABLE rows (key BLOB PRIMARY KEY, number INTEGER{listed}) WITHOUT ROWID")
            self._database.execute("BEGIN")

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Writes rows of a key, a number and values; one that is there keeps its number."""
        for key, *_ in rows:
            place = hash(key) % _SIEVE_BITS
            self._sieve[place >> 3] |= 1 << (place & 7)
        with _explained():
            self._database.executemany(self._write, map(_stored, rows))

    def remove(self, keys: Sequence[str]) -> None:
        """Removes rows by their keys."""
        with _explained():
            self._database.executemany("DELETE FROM rows WHERE key = ?", (_stored([key]) for key in keys))

    def find(self, key: str) -> list[Any] | None:
        """The values of the row with that key. Most are not there, and for most of these, the file is not asked."""
        place = hash(key) % _SIEVE_BITS
        if not self._sieve[place >> 3] & 1 << (place & 7):
            return None
        with _explained():
            row = self._database.execute(self._find, _stored([key])).fetchone()
        return None if row is None else _given(row)[1:]

    def rows(self) -> Iterator[list[Any]]:
        """Keys and values, in the order of the numbers."""
        with _explained():
            yield from map(_given, self._database.execute(self._all))


def _stored(row: Iterable[Any]) -> list[Any]:
    """Texts are stored as bytes: the name of a file need not be valid Unicode."""
    return [value.encode("utf-8", "surrogatepass") if type(value) is str else value for value in row]


def _given(row: Iterable[Any]) -> list[Any]:
    return [value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value for value in row]


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise BackfileError(
            f"what this run keeps for itself cannot be written to a temporary file ({error}); "
            "free some space, or name another folder with TMPDIR"
        ) from error
