"""The indices that an archive has on the cluster: `name-000001` and so on, behind the alias `name`.

The number is the epoch of the writer that made it, so no name is ever used twice: what a writer that has lost its lease
still sends can never arrive in an index that is another's.

Each has two aliases of its own. Whoever writes uses `name-000001-write`, and has the cluster refuse the request if that
is no alias: writing to an index that was deleted would make it anew, with no schema. `name-000001-half` is there until
the index is put behind `name`, in the call that does so. Taking it away is the one thing that decides whether an index
that is being built will ever be used: both the writer that builds it and the one that cleans up after it do so by a
request that fails if it is gone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from search.engines.opensearch.format.commits import mark_of
from search.engines.opensearch.format.mapping import index_body
from search.engines.opensearch.transport.address import OWN_SUFFIXES
from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import Absent, Denied

_CHANGE_SECONDS: Final = 60.0
"""How long the cluster may take to make an index, to put one in place of another, or to delete one."""
_COPIES_SECONDS: Final = 30.0
"""How long to wait for the copies of a new index. They hold nothing yet, so that is a matter of moments."""


@dataclass(frozen=True, slots=True)
class Physical:
    """An index with a name as ours have it. `is_ours`: Backfile made it. `is_half`: it was never put in its place."""

    name: str
    is_ours: bool
    is_half: bool
    is_current: bool


def write_alias(index: str) -> str:
    """Where to send what is to be written to the index."""
    return f"{index}-write"


def _half_alias(index: str) -> str:
    return f"{index}-half"


def physical_indices(connection: Connection) -> list[Physical]:
    """Every index of the cluster that has a name like ours, by number."""
    name = connection.address.name
    found: Mapping[str, Any] | None = connection.send(
        "GET",
        f"/{name}-*",
        params={"filter_path": "*.aliases,*.mappings._meta", "expand_wildcards": "all", "ignore_unavailable": "true"},
    )
    ours = re.compile(rf"{re.escape(name)}-[0-9]{{6,}}")
    return [
        Physical(
            index,
            is_ours="backfile" in held.get("mappings", {}).get("_meta", {}),
            is_half=_half_alias(index) in held["aliases"],
            is_current=name in held["aliases"],
        )
        for index, held in sorted((found or {}).items(), key=lambda item: (len(item[0]), item[0]))
        if ours.fullmatch(index)
    ]


def name_of(connection: Connection, epoch: int) -> str:
    """The name of the index that the writer of this epoch fills."""
    return f"{connection.address.name}-{epoch:06}"


def adopt_index(connection: Connection, index: str) -> None:
    """Gives an index that came from elsewhere the aliases of one that is being built."""
    actions = [{"add": {"index": index, "alias": alias}} for alias in (write_alias(index), _half_alias(index))]
    connection.send("POST", "/_aliases", {"actions": actions}, seconds=_CHANGE_SECONDS, idempotent=True)


def _data_nodes(connection: Connection) -> int:
    """How many nodes may hold a copy; 1 where that is not told."""
    try:
        health = connection.send("GET", "/_cluster/health", params={"filter_path": "number_of_data_nodes"})
    except Denied:  # a user who may only read and write need not be let look
        return 1
    return int(health["number_of_data_nodes"])


def make_index(connection: Connection, epoch: int) -> str:
    """Makes the index that the writer of this epoch fills; returns its name. Raises Conflict if there is one of that
    name.

    Waits for a while until all its copies are there that the nodes have room for: what is committed must not be lost
    with one node.
    """
    address = connection.address
    index = name_of(connection, epoch)
    copies = max(1, min(1 + address.replicas, _data_nodes(connection)))
    body = index_body(address.shards, address.replicas)
    body["aliases"] = {write_alias(index): {}, _half_alias(index): {}}
    params = {"wait_for_active_shards": str(copies), "timeout": f"{_COPIES_SECONDS:.0f}s"}
    connection.send("PUT", f"/{index}", body, params=params, seconds=_CHANGE_SECONDS)
    return index


def put_in_place(connection: Connection, index: str, before: str | None) -> None:
    """From now on the archive's name leads to `index` and no more to `before`, in one step.

    Raises Absent if `index` was given up or is in its place already, or the name does not lead to `before`.
    """
    name = connection.address.name
    actions = [
        {"remove": {"index": index, "alias": _half_alias(index), "must_exist": True}},
        {"add": {"index": index, "alias": name}},
    ]
    if before is not None:
        actions.append({"remove": {"index": before, "alias": name, "must_exist": True}})
    connection.send("POST", "/_aliases", {"actions": actions}, seconds=_CHANGE_SECONDS)


def give_up(connection: Connection, index: str) -> bool:
    """Deletes an index that was not put in its place; False if it has been, and then it stays."""
    action = {"remove": {"index": index, "alias": _half_alias(index), "must_exist": True}}
    try:
        connection.send("POST", "/_aliases", {"actions": [action]}, seconds=_CHANGE_SECONDS)
    except Absent:
        return False
    delete_index(connection, index)
    return True


def delete_index(connection: Connection, index: str) -> None:
    """Deletes the index; does nothing if it is gone."""
    with suppress(Absent):
        connection.send("DELETE", f"/{index}", seconds=_CHANGE_SECONDS, idempotent=True)


def erase(connection: Connection) -> None:
    """Deletes the indices of the archive and those beside them; what Backfile did not make stays."""
    for index in physical_indices(connection):
        if index.is_ours:
            delete_index(connection, index.name)
    for suffix in OWN_SUFFIXES:
        name = f"{connection.address.name}{suffix}"
        with suppress(Absent):
            if mark_of(connection, name) is not None:
                delete_index(connection, name)
