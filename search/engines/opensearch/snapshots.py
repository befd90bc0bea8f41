"""Snapshots of an archive in a repository of the cluster, and the way back.

The cluster copies each shard by itself, at a moment of its own. So that the commit record and what it shows fit
together, a snapshot is taken by the one who holds the lease, when nobody writes.

What is restored gets a name of its own beside the archive, is counted, and takes the archive's place in the one call
that every rebuilt index does (`indices.py`).
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace as changed
from datetime import UTC, datetime
from typing import Any, Final

from search.engines.opensearch.format.commits import (
    Commit,
    commit_of,
    newest_commit,
    record_in,
    require_format,
    target_of,
)
from search.engines.opensearch.format.mapping import FORMAT
from search.engines.opensearch.reading.vectors import vectors_index
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import Absent, ClusterError, Conflict
from search.engines.opensearch.writing.indices import adopt_index, delete_index, name_of, physical_indices
from search.engines.opensearch.writing.lease import Lease
from search.engines.opensearch.writing.opening import Base, begin, newest_epoch
from search.engines.opensearch.writing.publishing import commit_aside, measured, refresh
from search.engines.opensearch.writing.sweeping import left_behind
from search.engines.protocols import Snapshot
from search.errors import ConfigError, EngineError, IndexDamaged

Progress = Callable[[int, int], None]
"""Is told how much is copied, of how much."""

COPY_SECONDS: Final = 120.0
"""How long the cluster may take to answer to one request about a repository, which may be far away."""
_POLL_SECONDS: Final = 0.3

_SNAPSHOT: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_UNBLOCKED: Final = ("index.blocks.*", "index.routing.allocation.*")
"""Settings of the old index that would be in the way of the new one."""


def take_snapshot(connection: Connection, repository: str, name: str, progress: Progress | None) -> Snapshot:
    """See `search.engines.protocols.SnapshotRepositories`."""
    path = _path(repository, name)
    newest_commit(connection)
    with _sole_writer(connection, replace=False):
        commit = newest_commit(connection)
        indices = [commit.index, *_vectors(connection)]
        metadata = {
            "format": FORMAT,
            "archive": connection.address.name,
            "index": commit.index,
            "vectors": indices[1:],
            "articles": commit.articles,
            "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        for index in indices:
            refresh(connection, index)
        body = {
            "indices": ",".join(indices),
            "include_global_state": False,
            "partial": False,
            "metadata": {"backfile": metadata},
        }
        try:
            with _naming(repository):
                connection.send("PUT", path, body, params={"wait_for_completion": "false"}, seconds=COPY_SECONDS)
        except Conflict as error:
            raise ConfigError(f"there is a snapshot {name} in {repository} already; choose another name") from error
        except ClusterError as error:
            if "invalid_snapshot_name" in str(error):
                raise ConfigError(
                    f"there is a snapshot {name} in {repository} already, or it cannot be called so ({error})"
                ) from error
            raise
        try:
            return _awaited(connection, path, progress)
        except BaseException:
            with suppress(EngineError):
                connection.send("DELETE", path, seconds=COPY_SECONDS, idempotent=True)
            raise


def _awaited(connection: Connection, path: str, progress: Progress | None) -> Snapshot:
    """The snapshot, when it is complete."""
    while True:
        found = connection.send("GET", f"{path}/_status", seconds=COPY_SECONDS)["snapshots"][0]
        if progress:
            shards = found["shards_stats"]
            progress(int(shards["done"]), int(shards["total"]))
        if found["state"] not in ("INIT", "STARTED", "IN_PROGRESS"):
            break
        time.sleep(_POLL_SECONDS)
    while (done := _read(connection, path)).state == "in_progress":
        time.sleep(_POLL_SECONDS)
    if done.state != "complete":
        raise EngineError(f"the snapshot {done.name} is {done.state}; look at the log of the cluster and take another")
    return done


def listed_snapshots(connection: Connection, repository: str) -> list[Snapshot]:
    """See `search.engines.protocols.SnapshotRepositories`."""
    with _naming(repository):
        found = connection.send("GET", f"{_path(repository)}/_all", seconds=COPY_SECONDS)["snapshots"]
    ours = (_snapshot(row) for row in found if _metadata(row))
    return sorted(ours, key=lambda snapshot: (snapshot.taken_at, snapshot.name))


def restore_snapshot(
    connection: Connection, repository: str, name: str, *, replace: bool, progress: Progress | None
) -> Snapshot:
    """See `search.engines.protocols.SnapshotRepositories`."""
    path = _path(repository, name)
    with _naming(repository):
        row = _row(connection, path)
    snapshot, metadata = _snapshot(row), _metadata(row)
    if not metadata:
        raise ConfigError(f"the snapshot {name} in {repository} holds no archive of Backfile")
    if snapshot.state != "complete":
        raise EngineError(f"the snapshot {name} is {snapshot.state}; choose another")
    require_format(connection, metadata.get("format"))
    with _sole_writer(connection, replace=True) as (lease, base):
        if not replace and target_of(connection) is not None:
            raise EngineError(
                f"there is an archive in {connection.address.url} already; to put the snapshot in its place, "
                "say so with --replace, or restore it under another name"
            )
        index = name_of(connection, lease.epoch)
        if index in {found.name for found in physical_indices(connection)}:
            raise EngineError(f"there is an index {index} already that nothing needs; delete it, and run again")
        try:
            _restore(connection, path, str(metadata["index"]), index, progress)
            commit = _adopted(connection, index, lease, base)
            for vectors in metadata.get("vectors") or ():
                _restore_vectors(connection, path, str(vectors))
            commit_aside(connection, commit, base.index)
        except BaseException:
            if target_of(connection) != index:
                delete_index(connection, index)
            raise
    return snapshot


def _restore(connection: Connection, path: str, stored: str, index: str, progress: Progress | None) -> None:
    """Restores an index of the snapshot under another name, and waits until all its shards are there."""
    body = {
        "indices": stored,
        "include_global_state": False,
        "include_aliases": False,
        "rename_pattern": "^.+$",
        "rename_replacement": index,
        "index_settings": {"index.number_of_replicas": connection.address.replicas},
        "ignore_index_settings": list(_UNBLOCKED),
    }
    connection.send("POST", f"{path}/_restore", body, params={"wait_for_completion": "false"}, seconds=COPY_SECONDS)
    while True:
        shards = [
            shard
            for shard in connection.send("GET", f"/{index}/_recovery", seconds=COPY_SECONDS)
            .get(index, {})
            .get("shards", ())
            if shard["primary"]
        ]
        sizes = [shard["index"]["size"] for shard in shards]
        if progress and sizes:
            done = sum(int(size["recovered_in_bytes"]) + int(size["reused_in_bytes"]) for size in sizes)
            progress(done, sum(int(size["total_in_bytes"]) for size in sizes))
        health = connection.send("GET", f"/_cluster/health/{index}", params={"level": "indices"}, seconds=COPY_SECONDS)
        restored = health["indices"].get(index)
        # "yellow" is not enough: so is an index whose primary shards are just being restored.
        if restored and restored["active_primary_shards"] == restored["number_of_shards"]:
            return
        _require_hope(connection, index)
        time.sleep(_POLL_SECONDS)


def _require_hope(connection: Connection, index: str) -> None:
    """Raises EngineError if a primary shard will not be restored without somebody's help."""
    found = connection.send(
        "GET",
        f"/_cat/shards/{index}",
        params={"format": "json", "h": "prirep,state,unassigned.reason,unassigned.details"},
    )
    for shard in found:
        details = shard.get("unassigned.details") or ""
        if shard["prirep"] == "p" and shard["state"] == "UNASSIGNED" and "failed" in details:
            raise EngineError(f"a part of the snapshot cannot be restored: {details[:300]}")


