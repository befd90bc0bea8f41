"""Real clusters for the tests: one that all of them share, and the archives that a test has on it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # what starts clusters is beside the benchmark, and no part of the installed product

from benchmark.http.server import Request, answer, wait_until  # noqa: E402
from benchmark.opensearch.cluster import Cluster  # noqa: E402

RUNNING = "BACKFILE_TEST_OPENSEARCH"
"""The variable for the address of a cluster that runs already, as in "http://127.0.0.1:9200"."""


@contextmanager
def cluster(folder: Path, count: int = 1) -> Iterator[Cluster]:
    """So many nodes, with their data below `folder`, for the block.

    Where they cannot be had, the test is skipped, and fails where the variable `CI` is set: a skip would hide there.
    """
    try:
        made = Cluster(folder, count)
    except LookupError as reason:
        if os.environ.get("CI"):
            pytest.fail(f"no cluster can be started: {reason}", pytrace=False)
        pytest.skip(f"no cluster can be started: {reason}")
    with made:
        yield made


@contextmanager
def shared_cluster(folder: Path) -> Iterator[str]:
    """The address of the cluster that RUNNING names, or of one node that is started for the block."""
    if address := os.environ.get(RUNNING):
        answer(address.rstrip("/"), Request("GET", "/"))
        yield address.rstrip("/")
        return
    with cluster(folder) as started:
        yield started.urls[0]


@contextmanager
def archive_on(address: str, *others: str, replicas: int = 0, **options: object) -> Iterator[str]:
    """The URL of an archive on that cluster that nothing has been written to; all its indices are deleted after it.

    `others` are the addresses of further nodes, `options` those of the URL, as in `shards=3`.
    """
    scheme, hosts = address.partition("://")[0], [each.partition("://")[2] for each in (address, *others)]
    name = f"test-{uuid4().hex}"
    query = "&".join(f"{key}={value}" for key, value in {"replicas": replicas, **options}.items())
    try:
        yield f"opensearch{'s' * (scheme == 'https')}://{','.join(hosts)}/{name}?{query}"
    finally:
        answer(address, Request("DELETE", f"/{name}*?expand_wildcards=all"))
        for file in Path().glob(f"{name}.*"):  # its ledger, and the memory of runs
            file.unlink()


def archive_of(url: str) -> str:
    """The name of the archive at that URL."""
    return urlsplit(url).path.removeprefix("/")


def node_of(cluster: Cluster, role: str, archive: str) -> int:
    """Which node has that role: "manager" of the cluster, holder of a "primary" or a "replica" of shard 0, or "other":
    one that is not the manager."""
    if role in ("primary", "replica"):
        [name] = [
            row["node"]
            for row in cluster.ask(f"/_cat/shards/{archive}?format=json")
            if row["shard"] == "0" and row["prirep"] == role[0]
        ]
    else:
        [row] = cluster.ask("/_cat/cluster_manager?format=json")
        name = row["node"]
    place = int(name.removeprefix("node"))
    return (place + 1) % len(cluster.nodes) if role == "other" else place


def wait_until_green(cluster: Cluster, archive: str) -> float:
    """Waits until all copies of all shards of an archive are there. Returns the seconds it took."""
    started = monotonic()
    asked = Request("GET", f"/_cluster/health/{archive}*")
    for url in cluster.urls:
        wait_until(lambda url=url: answer(url, asked, 2)["status"] == "green", f"all copies of the shards of {archive}")
    return monotonic() - started


def through(url: str, place: str) -> str:
    """The URL of the same archive, reached by way of another address."""
    return re.sub(r"//[^/]+", f"//{place}", url)
