"""How a writer begins: what is committed, and the end of what earlier writers may still be doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from search.engines.opensearch.format.commits import (
    Commit,
    Record,
    commit_of,
    find_record,
    rebuild_hint,
    require_own,
    write_record,
)
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import Conflict
from search.engines.opensearch.writing.lease import Lease
from search.engines.opensearch.writing.sweeping import give_up_half_built
from search.engines.opensearch.writing.versions import LOOKUP_SECONDS, require_whole
from search.errors import EngineError, IndexDamaged, IndexVersionError

_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Base:
    """What a writer starts from. `index`: what the archive's name leads to, None if nothing; `commit`: what is
    committed in it, None if nothing that this program reads. `aborted`: epochs that were never committed and are not
    among the commit's."""

    index: str | None = None
    commit: Commit | None = None
    aborted: tuple[int, ...] = ()


def begin(connection: Connection, lease: Lease, *, replace: bool) -> Base:
    """The base of the writer that holds the lease. `replace`: nothing of what is there is needed.

    If an earlier writer did not give its lease back, it may still be running without knowing that it has lost it. From
    here on it can neither commit, because the record is not as it was, nor put an index in its place that it is
    building. Raises IndexVersionError, IndexDamaged, EngineError.
    """
    is_doubtful = bool(lease.unfinished) or lease.is_first
    if is_doubtful:
        give_up_half_built(connection)
    record = find_record(connection)
    if record is None:
        return Base()
    if is_doubtful and record.source is not None:
        record = _written_anew(connection, record)
    commit = _readable(connection, record) if replace else _read(connection, record)
    if commit is None:
        return Base(record.index)
    if commit.epoch >= lease.epoch:
        lease.outgrow(newest_epoch(connection, commit))
        return Base(record.index, commit, tuple(range(commit.epoch + 1, lease.epoch)))
    # Up to the commit nothing is open: its writer was told of all that was, and `commit.aborted` has what never was
    # committed. The others did commit, and were killed before they could say so.
    return Base(record.index, commit, tuple(epoch for epoch in lease.unfinished if epoch > commit.epoch))


def _written_anew(connection: Connection, record: Record) -> Record:
    """The record with other numbers, and the same content."""
    for _ in range(_ATTEMPTS):
        if record.source is None:
            return record
        try:
            numbers = write_record(
                connection, record.index, record.source, seq_no=record.seq_no, primary_term=record.primary_term
            )
        except Conflict:  # a last commit
            again = find_record(connection)
            if again is None:
                break
            record = again
        else:
            return Record(record.index, record.source, *numbers)
    raise EngineError(f"{connection.address.url} is changed by others all the time; try again")


def _read(connection: Connection, record: Record) -> Commit:
    require_own(connection, record.index)
    if record.source is None:
        raise IndexDamaged(f"the index {record.index} has no commit record; {rebuild_hint(connection)}")
    return commit_of(connection, record)


def _readable(connection: Connection, record: Record) -> Commit | None:
    """What is committed; None if this program cannot read it."""
    try:
        return _read(connection, record)
    except (IndexVersionError, IndexDamaged):
        return None


def newest_epoch(connection: Connection, commit: Commit) -> int:
    """The greatest epoch of which the index holds anything."""
    connection.send("POST", f"/{commit.index}/_refresh", seconds=LOOKUP_SECONDS)
    body = {"size": 0, "aggs": {name: {"max": {"field": name}} for name in ("born", "died")}}
    [answer] = connection.search_many([(commit.index, body)], seconds=LOOKUP_SECONDS)
    require_whole(answer)
    found = (answer["aggregations"][name]["value"] for name in ("born", "died"))
    return max(commit.epoch, *(int(value) for value in found if value is not None))