def _adopted(connection: Connection, index: str, lease: Lease, base: Base) -> Commit:
    """The commit in a restored index as that of a new one; nothing is in its place yet."""
    held = commit_of(connection, record_in(connection, index))
    refresh(connection, index)
    newest = newest_epoch(connection, held)
    found = measured(connection, held)
    if found.articles != held.articles:
        raise IndexDamaged(
            f"{found.articles:,} articles were restored and {held.articles:,} were committed; nothing was changed"
        )
    if newest >= lease.epoch:
        lease.outgrow(newest)  # no writer of this archive may have the number of one that was cut in the other
    adopt_index(connection, index)
    now = datetime.now(UTC).timestamp()
    known = base.commit.retired if base.commit else {}
    left = {base.index: now} if base.index else {}
    unfinished = [epoch for epoch in range(held.epoch + 1, newest + 1) if epoch not in held.aborted]
    return changed(
        held,
        uid=secrets.token_hex(4),
        floor=held.epoch,
        history=(),
        aborted=(*held.aborted, *unfinished),
        retired=left_behind(connection, index, known, now) | left,
    )


def _restore_vectors(connection: Connection, path: str, stored: str) -> None:
    """Adds the vectors of the snapshot to those of the archive."""
    own = vectors_index(connection)
    if not _vectors(connection):
        _restore(connection, path, stored, own, None)
        return
    aside = f"{own}-restored"
    delete_index(connection, aside)
    try:
        _restore(connection, path, stored, aside, None)
        body = {"source": {"index": aside}, "dest": {"index": own}}
        connection.send("POST", "/_reindex", body, params={"refresh": "true"}, seconds=3_600.0, idempotent=True)
    finally:
        delete_index(connection, aside)


