"""The SQLite file of a ledger as several threads and processes use it: connections, transactions, errors of ours."""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Final

from search.errors import LedgerError
from search.ledger import IN_MEMORY
from search.ledger.schema import migrate, require_current

BUSY_SECONDS: Final = 30.0
"""How long a writer waits for another one."""
_SCRUB_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.05

Row = tuple[Any, ...]
_Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """A connection, and the file that it was opened to."""

    connection: sqlite3.Connection
    stamp: _Stamp | None


class Database:
    """One ledger file. Readers see the last commit while another writes; one writes at a time, across processes.

    A file that is not there reads as empty, and the first `writing` makes it. If somebody puts another file in its
    place, that one is read from then on. Every method may raise LedgerError.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self._in_memory = place.startswith(IN_MEMORY)
        self._alone = RLock()
        """In memory there is one connection, for one thread at a time."""
        self._lock = Lock()
        self._idle: list[_Opened] = []
        weakref.finalize(self, _close_all, self._idle)

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """What a query finds; nothing in a ledger that is not there."""
        stamp = self._stamp()
        if stamp is None:
            return []
        with self._connection(stamp) as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: commits at the end of the block, and an exception leaves no trace."""
        with self._connection(self._stamp() or self._made()) as connection, _transaction(connection):
            yield connection

    def scrub(self) -> bool:
        """Takes what was deleted out of the files, the write-ahead log included. False if a reader of an older state
        prevents that for now."""
        stamp = self._stamp()
        if stamp is None or self._in_memory:
            return True
        patience = time.monotonic() + _SCRUB_SECONDS
        with self._connection(stamp) as connection:
            while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > patience:
                    return False
                time.sleep(_PAUSE_SECONDS)
        return True

    def close(self) -> None:
        """Closes the connections that nobody uses; the next question opens another."""
        with self._lock:
            if not self._in_memory:
                _close_all(self._idle)

    def _stamp(self) -> _Stamp | None:
        """What tells this file from another in its place; None if there is none."""
        if self._in_memory:
            return (0, 0)
        try:
            found = os.stat(self.place)  # noqa: PTH116 - asked for with every request
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise LedgerError(f"the ledger {self.place} cannot be read ({error.strerror or error})") from error
        return found.st_dev, found.st_ino

    def _made(self) -> _Stamp | None:
        """Makes the file, unless another process is faster. It is there with all its tables or not at all."""
        path = Path(self.place)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
        try:
            path.absolute().parent.mkdir(parents=True, exist_ok=True)
            _opened(self.place, str(draft)).close()
            _put_in_place(draft, path)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"the ledger {self.place} cannot be made ({error})") from error
        finally:
            with suppress(OSError):
                draft.unlink()
        return self._stamp()

    @contextmanager
    def _connection(self, stamp: _Stamp | None) -> Iterator[sqlite3.Connection]:
        with self._alone if self._in_memory else nullcontext():
            try:
                opened = self._taken(stamp)
                try:
                    yield opened.connection
                finally:
                    self._give_back(opened)
            except sqlite3.Error as error:
                raise LedgerError(f"the ledger {self.place} {_reason(error)}") from error

    def _taken(self, stamp: _Stamp | None) -> _Opened:
        with self._lock:
            if self._in_memory and self._idle:
                return self._idle[0]  # it may be asked within its own transaction
            while self._idle:
                opened = self._idle.pop()
                if opened.stamp == stamp:
                    return opened
                opened.connection.close()
        return _Opened(_opened(self.place, ":memory:" if self._in_memory else self.place), stamp)

    def _give_back(self, opened: _Opened) -> None:
        with self._lock:
            if opened not in self._idle:
                self._idle.append(opened)


def _put_in_place(draft: Path, path: Path) -> None:
    """Gives the draft its name, unless there is such a file."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            draft.rename(path)


def _opened(place: str, target: str) -> sqlite3.Connection:
    """A connection to a file with the tables of today; nothing is written to the file of another program."""
    connection = sqlite3.connect(target, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        is_current = require_current(connection, place)
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        if not is_current:
            with _transaction(connection):
                migrate(connection, place)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _close_all(idle: list[_Opened]) -> None:
    while idle:
        idle.pop().connection.close()


def _reason(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"is held by another process for more than {BUSY_SECONDS:.0f} seconds; try again when that is done"
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return f"is damaged or no ledger ({error}); put a copy of it in its place"
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return f"cannot be opened ({error}); check who owns it and its folder"
    if name.startswith("SQLITE_FULL"):
        return "cannot be written: the disk is full; free some space and try again"
    return f"cannot be used ({error})"
