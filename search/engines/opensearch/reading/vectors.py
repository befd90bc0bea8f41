"""Vectors of articles, in an index of their own beside the archive: by model and content hash.

They belong to what an article says and not to one version of it, so they stay when the archive is built anew. Those
that a writer added are seen by readers of its commit and later ones.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from search.batching import in_batches
from search.engines.opensearch.format.commits import Commit, among, never_born
from search.engines.opensearch.reading import lookups
from search.engines.opensearch.transport.connection import Connection, ndjson
from search.engines.opensearch.transport.errors import Absent, Conflict, error_of
from search.engines.vectors import Quantised, Vectors, quantised

FORMAT: Final = 1
"""Goes up when vectors are kept in another way."""

PAGE: Final = 500
"""Articles of one request: a vector of 384 numbers takes about 500 bytes."""

_MOST_MODELS: Final = 100
_BULK_BYTES: Final = 4_000_000


def vectors_index(connection: Connection) -> str:
    """The name of the index."""
    return f"{connection.address.name}-vectors"


def vectors_body(shards: int, replicas: int) -> dict[str, Any]:
    """The settings and the mapping of the index."""
    return {
        "settings": {
            "index": {"number_of_shards": shards, "number_of_replicas": replicas, "refresh_interval": "-1"},
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"backfile": {"format": FORMAT}},
            "properties": {
                "model": {"type": "keyword"},
                "hash": {"type": "keyword"},
                "born": {"type": "long"},
                "rows": {"type": "object", "enabled": False},
            },
        },
    }


def vectors(connection: Connection, commit: Commit, model: str, ids: Sequence[str]) -> dict[str, Vectors]:
    """See `search.engines.protocols.Searcher.vectors`."""
    stamps = lookups.stamps(connection, commit, ids)
    found = quantised_by_hash(connection, commit, model, [stamp.content_hash for stamp in stamps.values()])
    kept = ((name, found.get(stamp.content_hash)) for name, stamp in stamps.items())
    return {name: rows.vectors() for name, rows in kept if rows is not None}


def quantised_by_hash(
    connection: Connection, commit: Commit, model: str, hashes: Sequence[str]
) -> dict[str, Quantised]:
    """The vectors of a model, by content hash; hashes that have none are left out."""
    found: dict[str, Quantised] = {}
    for page in in_batches(dict.fromkeys(hashes), PAGE):
        hits = _hits(connection, commit, model, page, {"_source": ["hash", "rows"]})
        found |= {hit["_source"]["hash"]: _unpacked(hit["_source"]["rows"]) for hit in hits}
    return found


def without_vectors(connection: Connection, commit: Commit, model: str) -> Iterator[str]:
    """See `search.engines.protocols.Searcher.without_vectors`."""
    for page in in_batches(lookups.hashes(connection, commit), lookups.PAGE):
        known = _known(connection, commit, model, [content for _, content in page])
        yield from (name for name, content in page if content not in known)


def models(connection: Connection, commit: Commit) -> tuple[str, ...]:
    """See `search.engines.protocols.Searcher.vector_models`."""
    named = {"terms": {"field": "model", "size": _MOST_MODELS}}
    wanted = {"query": _seen(commit), "size": 0, "aggs": {"models": named}}
    try:
        [answer] = connection.search_many([(vectors_index(connection), wanted)])
    except Absent:
        return ()
    return tuple(sorted(bucket["key"] for bucket in answer["aggregations"]["models"]["buckets"]))


def add_vectors(connection: Connection, commit: Commit, model: str, vectors: Mapping[str, Vectors], born: int) -> int:
    """Writes the vectors of articles of `commit`, by content hash, as those of the commit `born`, and makes them ready
    to be searched. Returns how many there are: if none, nothing was written. See `Engine.add_vectors`.

    Raises EngineError for what is no vector, before anything is written, and Conflict if a later writer has written.
    """
    held = _held(connection, commit, list(vectors))
    held -= _known(connection, commit, model, sorted(held))
    rows = [
        (
            {"_id": f"{model}-{name}", "version": born, "version_type": "external_gte"},
            {"model": model, "hash": name, "born": born, "rows": _packed(quantised(vectors[name]))},
        )
        for name in sorted(held)
    ]
    if not rows:
        return 0
    _require_index(connection)
    size = 0
    lines: list[str] = []
    for head, row in rows:
        text = ndjson([{"index": head}, row])
        if lines and size + len(text) > _BULK_BYTES:
            _write(connection, lines)
            size, lines = 0, []
        lines.append(text)
        size += len(text)
    _write(connection, lines)
    connection.send("POST", f"/{vectors_index(connection)}/_refresh")
    return len(rows)


def _held(connection: Connection, commit: Commit, hashes: Sequence[str]) -> set[str]:
    """Those hashes that are of articles of the commit."""
    searches = []
    for page in in_batches(dict.fromkeys(hashes), PAGE):
        query = among(commit, {"terms": {"hash": page}})
        body = {"size": len(page), "query": query, "_source": False, "docvalue_fields": ["hash"]}
        searches.append((commit.index, body))
    answers = connection.search_many(searches)
    return {hit["fields"]["hash"][0] for answer in answers for hit in answer["hits"]["hits"]}


def _known(connection: Connection, commit: Commit, model: str, hashes: Sequence[str]) -> set[str]:
    """Those hashes for which there are vectors."""
    wanted = {"_source": False, "docvalue_fields": ["hash"]}
    pages = (_hits(connection, commit, model, page, wanted) for page in in_batches(dict.fromkeys(hashes), PAGE))
    return {hit["fields"]["hash"][0] for hits in pages for hit in hits}


def _hits(
    connection: Connection, commit: Commit, model: str, hashes: Sequence[str], wanted: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The vectors that a commit shows; none if none were ever kept."""
    query = {"bool": {"filter": [{"term": {"model": model}}, {"terms": {"hash": list(hashes)}}, _seen(commit)]}}
    body = {"size": len(hashes), "track_total_hits": False, "query": query, **wanted}
    try:
        [answer] = connection.search_many([(vectors_index(connection), body)])
    except Absent:
        return []
    found: list[dict[str, Any]] = answer["hits"]["hits"]
    return found


def _seen(commit: Commit) -> dict[str, Any]:
    """The vectors that a commit shows, as a query."""
    return {"bool": {"filter": [{"range": {"born": {"lte": commit.epoch}}}], "must_not": never_born(commit)}}


def _require_index(connection: Connection) -> None:
    address = connection.address
    try:
        connection.send("PUT", f"/{vectors_index(connection)}", vectors_body(address.shards, address.replicas))
    except Conflict:
        return  # it is there


def _write(connection: Connection, lines: Sequence[str]) -> None:
    answer = connection.send("POST", f"/{vectors_index(connection)}/_bulk", "".join(lines), idempotent=True)
    for item in answer["items"]:
        if error := item["index"].get("error"):
            raise error_of(int(item["index"]["status"]), error)


def _packed(rows: Quantised) -> dict[str, str]:
    values = np.ascontiguousarray(rows.values, np.int8).tobytes()
    scales = rows.scales.astype("<f4").tobytes()
    return {"values": base64.b64encode(values).decode("ascii"), "scales": base64.b64encode(scales).decode("ascii")}


def _unpacked(rows: Mapping[str, str]) -> Quantised:
    scales = np.frombuffer(base64.b64decode(rows["scales"]), "<f4").astype(np.float32)
    values = np.frombuffer(base64.b64decode(rows["values"]), np.int8).reshape(len(scales), -1)
    return Quantised(values, scales)