def _vectors(connection: Connection) -> list[str]:
    """The name of the index of vectors, if there is one."""
    try:
        connection.send("GET", f"/{vectors_index(connection)}", params={"filter_path": "*.aliases"})
    except Absent:
        return []
    return [vectors_index(connection)]


@contextmanager
def _sole_writer(connection: Connection, *, replace: bool) -> Iterator[tuple[Lease, Base]]:
    """Nobody else writes in this block."""
    lease = Lease(connection)
    left = lease.unfinished
    try:
        base = begin(connection, lease, replace=replace)
        left = base.aborted
        yield lease, base
        lease.renew()
        left = () if replace else base.aborted
    finally:
        lease.release(left)


@contextmanager
def _naming(repository: str) -> Iterator[None]:
    """Says what to do where there is no such repository or snapshot."""
    try:
        yield
    except Absent as error:
        if "repository" in error.kind or "repository_missing" in str(error):
            raise ConfigError(
                f"the cluster has no repository {repository}; register it with PUT /_snapshot/{repository}"
            ) from error
        raise ConfigError(
            f"there is no such snapshot in {repository}; `backfile cluster snapshots` lists them"
        ) from error


def _path(repository: str, name: str | None = None) -> str:
    if not _REPOSITORY.fullmatch(repository):
        raise ConfigError(f"{repository[:60]!r} is no name of a repository; it has letters, digits, dots, - and _")
    if name is not None and (not _SNAPSHOT.fullmatch(name) or name in ("_all", "_current")):
        raise ConfigError(f"{name[:60]!r} is no name of a snapshot; it has lower-case letters, digits, dots, - and _")
    return f"/_snapshot/{repository}" + (f"/{name}" if name is not None else "")


def _row(connection: Connection, path: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = connection.send("GET", path, seconds=COPY_SECONDS)["snapshots"][0]
    return found


def _read(connection: Connection, path: str) -> Snapshot:
    return _snapshot(_row(connection, path))


def _metadata(row: Mapping[str, Any]) -> Mapping[str, Any]:
    held = (row.get("metadata") or {}).get("backfile")
    return held if isinstance(held, Mapping) else {}


def _snapshot(row: Mapping[str, Any]) -> Snapshot:
    metadata = _metadata(row)
    state = str(row["state"]).lower()
    return Snapshot(
        name=str(row["snapshot"]),
        archive=str(metadata.get("archive", "")),
        articles=int(metadata.get("articles", 0)),
        taken_at=datetime.fromtimestamp(int(row["start_time_in_millis"]) / 1000, UTC),
        state="complete" if state == "success" else state,
    )
