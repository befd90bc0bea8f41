"""The server as it is run: real processes on a real socket, written to, frightened and stopped."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import ARTICLES
from program import command_line, interrupted_environment
from real_server import LONGEST_END_SECONDS, PATIENCE_SECONDS, Server, posix, served
from steady import comes_true

from search.document import Document
from search.engines import open_engine
from search.errors import ConfigError
from search.request.urls import quote_id
from search.settings import Settings
from webui.server import PortInUse, claimed_port, serve, site_address, worker_count

REQUESTS = 300
"""How many a stream of requests has at least."""
POST = b"POST /api/v1/related HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve")
    with open_engine(f"whoosh:{folder / 'archive'}").writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with served(folder, "--workers", "2") as server:
        yield server


def test_every_article_is_reached_over_the_wire(server: Server) -> None:
    for article in ARTICLES:
        status, body = server.get(f"/api/v1/articles/{quote_id(article.id)}")
        assert (status, json.loads(body)["id"]) == (200, article.id)


def test_a_server_that_starts_as_it_should_warns_of_nothing(server: Server) -> None:
    assert server.get("/livez")[0] == 200
    assert "warning" not in server.log.read_text()


def test_a_commit_shows_without_a_restart_and_no_request_fails(server: Server, folder: Path) -> None:
    failures: list[object] = []
    answered: list[int] = []
    done = threading.Event()

    def ask() -> None:
        connection = server.connection()
        while not (done.is_set() and len(answered) >= REQUESTS):
            connection.request("GET", "/api/v1/search?q=flood&facets=section")
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                failures.append((response.status, body))
            answered.append(json.loads(body)["total"])
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert comes_true(lambda: len(answered) > 0)  # there is an answer of before the first commit
    for number in range(3):
        with open_engine(f"whoosh:{folder / 'archive'}").writer() as writer:
            writer.add(Document(f"new-{number}", "The flood is over", f"freshword{number}"))
        _wait_until_found(server, f"freshword{number}")
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(answered) >= REQUESTS
    assert max(answered) == min(answered) + 3


def _wait_until_found(server: Server, word: str) -> None:
    """Until both workers have shown it: eight times in a row."""
    path = f"/api/v1/search?q={word}&facets=none&fields=id"

    def shows() -> bool:
        return all(json.loads(server.get(path)[1])["total"] for _ in range(8))

    assert comes_true(shows), f"{word} was committed and does not show"


def test_hostile_bytes_are_refused_and_the_server_goes_on(server: Server) -> None:
    host = b"\r\nHost: localhost\r\n"
    refused = {
        b"GARBAGE\r\n\r\n": b"400",
        b"GET /\x00 HTTP/1.1" + host + b"\r\n": b"400",
        b"GET / HTTP/1.1" + host + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n": b"431",
        b"GET / HTTP/1.1" + host + b"".join(b"X%d: a\r\n" % n for n in range(500)) + b"\r\n": b"431",
        b"GET /api/v1/search?q=" + b"a" * 80_000 + b" HTTP/1.1" + host + b"\r\n": b"414",
        b"GET /api/v1/search?q=%ff HTTP/1.1" + host + b"\r\n": b"400",
        b"GET /api/v1/articles/%00 HTTP/1.1" + host + b"\r\n": b"404",
        b"GET /api/v1/articles/%ff%fe HTTP/1.1" + host + b"\r\n": b"404",
        b"GET /../../etc/passwd HTTP/1.1" + host + b"\r\n": b"404",
        b"GET /static/../../pyproject.toml HTTP/1.1" + host + b"\r\n": b"404",
        b"GET /static/%2e%2e/%2e%2e/pyproject.toml HTTP/1.1" + host + b"\r\n": b"404",
        b"BREW /api/v1/search HTTP/1.1" + host + b"\r\n": b"405",
        POST + b"Content-Length: 99999999\r\n\r\n": b"413",
        CHUNKED + b"186a0\r\n" + b"[" * 100_000 + b"\r\n0\r\n\r\n": b"400",
        CHUNKED + b"16e360\r\n" + b" " * 1_500_000 + b"\r\n0\r\n\r\n": b"413",
    }  # fmt: skip
    for data, status in refused.items():
        answer = server.raw(data)
        assert answer[9:12] == status, (data[:60], answer)
    assert server.get("/livez")[0] == 200


def test_a_request_is_one_json_line_in_the_log_and_its_query_is_not(server: Server) -> None:
    server.get("/api/v1/search?q=verysecretword&section=News", **{"X-Request-ID": "one"})

    def logged() -> list[dict[str, Any]]:
        return [line for line in server.logged() if line.get("request") == "one"]

    assert comes_true(lambda: logged() != [])
    [line] = logged()
    assert (line["logger"], line["path"]) == ("backfile.access", "/api/v1/search")
    assert {"time", "level", "request", "method", "status", "ms", "bytes"} <= line.keys()
    assert "verysecretword" not in server.log.read_text()
    assert all("client" not in line for line in server.logged())


def test_a_port_in_use_is_said_and_the_exit_code_is_1(server: Server, folder: Path) -> None:
    result = subprocess.run(
        command_line("serve", "--port", str(server.port), "--index", f"whoosh:{folder / 'archive'}"),
        capture_output=True, text=True, timeout=60, check=False, cwd=folder,
    )  # fmt: skip
    assert result.returncode == 1
    assert f"port {server.port} on 127.0.0.1 is in use" in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


@posix
def test_a_stop_lets_the_request_at_work_finish(folder: Path) -> None:
    body = json.dumps({"title": "The flood", "text": "The flood closed the old bridge."}).encode()
    with served(folder, "--workers", "2") as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
            assert connection.recv(100).startswith(b"HTTP/1.1 100")  # it is at work, and waits for the body
            connection.sendall(body[:10])
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.7)
            assert server.process.poll() is None
            connection.sendall(body[10:])
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert server.process.wait(LONGEST_END_SECONDS) == 0
        with pytest.raises(OSError, match=r"refused|reset"):
            server.get("/livez")
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""


@posix
def test_a_worker_that_dies_is_replaced_and_none_outlives_its_parent(folder: Path) -> None:
    with served(folder, "--workers", "2") as server:
        workers = _two_workers(server)
        os.kill(min(workers), signal.SIGKILL)
        assert comes_true(lambda: not _runs(min(workers)))
        left = _two_workers(server)
        assert min(workers) not in left
        server.process.kill()
        server.process.wait(10)
        assert comes_true(lambda: not any(_runs(worker) for worker in left))


@posix
def test_a_worker_that_reads_where_a_file_was_cut_off_ends_with_a_word_about_that_file(tmp_path: Path) -> None:
    with open_engine(f"whoosh:{tmp_path / 'archive'}").writer() as writer:
        for number in range(3_000):
            writer.add(Document(f"{number}", f"word{number} common", f"text {number} " * 200))
    [segment] = (tmp_path / "archive").glob("*.segment")
    with served(tmp_path, "--workers", "1") as server:
        assert server.get("/api/v1/search?q=common")[0] == 200
        os.truncate(segment, 4_096)
        for number in range(40):  # some of it may still be in memory
            with suppress(OSError, http.client.HTTPException):
                if server.get(f"/api/v1/search?q=word{number * 70}+text&sort=newest")[0] == 503:
                    break
        said = re.compile(rf"a worker has ended and is started anew: .*{segment.name} has 4,096 bytes instead of")
        assert comes_true(lambda: said.search(server.log.read_text()) is not None)
        assert comes_true(lambda: _status_of(server, "/api/v1/search?q=common") == 503)


def _status_of(server: Server, path: str) -> int:
    """0 while no worker answers."""
    try:
        return server.get(path)[0]
    except (OSError, http.client.HTTPException):
        return 0


def _two_workers(server: Server) -> set[int]:
    """The processes that answer, once there are two."""
    workers: set[int] = set()

    def are_there() -> bool:
        with suppress(ConnectionError):  # it went to the one that was just killed
            server.get("/livez")
        answering = {line["process"] for line in server.logged() if line["logger"] == "backfile.access"}
        workers.clear()
        workers.update(worker for worker in answering if _runs(worker))
        return len(workers) == 2

    assert comes_true(are_there), "there are no two workers"
    return workers


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # A killed process whose parent has not waited for it yet is still listed.
    status = Path(f"/proc/{process}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


@posix
def test_an_index_that_is_not_there_yet_is_waited_for_and_ctrl_c_stops_the_server(tmp_path: Path) -> None:
    with served(tmp_path, "--workers", "1") as server:
        said = server.logged()[0]
        assert (said["level"], said["logger"]) == ("warning", "backfile.server")
        assert said["message"].startswith(f"there is no index at {tmp_path / 'archive'}; make one with ")
        assert server.get("/livez")[0] == 200
        assert server.get("/readyz")[0] == 503
        status, body = server.get("/api/v1/search")
        assert (status, json.loads(body)["type"]) == (503, "urn:backfile:problem:index-unavailable")
        with open_engine(f"whoosh:{tmp_path / 'archive'}").writer() as writer:
            writer.add(ARTICLES[0])
        assert server.get("/readyz")[0] == 200
        assert json.loads(server.get("/api/v1/search")[1])["total"] == 1
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(LONGEST_END_SECONDS) == 0


@posix
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc here")
def test_ctrl_c_while_the_workers_are_starting_prints_no_traceback(folder: Path) -> None:
    for moment in range(4):
        process = subprocess.Popen(
            command_line("serve", "--port", "0", "--index", f"whoosh:{folder / 'archive'}", "--workers", "2"),
            env=interrupted_environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=folder, start_new_session=True,
        )  # fmt: skip
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while len(children.read_text().split()) < 3:  # multiprocessing's own tracker, and two workers
            assert process.poll() is None
        time.sleep(0.1 * moment)  # somewhere in their imports
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, said = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in said) == (0, False), said


def test_a_taken_port_and_a_foreign_host_are_refused_by_name() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1 is in use"):
            claimed_port("127.0.0.1", port)
    assert claimed_port("127.0.0.1", port) == port
    assert claimed_port("127.0.0.1", 0) > 1023
    with pytest.raises(ConfigError, match="no address of this machine"):
        claimed_port("192.0.2.1", 0)
    with pytest.raises(ConfigError, match="no address of this machine"):
        claimed_port("no such host", 0)


def test_an_index_in_memory_cannot_be_served() -> None:
    with pytest.raises(ConfigError, match="in memory"):
        serve(Settings(index="memory:x"), print)


def test_the_address_is_one_a_browser_can_open() -> None:
    assert site_address("0.0.0.0", 8080) == "http://127.0.0.1:8080/"  # noqa: S104
    assert site_address("::", 8080) == "http://[::1]:8080/"
    assert site_address("archive.example", 80) == "http://archive.example:80/"


def test_workers_follow_the_cores_unless_they_are_set() -> None:
    assert 1 <= worker_count(Settings()) <= 4
    assert worker_count(Settings(workers=3)) == (1 if sys.platform == "win32" else 3)
