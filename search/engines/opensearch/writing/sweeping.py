"""Clearing away what no reader can see any more: only the writer that holds the lease does it.

Nothing here decides what is visible. A commit record has said so before, and nothing of what it shows, or of what a
reader of an epoch from its floor on may still see, is ever deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from search.engines.opensearch.format.commits import Commit, dead, never_born
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.writing.indices import Physical, delete_index, give_up, physical_indices
from search.errors import EngineError

SWEEP_VERSIONS: Final = 5_000
"""Versions that are deleted in one request."""
_SWEEP_SECONDS: Final = 120.0

_log = logging.getLogger("backfile.opensearch")


def sweep_versions(connection: Connection, commit: Commit, require: Callable[[], None]) -> int:
    """Deletes the versions that nobody needs: dead at the floor of the commit, or written by an aborted epoch.

    Returns how many. `require` raises if this writer may delete no more.
    """
    unneeded = {"bool": {"should": [dead(commit, commit.floor), *never_born(commit)]}}
    return delete_matching(connection, commit.index, unneeded, require)


def sweep_epoch(connection: Connection, index: str, epoch: int, require: Callable[[], None]) -> None:
    """Deletes the versions that an epoch has written which will never be committed."""
    connection.send("POST", f"/{index}/_refresh", seconds=_SWEEP_SECONDS)
    delete_matching(connection, index, {"term": {"born": epoch}}, require)


def delete_matching(connection: Connection, index: str, query: Mapping[str, Any], require: Callable[[], None]) -> int:
    """Deletes what matches, a few thousand at a time, and returns how many. What is changed meanwhile stays."""
    deleted = 0
    while True:
        require()
        answer = connection.send(
            "POST",
            f"/{index}/_delete_by_query",
            {"query": query, "max_docs": SWEEP_VERSIONS},
            params={"conflicts": "proceed"},
            seconds=_SWEEP_SECONDS,
        )
        found = int(answer["deleted"])
        deleted += found
        if found + int(answer["version_conflicts"]) < SWEEP_VERSIONS:
            return deleted
        connection.send("POST", f"/{index}/_refresh", seconds=_SWEEP_SECONDS)  # else it would find them again


def give_up_half_built(connection: Connection) -> None:
    """Deletes the indices that earlier writers began and did not put in their place; from now on they cannot."""
    for found in physical_indices(connection):
        if found.is_ours and found.is_half:
            give_up(connection, found.name)


def left_behind(connection: Connection, current: str, retired: Mapping[str, float], now: float) -> dict[str, float]:
    """The indices that the archive has left, with since when: as `retired` says, from `now` for the others."""
    return {
        found.name: retired.get(found.name, now) for found in physical_indices(connection) if _is_left(found, current)
    }


def sweep_indices(connection: Connection, commit: Commit, now: float) -> None:
    """Deletes the indices that the archive has left for as long as articles are kept."""
    ended = {name for name, since in commit.retired.items() if since <= now - connection.address.keep_seconds}
    if not ended:
        return
    for found in physical_indices(connection):
        if found.name in ended and _is_left(found, commit.index):
            delete_index(connection, found.name)


def _is_left(found: Physical, current: str) -> bool:
    return found.is_ours and not found.is_half and not found.is_current and found.name != current


def best_effort(connection: Connection, sweep: Callable[[], object]) -> None:
    """Sweeps; where that fails, the next writer does it."""
    try:
        sweep()
    except EngineError as error:
        _log.warning("not all that %s needs no more could be deleted: %s", connection.address.name, error)
