"""Making a commit: what it comes to, and the one request that makes it visible."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from search.engines.opensearch.format.commits import (
    COMMIT_ID,
    Commit,
    commit_of,
    record_in,
    target_of,
    visible,
    write_record,
)
from search.engines.opensearch.transport.connection import Connection, jittered
from search.engines.opensearch.transport.errors import Absent, Conflict, Denied, Refused, Unavailable
from search.engines.opensearch.writing.indices import put_in_place
from search.engines.opensearch.writing.lease import LeaseLost
from search.engines.opensearch.writing.versions import require_whole
from search.errors import EngineError
from search.schema import TEXT_FIELDS

MAX_LANGUAGES: Final = 10_000
ANSWER_SECONDS: Final = 60.0
"""How long a commit of which no answer came is tried again and asked about."""
REFRESH_SECONDS: Final = 300.0
_FIRST_PAUSE_SECONDS: Final = 0.1


def refresh(connection: Connection, index: str) -> None:
    """Makes what was written to the index visible to searches, on every copy of every shard. Raises Unavailable."""
    shards = connection.send("POST", f"/{index}/_refresh", seconds=REFRESH_SECONDS, idempotent=True)["_shards"]
    if shards["failed"]:
        raise Unavailable(
            f"{shards['failed']} of {shards['total']} copies of shards of {index} could not be refreshed; run again"
        )


def measured(connection: Connection, commit: Commit) -> Commit:
    """The commit with the numbers of what it shows. Raises Unavailable if shards are missing."""
    aggregations: dict[str, Any] = {"languages": {"terms": {"field": "key.lang", "size": MAX_LANGUAGES}}}
    for name in TEXT_FIELDS:
        aggregations[f"sum {name}"] = {"sum": {"field": f"length.{name}"}}
        aggregations[f"count {name}"] = {"value_count": {"field": f"length.{name}"}}
    body = {"size": 0, "track_total_hits": True, "query": visible(commit), "aggs": aggregations}
    [answer] = connection.search_many([(commit.index, body)], seconds=REFRESH_SECONDS)
    require_whole(answer)
    found = answer["aggregations"]
    counts = {name: found[f"count {name}"]["value"] for name in TEXT_FIELDS}
    return replace(
        commit,
        articles=int(answer["hits"]["total"]["value"]),
        languages=tuple(sorted(bucket["key"] for bucket in found["languages"]["buckets"])),
        average_lengths={
            name: found[f"sum {name}"]["value"] / count if count else 0.0 for name, count in counts.items()
        },
        size_bytes=_size_bytes(connection, commit.index),
    )


def _size_bytes(connection: Connection, index: str) -> int | None:
    """What one copy of an index takes on disk; None where that is not told."""
    try:
        stats = connection.send("GET", f"/{index}/_stats/store", seconds=REFRESH_SECONDS)
    except Denied:  # a user who may only read and write need not be let look
        return None
    return int(stats["_all"]["primaries"]["store"]["size_in_bytes"])


def commit_in_place(connection: Connection, commit: Commit, before: Commit) -> None:
    """Writes the record in place of that of `before`. Raises LeaseLost if it is not the newest any more."""

    def write() -> None:
        write_record(connection, commit.index, commit.as_json(), seq_no=before.seq_no, primary_term=before.primary_term)

    _settle(connection, write, lambda: _is_written(connection, commit))


def commit_aside(connection: Connection, commit: Commit, before: str | None) -> None:
    """Writes the record into an index that was built aside, and puts that in the place of `before`.

    Raises LeaseLost if another writer has given the index up.
    """
    path = f"/{commit.index}/_doc/{COMMIT_ID}"
    connection.send("PUT", path, commit.as_json(), seconds=ANSWER_SECONDS, idempotent=True)
    _settle(
        connection,
        lambda: put_in_place(connection, commit.index, before),
        lambda: target_of(connection) == commit.index,
    )


def _is_written(connection: Connection, commit: Commit) -> bool:
    try:
        held = commit_of(connection, record_in(connection, commit.index))
    except Absent:
        return False
    return held.epoch == commit.epoch and held.uid == commit.uid


def _settle(connection: Connection, attempt: Callable[[], None], is_done: Callable[[], bool]) -> None:
    """Makes an attempt until it is known how it ended. Each is refused if one before it was carried out."""
    ends = time.monotonic() + ANSWER_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            try:
                attempt()
            except (Conflict, Absent) as error:
                if not is_done():
                    raise LeaseLost(
                        f"another writer has taken over {connection.address.url}, because this one had not renewed its "
                        "lease; nothing of this transaction was committed; run again"
                    ) from error
        except (Refused, Unavailable) as error:
            if time.monotonic() + pause > ends:
                raise EngineError(
                    f"the cluster does not answer, so it is not known whether {connection.address.url} was changed; "
                    "run again when it does, and what is missing is added"
                ) from error
        else:
            return
        time.sleep(jittered(pause))
        pause = min(2 * pause, 5.0)
