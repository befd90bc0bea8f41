"""Taking articles out of the cluster so that its indices keep nothing of them: every version, in every index that the
archive has had, and the vectors.

A cluster deletes by marking; what is marked leaves the files when Lucene merges their segments. Here it is made to:
the deletions are flushed, and the segments that have any are merged. What a cluster keeps besides, such as snapshots in
repositories, is for its operators: docs/explanation/cluster.md.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any, Final

from search.batching import in_batches
from search.engines.opensearch.format.commits import Commit, target_of, visible
from search.engines.opensearch.reading.vectors import vectors_index
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import Absent, Denied
from search.engines.opensearch.writing.indices import physical_indices
from search.engines.opensearch.writing.lease import Lease
from search.engines.opensearch.writing.opening import Base, begin
from search.engines.opensearch.writing.publishing import refresh
from search.engines.opensearch.writing.sweeping import delete_matching
from search.engines.opensearch.writing.versions import LOOKUP_IDS, require_whole

MERGE_SECONDS: Final = 3_600.0
"""How long merging the segments of an index may take."""
_LEFT_SECONDS: Final = 120.0
"""How long to try again: a shard keeps deleted versions for copies that may be behind until it has heard of all of
them, which it does every 30 seconds."""
_PAUSE_SECONDS: Final = 2.0


def purge_versions(
    connection: Connection, ids: Collection[str], hashes: Collection[str], *, lease_seconds: float
) -> int:
    """Deletes every version of the articles and their vectors, as the one writer; returns how many deleted versions the
    segments still hold, as far as the cluster says: 0 if all went well. `hashes`: the content hashes known of them.

    Call it when the articles have been deleted in a commit: versions that a commit shows are left alone.
    """
    if target_of(connection) is None:
        return 0
    lease = Lease(connection, seconds=lease_seconds)
    base = Base(aborted=lease.unfinished)
    try:
        base = begin(connection, lease, replace=False)
        _purge_vectors(connection, hashes, lease)
        for index in [each.name for each in physical_indices(connection) if each.is_ours and not each.is_half]:
            commit = base.commit if base.commit and base.commit.index == index else None
            _purge_index(connection, index, commit, ids, lease)
        return _left(connection, base, lease)
    finally:
        lease.release(base.aborted)


def _purge_index(connection: Connection, index: str, commit: Commit | None, ids: Collection[str], lease: Lease) -> None:
    """Deletes the versions in one index, those that `commit` shows excepted, with their vectors."""
    refresh(connection, index)
    for part in in_batches(ids, LOOKUP_IDS):
        query: dict[str, Any] = {"bool": {"filter": [{"terms": {"id": part}}]}}
        if commit:
            query["bool"]["must_not"] = [visible(commit)]
        _purge_vectors(connection, list(_hashes(connection, index, query)), lease)
        delete_matching(connection, index, query, lease.require)
    _expunge(connection, index)


def _hashes(connection: Connection, index: str, query: dict[str, Any]) -> Iterator[str]:
    body = {"size": 0, "query": query, "aggs": {"hashes": {"terms": {"field": "hash", "size": 65_536}}}}
    [answer] = connection.search_many([(index, body)], seconds=MERGE_SECONDS)
    require_whole(answer)
    yield from (bucket["key"] for bucket in answer["aggregations"]["hashes"]["buckets"])


def _purge_vectors(connection: Connection, hashes: Collection[str], lease: Lease) -> None:
    index = vectors_index(connection)
    with suppress(Absent):
        refresh(connection, index)
        deleted = sum(
            delete_matching(connection, index, {"terms": {"hash": part}}, lease.require)
            for part in in_batches(hashes, LOOKUP_IDS)
        )
        if deleted:
            _expunge(connection, index)


def _expunge(connection: Connection, index: str) -> None:
    """Merges the segments of an index that have deletions, however few."""
    settings = {"index.merge.policy.expunge_deletes_allowed": 0}
    connection.send("PUT", f"/{index}/_settings", settings, seconds=MERGE_SECONDS, idempotent=True)
    connection.send("POST", f"/{index}/_flush", params={"force": "true"}, seconds=MERGE_SECONDS, idempotent=True)
    params = {"only_expunge_deletes": "true"}
    connection.send("POST", f"/{index}/_forcemerge", params=params, seconds=MERGE_SECONDS, idempotent=True)
    connection.send("POST", f"/{index}/_flush", params={"force": "true"}, seconds=MERGE_SECONDS, idempotent=True)
    refresh(connection, index)


def _left(connection: Connection, base: Base, lease: Lease) -> int:
    """How many deleted versions are still in segments of the archive's index, after some tries."""
    ends = time.monotonic() + _LEFT_SECONDS
    while base.index is not None and (left := _deleted_docs(connection, base.index)):
        if time.monotonic() > ends:
            return left
        lease.require()
        time.sleep(_PAUSE_SECONDS)
        _expunge(connection, base.index)
    return 0


def _deleted_docs(connection: Connection, index: str) -> int:
    try:
        stats = connection.send("GET", f"/{index}/_stats/docs", seconds=MERGE_SECONDS)
    except Denied:  # a user who may write need not be let look
        return 0
    return int(stats["_all"]["total"]["docs"]["deleted"])
