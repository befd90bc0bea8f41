"""The most frequent values of a keyword field, exactly, although each shard only knows its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from search.engines.opensearch.format.commits import Commit, among
from search.engines.opensearch.transport.connection import Connection

MAX_BUCKETS: Final = 60_000
"""Values of one aggregation; a cluster refuses more than 65,535 unless told otherwise."""

_MORE: Final = 8
"""How many times as many values are asked for if those of the last question do not settle the order."""

_BUCKETS: Final = "values"


@dataclass(frozen=True, slots=True)
class Listed:
    """Values by falling number of articles, then value, with numbers that may be too low by `error` each.

    `beyond`: no other value is in more articles than that; 0 if there is no other.
    """

    counts: tuple[tuple[str, int], ...]
    error: int
    beyond: int


def most_frequent_values(
    connection: Connection, commit: Commit, field: str, limit: int, include: str | None = None
) -> Listed:
    """At most `limit` values of a field, by falling number of articles, then value; the numbers are exact.

    `include` is a regular expression of Lucene's that they match. Beyond MAX_BUCKETS values a shard, those that are in
    as many articles as the last one may be missing.
    """
    size = min(max(2 * limit, 100), MAX_BUCKETS)
    while True:
        listed = listed_values(connection, commit, field, size, include)
        counts = listed.counts
        if listed.error:
            counts = _recounted(connection, commit, field, [value for value, _ in counts])
        best, rest = counts[:limit], counts[limit:]
        settled = len(best) == limit and (not listed.error or listed.beyond < best[-1][1])
        if settled or not listed.beyond or size == MAX_BUCKETS:
            return Listed(best, 0, rest[0][1] if rest else listed.beyond)
        size = min(size * _MORE, MAX_BUCKETS)


def listed_values(
    connection: Connection,
    commit: Commit,
    field: str,
    size: int,
    include: str | None = None,
    query: Mapping[str, Any] | None = None,
) -> Listed:
    """The `size` most frequent values of the articles of a commit that `query` finds, as the shards know them."""
    terms: dict[str, Any] = {"field": field, "size": size}
    if include is not None:
        terms["include"] = include
    found = _asked(connection, commit, terms, query)
    counts = tuple([(bucket["key"], int(bucket["doc_count"])) for bucket in found["buckets"]])
    error = int(found["doc_count_error_upper_bound"])
    more = error or int(found["sum_other_doc_count"])
    return Listed(counts, error, counts[-1][1] + error if more and counts else 0)


def _recounted(
    connection: Connection, commit: Commit, field: str, values: Sequence[str]
) -> tuple[tuple[str, int], ...]:
    """The values with their exact numbers, by falling number, then value: no shard leaves one of so few out."""
    found = _asked(connection, commit, {"field": field, "size": len(values), "include": list(values)}, None)
    return tuple([(bucket["key"], int(bucket["doc_count"])) for bucket in found["buckets"]])


def _asked(
    connection: Connection, commit: Commit, terms: Mapping[str, Any], query: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    found_in = among(commit, *([] if query is None else [query]))
    body = {"size": 0, "query": found_in, "aggs": {_BUCKETS: {"terms": terms}}}
    [answer] = connection.search_many([(commit.index, body)])
    found: Mapping[str, Any] = answer["aggregations"][_BUCKETS]
    return found
