"""The values of keyword fields: the most frequent ones, and those that fit what somebody typed."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from search.engines.opensearch.format.commits import Commit, visible
from search.engines.opensearch.reading.frequent import MAX_BUCKETS, listed_values, most_frequent_values
from search.engines.opensearch.transport.connection import Connection
from search.engines.values import ValueLookup
from search.schema import KEYWORD_FIELDS, ValueMatch

MAX_PARTS: Final = 20
"""Further requests for the values of one field, each for a share of them.

So about half a million values are looked through, which take some 100 MB here. Of a field with more, which is no list
that people know and type from, only the MAX_BUCKETS most frequent ones are found.
"""

_SHARE: Final = 30_000
"""Values that a share should have: they are dealt out by hash, and none may exceed MAX_BUCKETS."""


class Values:
    """Looks up the values of keyword fields in one commit. Safe to use from several threads.

    What `find` needs, all values of a field, is fetched at its first question and kept.
    """

    def __init__(self, connection: Connection, commit: Commit) -> None:
        self._connection = connection
        self._commit = commit
        self._lookups: dict[str, ValueLookup] = {}
        self._lock = Lock()

    def top(self, field: str, limit: int) -> list[tuple[str, int]]:
        """See `search.engines.protocols.Searcher.top_values`."""
        if limit <= 0:
            return []
        return list(most_frequent_values(self._connection, self._commit, f"key.{field}", limit).counts)

    def find(self, field: str, text: str, how: ValueMatch, limit: int) -> list[tuple[str, int]]:
        """See `search.engines.protocols.Searcher.find_values`."""
        with self._lock:
            if (lookup := self._lookups.get(field)) is None:
                counts = all_values(self._connection, self._commit, field)
                lookup = ValueLookup(counts, hierarchical=KEYWORD_FIELDS[field].hierarchical)
                self._lookups[field] = lookup
        return lookup.find(text, how, limit)


def all_values(connection: Connection, commit: Commit, field: str) -> dict[str, int]:
    """Every value of a keyword field with the number of articles that hold it; see MAX_PARTS for the largest fields."""
    listed = listed_values(connection, commit, f"key.{field}", MAX_BUCKETS)
    if not listed.beyond:
        return dict(listed.counts)
    parts = _parts(connection, commit, field)
    if parts > MAX_PARTS:
        return dict(most_frequent_values(connection, commit, f"key.{field}", MAX_BUCKETS).counts)
    counts: dict[str, int] = {}
    for part in range(parts):
        found = _answer(
            connection,
            commit,
            {
                "terms": {
                    "field": f"key.{field}",
                    "size": MAX_BUCKETS,
                    "include": {"partition": part, "num_partitions": parts},
                }
            },
        )
        counts |= {bucket["key"]: int(bucket["doc_count"]) for bucket in found["buckets"]}
    return counts


def _parts(connection: Connection, commit: Commit, field: str) -> int:
    """The number of shares for the values of a field, from an estimate of how many there are."""
    found = _answer(connection, commit, {"cardinality": {"field": f"key.{field}"}})
    return int(found["value"]) // _SHARE + 1


def _answer(connection: Connection, commit: Commit, aggregation: Mapping[str, Any]) -> Mapping[str, Any]:
    body = {"size": 0, "query": visible(commit), "aggs": {"values": aggregation}}
    [answer] = connection.search_many([(commit.index, body)])
    found: Mapping[str, Any] = answer["aggregations"]["values"]
    return found
