"""Nodes of a real cluster die, hang, fill up and are cut off at work, and nobody is told what is not so.

Run them with `make test-cluster`; they say how long each recovery took. Three nodes, two copies of each shard.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from archives import fill, news, stamps_of
from clusters import archive_of, archive_on, cluster, node_of, wait_until_green
from program import environment
from proxy import Proxy, proxy_to
from trial import GROWING, REPLACED, History, trial

from benchmark.http.server import wait_until
from benchmark.opensearch.cluster import Cluster
from search.engines import open_engine

pytestmark = pytest.mark.cluster

HISTORIES = pytest.mark.parametrize("history", [GROWING, REPLACED], ids=["import", "alias swap"])
OPTIONS: dict[str, Any] = {"shards": 2, "timeout": 5, "keep": 5}
MOST_RUNS = 5
Say = Callable[[str], None]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("nodes"), 3) as started:
        yield started


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Say:
    """Prints a line beside the progress of the tests."""

    def print_it(line: str) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {line}")

    return print_it


@pytest.fixture
def archive(nodes: Cluster) -> Iterator[str]:
    """The URL of a new archive that names all nodes; they are well again after the test."""
    with archive_on(*nodes.urls, replicas=1, **OPTIONS) as url:
        yield url
        nodes.start()


@pytest.fixture
def network(nodes: Cluster) -> Iterator[Sequence[Proxy]]:
    """A proxy to each node."""
    with ExitStack() as opened:
        yield [opened.enter_context(proxy_to(url)) for url in nodes.urls]


@pytest.fixture
def far_archive(nodes: Cluster, network: Sequence[Proxy]) -> Iterator[str]:
    """The URL of a new archive whose nodes are reached through `network`."""
    with archive_on(*nodes.urls, replicas=1, **OPTIONS) as url:
        yield _through([proxy.address for proxy in network], url)


def _through(addresses: Sequence[str], url: str) -> str:
    """The URL with other addresses of the same cluster."""
    hosts = ",".join(address.removeprefix("http://") for address in addresses)
    return f"opensearch://{hosts}/{url.rpartition('/')[2]}"


# Nodes


@HISTORIES
@pytest.mark.parametrize("role", ["manager", "primary", "replica", "talked to"])
def test_a_killed_node_makes_no_answer_wrong_and_loses_nothing(
    nodes: Cluster, archive: str, history: History, role: str, say: Say
) -> None:
    if role == "talked to":
        archive = _through(nodes.urls[:2], archive)
    with trial(archive, history) as running:
        place = 0 if role == "talked to" else node_of(nodes, role, archive_of(archive))
        nodes.nodes[place].kill()
        read, written = running.wait_for()
        say(f"first answer after {read:.1f} s, first commit after {written:.1f} s, on two nodes")
        nodes.start()
        say(f"all copies {wait_until_green(nodes, archive_of(archive)):.1f} s after the node was back")
        running.wait_for()
    say(running.report())


@pytest.mark.parametrize(
    ("history", "role"),
    [(GROWING, "manager"), (GROWING, "primary"), (GROWING, "replica"), (REPLACED, "primary")],
    ids=["import-manager", "import-primary", "import-replica", "alias swap-primary"],
)
def test_a_node_that_hangs_makes_no_answer_wrong_and_stops_nothing_for_good(
    nodes: Cluster, archive: str, history: History, role: str, say: Say
) -> None:
    with trial(archive, history) as running:
        node = nodes.nodes[node_of(nodes, role, archive_of(archive))]
        node.hold()
        try:
            read, written = running.wait_for()
        finally:
            node.release()
        say(f"first answer after {read:.1f} s, first commit after {written:.1f} s, while it hung")
        say(f"all copies {wait_until_green(nodes, archive_of(archive)):.1f} s after it went on")
        running.wait_for()
    say(running.report())


def test_an_archive_of_which_a_shard_is_lost_gives_errors_and_no_short_answers(nodes: Cluster, say: Say) -> None:
    with archive_on(*nodes.urls, replicas=0, **OPTIONS) as url, trial(url, GROWING) as running:
        nodes.nodes[node_of(nodes, "primary", archive_of(url))].kill()
        errors = running.read_errors.total()
        wait_until(lambda: running.read_errors.total() >= errors + 5, "searches that fail")
        nodes.start()
        read, written = running.wait_for()
        say(f"first answer {read:.1f} s, first commit {written:.1f} s after the node was back")
    say(running.report())


def test_one_node_of_three_gives_errors_and_no_short_answers(nodes: Cluster, archive: str, say: Say) -> None:
    """Nothing is written meanwhile: OpenSearch 3.8 may not find back to a shard that is written to at that moment."""
    with trial(archive, GROWING, writing=False) as running:
        for node in nodes.nodes[1:]:
            node.kill()
        errors = running.read_errors.total()
        wait_until(lambda: running.read_errors.total() >= errors + 5, "searches that fail")
        nodes.start()
        read, _ = running.wait_for(commits=0)
        say(f"first answer {read:.1f} s after the nodes were back")
    say(running.report())


# A copy


@pytest.mark.parametrize("role", ["manager", "primary", "replica", "talked to"])
@pytest.mark.parametrize("way", ["there", "back"])
def test_a_copy_during_which_a_node_is_killed_is_whole_or_is_completed_by_the_next_run(
    nodes: Cluster, archive: str, way: str, role: str, tmp_path: Path, say: Say
) -> None:
    local = f"whoosh:{tmp_path / 'archive'}"
    articles = news(2_500, words=150)
    if role == "talked to":
        archive = _through(nodes.urls[:2], archive)
    source, target = (local, archive) if way == "there" else (archive, local)
    fill(open_engine(source), *articles)
    before = _work(nodes, archive)
    run = _copy(source, target)
    wait_until(lambda: _work(nodes, archive) >= before + (500 if way == "there" else 3), "the copy at work")
    # Before the first commit the archive's name leads to no index yet.
    place = 0 if role == "talked to" else node_of(nodes, role, f"{archive_of(archive)}-0*")
    assert run.poll() is None, "the copy was done before the node was killed"
    nodes.nodes[place].kill()
    started, runs = time.monotonic(), 1
    said = run.communicate()
    while run.returncode:
        assert said[1].startswith("error: "), said
        assert runs < MOST_RUNS, said
        run, runs = _copy(source, target), runs + 1
        said = run.communicate()
    say(f"whole after {runs} runs, {time.monotonic() - started:.1f} s after the kill: {said[0].splitlines()[0]}")
    with open_engine(target).searcher() as searcher:
        found = {name: stamp.content_hash for name, stamp in stamps_of(searcher).items()}
    assert found == {article.id: article.content_hash() for article in articles}
    nodes.start()
    wait_until_green(nodes, archive_of(archive))


def _copy(source: str, target: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "search", "copy", source, target, "--quiet", "--workers", "1"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment(), text=True, **pipes)


def _work(nodes: Cluster, archive: str) -> int:
    """How much the cluster has written and searched for an archive."""
    found = nodes.ask(f"/{archive_of(archive)}*/_stats/indexing,search")["_all"]["primaries"]
    return int(found["indexing"]["index_total"] + found["search"]["query_total"]) if found else 0


# Blocks


@contextmanager
def _cluster_settings(nodes: Cluster, **settings: object) -> Iterator[None]:
    def put(values: dict[str, object]) -> None:
        nodes.ask("/_cluster/settings", method="PUT", body=json.dumps({"persistent": values}))

    try:
        put(settings)
        yield
    finally:
        put(dict.fromkeys(settings))


def test_a_full_disk_refuses_commits_answers_searches_and_all_goes_on_when_there_is_space(
    nodes: Cluster, archive: str, say: Say
) -> None:
    disk = "cluster.routing.allocation.disk"
    full = {f"{disk}.watermark.{mark}": "1000tb" for mark in ("low", "high", "flood_stage")}
    watched = {f"{disk}.threshold_enabled": True, "cluster.info.update.interval": "10s"}
    with trial(archive, GROWING) as running, _cluster_settings(nodes, **watched):
        with _cluster_settings(nodes, **full):
            wait_until(lambda: _is_blocked(nodes, archive), "a block")
            failed = running.write_errors.total()
            wait_until(lambda: running.write_errors.total() >= failed + 3, "commits that fail")
            running.wait_for(commits=0)
            assert any("disk" in line and "Blocked" in line for line in running.write_errors)
        _, written = running.wait_for()
        say(f"first commit {written:.1f} s after there was space")
    say(running.report())


def _is_blocked(nodes: Cluster, archive: str) -> bool:
    found = nodes.ask(f"/{archive_of(archive)}/_settings?flat_settings=true")
    return all(index["settings"].get("index.blocks.read_only_allow_delete") == "true" for index in found.values())


@pytest.mark.parametrize("block", ["write", "read_only", "read_only_allow_delete"])
def test_an_index_that_is_set_read_only_refuses_commits_and_answers_searches(
    nodes: Cluster, archive: str, block: str, say: Say
) -> None:
    def put(value: bool | None) -> None:
        body = json.dumps({f"index.blocks.{block}": value})
        nodes.ask(f"/{archive_of(archive)}/_settings", method="PUT", body=body)

    with trial(archive, GROWING) as running:
        put(True)
        try:
            failed = running.write_errors.total()
            wait_until(lambda: running.write_errors.total() >= failed + 3, "commits that fail")
            running.wait_for(commits=0)
            assert any("Blocked" in line for line in running.write_errors)
        finally:
            put(None)
        running.wait_for()
    say(running.report())


def test_a_cluster_that_is_set_read_only_refuses_commits_and_answers_searches(
    nodes: Cluster, archive: str, say: Say
) -> None:
    with trial(archive, REPLACED) as running:
        with _cluster_settings(nodes, **{"cluster.blocks.read_only": True}):
            failed = running.write_errors.total()
            wait_until(lambda: running.write_errors.total() >= failed + 3, "commits that fail")
            running.wait_for(commits=0)
        running.wait_for()
    say(running.report())


# The network


@HISTORIES
@pytest.mark.parametrize(("fail", "failed_reads"), [(Proxy.cut, 5), (Proxy.hold, 3)], ids=["cut", "silent"])
def test_a_network_that_fails_makes_no_answer_wrong(
    far_archive: str,
    network: Sequence[Proxy],
    fail: Callable[[Proxy], None],
    failed_reads: int,
    history: History,
    say: Say,
) -> None:
    with trial(far_archive, history) as running:
        fail(network[0])
        read, written = running.wait_for()
        say(f"one way failed: first answer after {read:.1f} s, first commit after {written:.1f} s")
        for proxy in network:
            fail(proxy)
        errors = running.read_errors.total()
        wait_until(lambda: running.read_errors.total() >= errors + failed_reads, "searches that fail")
        for proxy in network:
            proxy.mend()
        read, written = running.wait_for()
        say(f"all mended: first answer after {read:.1f} s, first commit after {written:.1f} s")
    say(running.report())


@HISTORIES
def test_answers_that_are_cut_off_or_lost_are_never_taken_for_whole_ones(
    far_archive: str, network: Sequence[Proxy], history: History, say: Say
) -> None:
    """Among the lost ones are those to commits, which are then made and not confirmed."""
    choice = random.Random(1)
    with trial(far_archive, history) as running:
        for _ in range(40):
            proxy = choice.choice(network)
            proxy.cut_after(choice.choice([0, 0, choice.randrange(2_000), choice.randrange(20_000)]))
            time.sleep(choice.random())
            proxy.mend()
        read, written = running.wait_for()
        say(f"first answer {read:.1f} s, first commit {written:.1f} s after the last cut")
    say(running.report())


@pytest.mark.parametrize("slow", [1, 3])
def test_slow_nodes_give_right_answers_late(far_archive: str, network: Sequence[Proxy], slow: int, say: Say) -> None:
    with trial(far_archive, GROWING) as running:
        for proxy in network[:slow]:
            proxy.slow(0.3)
        read, written = running.wait_for()
        say(f"first answer after {read:.1f} s, first commit after {written:.1f} s")
    assert running.read_errors.total() == 0
    assert running.write_errors.total() == 0
    say(running.report())
