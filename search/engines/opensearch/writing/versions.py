"""The versions of articles that an index holds: finding those of a commit, and marking them as replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from search.batching import in_batches
from search.document import Document
from search.engines.opensearch.format.articles import document_of, indexed, sound, version_id
from search.engines.opensearch.format.commits import Commit, among
from search.engines.opensearch.transport.connection import Connection, ndjson
from search.engines.opensearch.transport.errors import Unavailable, error_of
from search.engines.opensearch.writing.bulk import Operation
from search.errors import IndexDamaged

LOOKUP_IDS: Final = 500
"""Ids that are looked up in one search."""
READ_AT_ONCE: Final = 20
"""Articles that are read in one request; each may have a megabyte and more."""
LOOKUP_SECONDS: Final = 60.0

_STEPS: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Draft:
    """A version that is to be written, as `action` says: with its name, and on which condition."""

    action: Mapping[str, Any]
    document: Document
    born: int
    died: int | None

    def operation(self) -> Operation:
        """The article analysed, which is most of the work."""
        lines = ndjson([{"index": self.action}, indexed(self.document, self.born, self.died)])
        return Operation(lines, self.action["_id"], self.document.id)


@dataclass(frozen=True, slots=True)
class Version:
    """A version as it is stored. `died`: the epoch that took it out, whether or not that was committed."""

    key: str
    document: Document
    born: int
    died: int | None
    seq_no: int
    primary_term: int

    def marked(self, died: int | None) -> Draft:
        """Writes the version again with another `died`, if it is still as it was read."""
        action = {"_id": self.key, "if_seq_no": self.seq_no, "if_primary_term": self.primary_term}
        return Draft(action, self.document, self.born, died)


def added(document: Document, epoch: int, step: int) -> Draft:
    """Writes the version that `epoch` adds. Of several of one article that with the highest `step` stays."""
    action = {
        "_id": version_id(document.id, epoch),
        "version": epoch * _STEPS + step,
        "version_type": "external_gte",
    }
    return Draft(action, document, epoch, None)


def withdrawn(id: str, epoch: int, step: int) -> Operation:
    """Deletes the version that `epoch` has added itself."""
    key = version_id(id, epoch)
    action = {"_id": key, "version": epoch * _STEPS + step, "version_type": "external_gte"}
    return Operation(ndjson([{"delete": action}]), key, id)


def born_in(key: str) -> int:
    """The epoch that wrote the version of this name."""
    return int(key.rpartition("-")[2])


def _digest(key: str) -> str:
    return key.rpartition("-")[0]


def find_versions(connection: Connection, commit: Commit, ids: Sequence[str]) -> Mapping[str, str]:
    """The names of the versions in which a commit holds these articles, by id; absent for those it does not hold."""
    names = {_digest(version_id(name, 0)): name for name in ids}
    found: dict[str, str] = {}
    for part in in_batches(ids, LOOKUP_IDS):
        body = {
            "size": len(part) + LOOKUP_IDS,  # ids of which UTF-8 has no place for a part are found for one another
            "_source": False,
            "query": among(commit, {"terms": {"id": [sound(name) for name in part]}}),
        }
        [answer] = connection.search_many([(commit.index, body)], seconds=LOOKUP_SECONDS)
        require_whole(answer)
        for hit in answer["hits"]["hits"]:
            key = str(hit["_id"])
            if name := names.get(_digest(key)):
                found[name] = key
    return found


def read_versions(connection: Connection, index: str, keys: Sequence[str]) -> Iterator[Version]:
    """The versions of these names, as they are now, a few at a time. Raises IndexDamaged if one is gone."""
    for part in in_batches(keys, READ_AT_ONCE):
        answer = connection.send("POST", f"/{index}/_mget", {"ids": part}, seconds=LOOKUP_SECONDS)
        for held in answer["docs"]:
            yield _version(held)


def held_versions(connection: Connection, index: str, keys: Sequence[str]) -> frozenset[str]:
    """Those of the names of which there is a version now."""
    found: set[str] = set()
    for part in in_batches(keys, LOOKUP_IDS):
        params = {"_source": "false"}
        answer = connection.send("POST", f"/{index}/_mget", {"ids": part}, params=params, seconds=LOOKUP_SECONDS)
        for held in answer["docs"]:
            if "error" in held:
                raise error_of(503, held["error"])
            if held.get("found"):
                found.add(str(held["_id"]))
    return frozenset(found)


def require_whole(answer: Mapping[str, Any]) -> None:
    """Raises Unavailable if shards are missing from an answer, even where readers may get such."""
    if answer.get("partial"):
        raise Unavailable("shards of the index are missing, so nothing can be written; start the nodes that hold them")


def _version(held: Mapping[str, Any]) -> Version:
    key = str(held["_id"])
    if "error" in held:
        raise error_of(503, held["error"])
    if not held.get("found"):
        raise IndexDamaged(f"the index has lost an article while it was written ({key}); run again")
    source = held["_source"]
    died = source.get("died")
    return Version(
        key, document_of(source), born_in(key), None if died is None else int(died),
        int(held["_seq_no"]), int(held["_primary_term"]),
    )  # fmt: skip
