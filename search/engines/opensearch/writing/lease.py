"""The lease: a document with an expiry that admits one writer, and numbers the writers.

The number is the writer's epoch. Every change of the document is conditional on its having stayed as it was read, so of
two that want the lease one gets it. A thread renews it; a writer that is killed stops renewing, and when the lease has
expired the next one takes it.

The expiry is a time of the clock of the host that holds the lease, read by that of the host that wants it. The clocks
should agree to a few seconds. If they do not, a dead writer keeps others out for longer, or a living one loses its
lease too soon: then it fails at its commit. That two writers both commit, or that one disturbs what the other has
written, does not depend on clocks: see `writer.py`.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Final

from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import Absent, Conflict
from search.errors import EngineError, IndexDamaged, IndexLocked

LEASE_SECONDS: Final = 30.0
"""How long a writer that was killed keeps others out, at most."""
RENEWALS: Final = 3
"""How often a lease is renewed in its life."""

_ID: Final = "lease"
_ATTEMPTS: Final = 5

_log = logging.getLogger("backfile.opensearch")


class LeaseLost(IndexLocked):
    """Another writer has taken the lease, which had expired: nothing of this transaction was committed."""


@dataclass(frozen=True, slots=True)
class Held:
    """The document as it was read. `open` are the epochs of which it is not known that they left nothing behind."""

    epoch: int
    token: str
    owner: Mapping[str, Any]
    open: tuple[int, ...]
    is_held: bool
    taken_at: float
    expires_at: float
    seq_no: int
    primary_term: int

    @property
    def holder(self) -> str:
        """Whose lease it is, for people."""
        return f"process {self.owner.get('pid')} on {self.owner.get('host')}"

    @property
    def since(self) -> str:
        """When it was taken, for people."""
        return _moment(self.taken_at)

    @property
    def until(self) -> str:
        """When it expires, for people."""
        return _moment(self.expires_at)


def read_lease(connection: Connection) -> Held | None:
    """The lease of an archive as it stands; None if there never was one. Raises IndexDamaged, EngineError."""
    index = _index_of(connection)
    try:
        found = connection.send("GET", f"/{index}/_doc/{_ID}")
    except Absent:
        return None
    try:
        source = found["_source"]
        return Held(
            epoch=int(source["epoch"]),
            token=str(source["token"]),
            owner=dict(source["owner"]),
            open=tuple(map(int, source["open"])),
            is_held=bool(source["held"]),
            taken_at=float(source["taken_at"]),
            expires_at=float(source["expires_at"]),
            seq_no=int(found["_seq_no"]),
            primary_term=int(found["_primary_term"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IndexDamaged(
            f"the lease in {index} cannot be read ({error!r}); delete that index when no writer runs"
        ) from error


class Lease:
    """The lease of one archive, taken. `epoch` is this writer's; `unfinished` are those of earlier writers that may
    have left something behind that was never committed. `is_first`: there was no lease document.

    Raises IndexLocked while another writer holds it, EngineError.
    """

    def __init__(self, connection: Connection, *, seconds: float = LEASE_SECONDS) -> None:
        self._connection = connection
        self._index = _index_of(connection)
        self._seconds = seconds
        self._token = secrets.token_hex(8)
        self.epoch = 0
        self.unfinished: tuple[int, ...] = ()
        self._seq_no, self._primary_term = -1, 0
        self._taken_at = 0.0
        self._owner = _owner()
        self._lock = Lock()
        self._lost = False
        self._ended = Event()
        before = self._take()
        self.is_first = before is None
        self._thread = Thread(target=self._renew_now_and_then, name="backfile lease", daemon=True)
        self._thread.start()

    def outgrow(self, epoch: int) -> None:
        """Makes this writer's epoch greater than `epoch`, and counts every one between as unfinished: the lease
        document was lost, but not the index. Raises LeaseLost."""
        with self._lock:
            self.epoch = max(self.epoch, epoch + 1)
            self._write(self._expiry())

    def require(self) -> None:
        """Raises LeaseLost if it is known that another writer has the lease."""
        if self._lost:
            raise self._loss()

    def renew(self) -> None:
        """Extends the lease now. Raises LeaseLost, EngineError."""
        with self._lock:
            self.require()
            self._write(self._expiry())

    def release(self, unfinished: Sequence[int]) -> None:
        """Gives the lease back; does nothing if it is lost. `unfinished`: the epochs that may have left something
        behind. If the cluster does not answer, the lease expires by itself."""
        self._ended.set()
        with self._lock:
            if self._lost:
                return
            try:
                self.unfinished = tuple(unfinished)
                self._write(time.time(), is_held=False)
            except EngineError as error:
                _log.warning("the lease of %s could not be given back: %s", self._connection.address.name, error)
        self._thread.join()

    def _take(self) -> Held | None:
        for _ in range(_ATTEMPTS):
            held = read_lease(self._connection)
            if held is not None and held.is_held and held.expires_at > time.time() and not _is_gone(held.owner):
                raise IndexLocked(_who(self._connection, held))
            self.epoch = held.epoch + 1 if held else 1
            self.unfinished = held.open if held else ()
            self._seq_no, self._primary_term = (held.seq_no, held.primary_term) if held else (-1, 0)
            self._taken_at = time.time()
            if held is None:
                self._make_index()
            if self._put(self._expiry()):
                return held
        raise IndexLocked(f"other writers are taking {self._connection.address.url} in turn; try again")

    def _write(self, expires_at: float, *, is_held: bool = True) -> None:
        """Writes the document. Raises LeaseLost if somebody else has."""
        if not self._put(expires_at, is_held=is_held):
            self._lost = True
            raise self._loss(read_lease(self._connection))

    def _put(self, expires_at: float, *, is_held: bool = True) -> bool:
        """Writes the document; False if somebody else has."""
        source = {
            "epoch": self.epoch,
            "token": self._token,
            "owner": self._owner,
            "open": [*self.unfinished, *([self.epoch] if is_held else [])],
            "held": is_held,
            "taken_at": self._taken_at,
            "expires_at": expires_at,
        }
        condition = (
            {"op_type": "create"}
            if self._seq_no < 0
            else {"if_seq_no": str(self._seq_no), "if_primary_term": str(self._primary_term)}
        )
        try:
            found = self._connection.send(
                "PUT", f"/{self._index}/_doc/{_ID}", source, params=condition, seconds=self._seconds / RENEWALS
            )
            self._seq_no, self._primary_term = int(found["_seq_no"]), int(found["_primary_term"])
        except (Conflict, Absent):
            # Perhaps it was this very request, carried out before its answer got lost.
            held = read_lease(self._connection)
            if held is None or held.token != self._token:
                return False
            self._seq_no, self._primary_term = held.seq_no, held.primary_term
        return True

    def _make_index(self) -> None:
        body = {
            "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
            "mappings": {"dynamic": False, "_meta": {"backfile": {"lease": True}}},
        }
        with suppress(Conflict):  # another writer made it
            self._connection.send("PUT", f"/{self._index}", body)

    def _expiry(self) -> float:
        return time.time() + self._seconds

    def _renew_now_and_then(self) -> None:
        while not self._ended.wait(self._seconds / RENEWALS):
            try:
                with self._lock:
                    if self._ended.is_set():
                        return
                    self._write(self._expiry())
            except LeaseLost:
                return
            except EngineError as error:  # the next try comes soon; a commit would show that it is lost
                _log.warning("the lease of %s could not be renewed: %s", self._connection.address.name, error)

    def _loss(self, held: Held | None = None) -> LeaseLost:
        by = f"{held.holder} has taken it" if held else "another writer has taken it"
        return LeaseLost(
            f"this writer has lost its lease of {self._connection.address.url}: it expired and {by}; nothing of this "
            "transaction was committed; run again"
        )


def _owner() -> dict[str, Any]:
    """Who we are: for people, and so that another process of this host can see whether we are still there."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "place": _place(), "started": _started(os.getpid())}


def _place() -> str:
    """What tells this running system, and this container, from all others; "" where that is not known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When the process was started, in ticks since this system was; "" if none of that number runs."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = status.rpartition(")")[2].split()  # proc(5): from the third on; the second is in brackets
    return "" if fields[0] in "ZX" else fields[19]


def _is_gone(owner: Mapping[str, Any]) -> bool:
    """Whether it is certain that the process has ended: it ran on this very system, and is not there any more."""
    if not owner.get("place") or owner["place"] != _place() or not owner.get("started"):
        return False
    return _started(int(owner["pid"])) != str(owner["started"])


def _who(connection: Connection, held: Held) -> str:
    return (
        f"another writer holds {connection.address.url}: {held.holder}, since {held.since}; wait until it is "
        f"done; were it killed, the index would be free at {held.until}"
    )


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _index_of(connection: Connection) -> str:
    return f"{connection.address.name}-lease"
