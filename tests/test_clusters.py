"""The clusters that tests start are real, do what failing machines do, and end with the run that started them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from clusters import archive_on, cluster

from benchmark.http.server import Request, ServerFailed, answer
from benchmark.opensearch import installing
from benchmark.opensearch.cluster import Cluster

ROOT = Path(__file__).resolve().parents[1]
DEADLINE_SECONDS = 30


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A node that a test may kill."""
    with cluster(tmp_path_factory.mktemp("own")) as started:
        yield started


def test_a_killed_node_comes_back_with_its_data(own: Cluster) -> None:
    own.ask("/kept/_doc/1?refresh=true", method="PUT", body='{"word": "bridge"}')
    [node] = own.nodes
    before = node.pid
    node.kill()
    with pytest.raises(ServerFailed):
        own.ask("/kept/_count")
    own.start()
    assert node.pid != before
    assert own.ask("/kept/_doc/1")["_source"] == {"word": "bridge"}


def test_a_node_that_is_held_does_not_answer_and_goes_on_later(own: Cluster) -> None:
    [node] = own.nodes
    node.hold()
    try:
        with pytest.raises(ServerFailed):
            answer(own.urls[0], Request("GET", "/"), seconds=0.5)
    finally:
        node.release()
    assert own.ask("/")["version"]["number"] == installing.VERSION


def test_the_data_of_an_archive_is_deleted_after_the_test(opensearch: str) -> None:
    with archive_on(opensearch, shards=2) as url:
        host, _, rest = url.removeprefix("opensearch://").partition("/")
        name, _, options = rest.partition("?")
        assert f"http://{host}" == opensearch
        assert options == "replicas=0&shards=2"
        for index in (name, f"{name}-000001"):
            answer(opensearch, Request("PUT", f"/{index}"))
        assert len(answer(opensearch, Request("GET", f"/_cat/indices/{name}*?format=json"))) == 2
    assert answer(opensearch, Request("GET", f"/_cat/indices/{name}*?format=json")) == []


def test_a_missing_cluster_is_a_skip_with_the_reason_and_a_failure_in_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="not installed"), cluster(tmp_path / "one"):
        pass
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="not installed"), cluster(tmp_path / "two"):
        pass


@pytest.mark.usefixtures("own")
def test_two_runs_that_install_at_once_share_one_server(tmp_path: Path) -> None:
    if reason := installing.unfetchable():
        pytest.skip(reason)
    program = "from benchmark.opensearch.installing import installed; print(installed())"
    cut_off = tmp_path / "backfile" / "opensearch" / "installing-cut-off"
    cut_off.mkdir(parents=True)
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", program]
    runs = [subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {run.communicate()[0].strip() for run in runs}
    assert said == {str(cut_off.parent / installing.VERSION)}
    assert sorted(path.name for path in cut_off.parent.iterdir()) == [installing.VERSION, "lock"]
    assert (cut_off.parent / installing.VERSION / "lib").is_dir()


@pytest.mark.usefixtures("own")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with the one that started it")
def test_no_node_outlives_a_killed_run(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from benchmark.opensearch.cluster import Cluster\n"
        "[node] = Cluster(Path(sys.argv[1])).nodes; node.start(); print(node.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        line = Path("/proc", run.stdout.readline().strip(), "cmdline")
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not _read(line).partition(b"\0")[0].endswith(b"java") and time.monotonic() < deadline:
            time.sleep(0.05)  # what ties it to the run is set up first
        assert b"java" in _read(line)
        run.kill()
    while _read(line) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _read(line) == b""


def _read(line: Path) -> bytes:
    """A command line; empty if its process has ended."""
    with suppress(OSError):
        return line.read_bytes()
    return b""
