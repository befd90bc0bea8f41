"""What an archive on a cluster stands on: its nodes, their disks and memory, its shards, what blocks writing, and who
writes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from search.engines.opensearch.transport.connection import Connection
from search.engines.opensearch.transport.errors import ClusterError, Denied, Unavailable
from search.engines.opensearch.writing.lease import read_lease
from search.engines.protocols import Finding, Health
from search.errors import IndexDamaged

MOST_HEAP_PERCENT: Final = 90
"""Above this a node collects garbage all the time, and refuses requests."""

_COLOURS: Final[Mapping[str, Health]] = {"green": "ok", "yellow": "warning", "red": "problem"}
_COLOUR_ADVICE: Final = {
    "yellow": "bring the missing nodes back, or set the number of replicas to less than that of the nodes",
    "red": "bring the missing nodes back: parts of indices have no copy; else restore a snapshot",
}
_MARKS: Final[Mapping[str, tuple[Health, str]]] = {
    "flood_stage": ("problem", "free some space now: the cluster has set indices on this node read-only"),
    "high": ("problem", "free some space or add a node: the cluster moves shards away from this one"),
    "low": ("warning", "free some space or add a node: the cluster puts no more shards on this one"),
}
_UNITS: Final = {"": 1, "b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "pb": 2**50}
_NO_RIGHTS: Final = "give the user's role the right cluster_monitor, and indices_monitor on the archive's indices"


def examine_cluster(connection: Connection) -> Iterator[Finding]:
    """See `search.engines.protocols.Diagnosable`."""
    for what, examine in _EXAMINED.items():
        try:
            yield from examine(connection)
        except Denied as error:
            yield Finding(what, "warning", f"may not be looked at: {error}", _NO_RIGHTS)
        except Unavailable as error:
            yield Finding(what, "problem", str(error), "see that the nodes run, and that they can be reached from here")
            if not error.answered:
                return
        except ClusterError as error:
            yield Finding(what, "problem", str(error), "look at the log of the cluster")
        except IndexDamaged as error:
            yield Finding(what, "warning", str(error))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            yield Finding(
                what, "warning", f"the answer cannot be read ({error!r})"[:200], "look at the cluster yourself"
            )


def _version(connection: Connection) -> Iterator[Finding]:
    found = connection.send("GET", "/")
    yield Finding("cluster", "ok", f"{found['cluster_name']}, OpenSearch {found['version']['number']}")


def _health(connection: Connection) -> Iterator[Finding]:
    found = connection.send("GET", "/_cluster/health")
    colour = str(found["status"])
    counts = f"{counted(found['number_of_nodes'], 'node')}, {found['number_of_data_nodes']} with data"
    pending = f", {found['number_of_pending_tasks']} tasks waiting" if found["number_of_pending_tasks"] else ""
    yield Finding(
        "health", _COLOURS.get(colour, "problem"), f"{colour}; {counts}{pending}", _COLOUR_ADVICE.get(colour, "")
    )


def _shards(connection: Connection) -> Iterator[Finding]:
    name = connection.address.name
    found = connection.send("GET", f"/_cluster/health/{name}-*", params={"level": "indices"})
    own = re.compile(rf"{re.escape(name)}-(?:[0-9]{{6,}}|lease|vectors)")
    rows = {index: row for index, row in found["indices"].items() if own.fullmatch(index)}
    for index, row in sorted(rows.items()):
        copies = f"{counted(row['number_of_shards'], 'shard')}, {counted(row['number_of_replicas'], 'replica')} of each"
        missing = f", {row['unassigned_shards']} copies unassigned" if row["unassigned_shards"] else ""
        colour = str(row["status"])
        health, advice = _COLOURS.get(colour, "problem"), _COLOUR_ADVICE.get(colour, "")
        if health == "ok" and not row["number_of_replicas"] and found["number_of_data_nodes"] > 1:
            health, advice = "warning", "give it a replica: with a node that is lost, articles are lost"
        yield Finding(f"index {index}", health, f"{colour}; {copies}{missing}", advice)


def _disks(connection: Connection) -> Iterator[Finding]:
    marks = _settings(connection, "cluster.routing.allocation.disk")
    is_watched = marks.get("threshold_enabled") != "false"
    nodes = connection.send("GET", "/_nodes/stats/fs", params={"filter_path": "nodes.*.name,nodes.*.fs.total"})["nodes"]
    for node in sorted(nodes.values(), key=lambda node: str(node["name"])):
        total, free = int(node["fs"]["total"]["total_in_bytes"]), int(node["fs"]["total"]["available_in_bytes"])
        found = f"{free / 1e9:,.1f} of {total / 1e9:,.1f} GB free"
        passed = (mark for mark in _MARKS if is_passed(marks.get(f"watermark.{mark}", ""), total, free))
        health, advice = _MARKS.get(next(passed, ""), ("ok", ""))
        if not is_watched and health != "ok":
            health, advice = "warning", "free some space: the cluster is told not to watch its disks, and fills them up"
        yield Finding(f"disk of {node['name']}", health, found, advice)


def is_passed(mark: str, total: int, free: int) -> bool:
    """Whether a disk is fuller than a watermark: "85%" or "0.85" of it used, or "10gb" free."""
    if match := re.fullmatch(r"([0-9.]+)%", mark):
        return total - free > total * float(match[1]) / 100
    if re.fullmatch(r"0?\.[0-9]+|1\.0+", mark):
        return total - free > total * float(mark)
    if match := re.fullmatch(r"([0-9.]+)([kmgtp]?b?)", mark.lower()):
        return free < float(match[1]) * _UNITS.get(match[2], 1)
    return False


def _blocks(connection: Connection) -> Iterator[Finding]:
    blocks = [
        f"cluster.blocks.{name}" for name, value in _settings(connection, "cluster.blocks").items() if value == "true"
    ]
    name = connection.address.name
    found = connection.send(
        "GET",
        f"/{name},{name}-*/_settings/index.blocks.*",
        params={"flat_settings": "true", "ignore_unavailable": "true", "expand_wildcards": "all"},
    )
    for index, held in sorted((found or {}).items()):
        blocks += [f"{block} of {index}" for block, value in held["settings"].items() if str(value) == "true"]
    blocks = [block for block in blocks if not block.endswith("auto_release")]
    if not blocks:
        yield Finding("blocks", "ok", "none: the index can be written")
        return
    yield Finding("blocks", "problem", "; ".join(blocks[:10]), "free disk space if it is short, then set them to null")


def _heap(connection: Connection) -> Iterator[Finding]:
    nodes = connection.send("GET", "/_nodes/stats/jvm", params={"filter_path": "nodes.*.name,nodes.*.jvm.mem.heap*"})
    for node in sorted(nodes["nodes"].values(), key=lambda node: str(node["name"])):
        memory = node["jvm"]["mem"]
        used = int(memory["heap_used_percent"])
        found = f"{used} % of {int(memory['heap_max_in_bytes']) / 1e9:,.1f} GB used"
        is_high = used > MOST_HEAP_PERCENT
        advice = "give the node more heap, at most half of its memory, or add nodes" if is_high else ""
        yield Finding(f"heap of {node['name']}", "warning" if is_high else "ok", found, advice)


def _lease(connection: Connection) -> Iterator[Finding]:
    held = read_lease(connection)
    if held is None:
        yield Finding("writer", "ok", "nobody has written yet")
    elif not held.is_held:
        yield Finding("writer", "ok", "nobody writes")
    elif held.expires_at > time.time():
        found = f"{held.holder} writes; its lease is renewed until it ends, now until {held.until}"
        yield Finding("writer", "ok", found)
    else:
        found = f"{held.holder} did not finish; its lease ended at {held.until}"
        yield Finding("writer", "warning", found, "run again what was cut")


def counted(count: int, noun: str) -> str:
    """A number with its noun: "1 node", "3 nodes"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _settings(connection: Connection, prefix: str) -> dict[str, str]:
    """The settings of the cluster that are in force and begin with `prefix`, by the rest of their names."""
    found = connection.send("GET", "/_cluster/settings", params={"include_defaults": "true", "flat_settings": "true"})
    merged: dict[str, str] = {}
    for layer in ("defaults", "persistent", "transient"):
        merged |= {name: str(value) for name, value in found.get(layer, {}).items()}
    return {name.removeprefix(f"{prefix}."): value for name, value in merged.items() if name.startswith(f"{prefix}.")}


_EXAMINED: Final[Mapping[str, Callable[[Connection], Iterable[Finding]]]] = {
    "cluster": _version,
    "health": _health,
    "shards": _shards,
    "disks": _disks,
    "blocks": _blocks,
    "heap": _heap,
    "writer": _lease,
}
