"""Real clusters for the tests: one that all of them share, and the archives that a test has on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # what starts clusters is beside the benchmark, and no part of the installed product

from benchmark.http.server import Request, answer  # noqa: E402
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
    try:
        made.start()
        yield made
    finally:
        made.stop()


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
def archive_on(address: str, replicas: int = 0, **options: object) -> Iterator[str]:
    """The URL of an archive on that cluster that nothing has been written to; all its indices are deleted after it.

    `options` are those of the URL, as in `shards=3`.
    """
    scheme, _, host = address.partition("://")
    name = f"test-{uuid4().hex}"
    query = "&".join(f"{key}={value}" for key, value in {"replicas": replicas, **options}.items())
    try:
        yield f"opensearch{'s' * (scheme == 'https')}://{host}/{name}?{query}"
    finally:
        answer(address, Request("DELETE", f"/{name}*?expand_wildcards=all"))
