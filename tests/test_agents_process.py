"""`backfile mcp` as clients run it: a process on its standard streams, a server on a real socket."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import anyio
import pytest
from archives import fill
from asynchronous import run
from click.testing import CliRunner
from conftest import ARTICLES
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from program import environment
from steady import comes_true

from search.agents import transports
from search.agents.server import make_server
from search.archive import Archive
from search.commands import main
from search.engines import open_engine

COMMAND = ("-m", "search", "mcp", "--index", "whoosh:archive")
ACCEPTED = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
CALL = {
    "jsonrpc": "2.0", "id": 1, "method": "tools/call",
    "params": {"name": "search", "arguments": {"query": "secretword flood", "limit": 1}},
}  # fmt: skip
SECRET = "secretword"


def called(name: str, **arguments: object) -> dict[str, object]:
    """A call of a tool as it is sent."""
    return CALL | {"params": {"name": name, "arguments": arguments}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agents")
    fill(open_engine(f"whoosh:{folder / 'archive'}"), *ARTICLES)
    return folder


@dataclass(frozen=True, slots=True)
class Served:
    """A running `backfile mcp --http`, and what it logs."""

    process: subprocess.Popen[str]
    address: str
    port: int
    log: Path

    def post(self, body: bytes | dict[str, object] = CALL, method: str = "POST", **headers: str) -> tuple[int, bytes]:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, "/mcp", sent, ACCEPTED | headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Served]:
    log = folder / "mcp.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, *COMMAND, "--http", "--port", "0", *arguments],
            cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=stderr, text=True,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        found = re.fullmatch(r"http://127\.0\.0\.1:([0-9]+)/mcp", address)
        assert found, (address, log.read_text())
        yield Served(process, address, int(found[1]), log)
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Served]:
    with serving(folder, "--allow", "agents.news.example") as server:
        yield server


def test_a_client_on_this_machine_searches_and_reads_over_the_standard_streams(folder: Path) -> None:
    parameters = StdioServerParameters(command=sys.executable, args=[*COMMAND], cwd=folder, env=environment())
    log = folder / "stdio.log"

    async def work() -> tuple[list[str], str]:
        with log.open("w") as errors:
            async with Client(stdio_client(parameters, errlog=errors)) as client:
                names = [tool.name for tool in (await client.list_tools()).tools]
                found = await client.call_tool("search", {"query": f"{SECRET} flood bridge river"})
                first = found.structured_content["results"][0]["id"]
                await client.call_tool("search", {"query": f"{SECRET} " + "(" * 60})
                read = await client.call_tool("fetch", {"id": first})
                return names, read.structured_content["text"]

    names, text = run(work)
    assert names == ["search", "fetch", "related", "facets"]
    assert "The river rose by two metres" in text
    assert "search: answered in" in log.read_text()
    assert SECRET not in log.read_text()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_searches_over_http_in_the_new_protocol_and_the_old(server: Served, mode: str) -> None:
    async def work() -> list[str]:
        async with Client(server.address, mode=mode) as client:  # type: ignore[arg-type]
            found = await client.call_tool("search", {"query": "bridge opens"})
            return [piece["id"] for piece in found.structured_content["results"]]

    assert run(work)[0] == "2"


def test_each_request_is_answered_for_itself_in_json(server: Served) -> None:
    status, body = server.post()
    assert status == 200
    assert json.loads(body)["result"]["structuredContent"]["results"]
    assert (server.post(method="GET")[0], server.post(method="DELETE")[0]) == (405, 405)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
        ({"Host": "agents.news.example"}, 200),
        ({"Host": "agents.news.example:443"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://agents.news.example"}, 200),
        ({"Origin": "http://localhost:6274"}, 200),
        ({"Content-Type": "text/plain"}, 400),
    ],
)
def test_pages_of_other_sites_and_other_names_of_the_machine_are_refused(
    server: Served, headers: dict[str, str], status: int
) -> None:
    assert server.post(**headers)[0] == status


def test_what_is_too_large_or_no_message_is_refused_and_the_server_goes_on(server: Served) -> None:
    padded = CALL | {"padding": "x" * 1_000_000}
    assert server.post(padded)[0] == 413
    assert server.post(b"not json")[0] == 400
    assert server.post(b"[" * 100_000)[0] == 400
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000)
        assert b"400" in connection.recv(200)
    assert server.post()[0] == 200


def test_a_request_whose_body_never_comes_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transports, "REQUEST_SECONDS", 0.05)
    application = transports.application(make_server(Archive(open_engine(f"whoosh:{folder / 'archive'}"))))
    sent: list[Any] = []

    async def never() -> NoReturn:
        await anyio.sleep_forever()
        raise AssertionError

    async def keep(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": [], "query_string": b""}
    run(application, scope, never, keep)
    assert sent[0]["status"] == 408


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux says what a process has mapped")
def test_what_is_taken_down_is_let_go_of_though_nobody_asks(tmp_path: Path) -> None:
    fill(open_engine(f"whoosh:{tmp_path / 'archive'}"), *ARTICLES)
    with serving(tmp_path) as server:
        assert b"river rose" in server.post(called("fetch", id="1"))[1]
        maps = Path(f"/proc/{server.process.pid}/maps")
        assert f"{tmp_path}/archive/" in maps.read_text()
        down = [sys.executable, "-m", "search", "takedown", "1", "--reason", "a court said so"]
        done = subprocess.run(down, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert comes_true(lambda: "(deleted)" not in maps.read_text())
        body = server.post(called("fetch", id="1"))[1]
        assert b"a court said so" in body
        assert b"river rose" not in body
        assert b'"id":"1"' not in server.post(called("search", query="river rose"))[1]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not sent like this on Windows")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(folder: Path, number: signal.Signals) -> None:
    with serving(folder) as server:
        assert server.post()[0] == 200
        server.process.send_signal(number)
        assert server.process.wait(60) == 0


def test_no_log_has_what_was_asked(server: Served) -> None:
    server.post()
    assert comes_true(lambda: "search: answered in" in server.log.read_text())
    assert SECRET not in server.log.read_text()


def test_the_inspector_lists_the_tools_and_calls_one(server: Served, tmp_path: Path) -> None:
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("there is no npx to run the inspector")
    inspector = [npx, "-y", "@modelcontextprotocol/inspector", "--cli"]
    if subprocess.run([*inspector, "--help"], capture_output=True, timeout=300, check=False).returncode:
        pytest.skip("the inspector cannot be fetched")

    def inspected(*words: str) -> dict[str, object]:
        over_http = [*inspector, server.address, "--transport", "http", *words]
        done = subprocess.run(over_http, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found

    tools = inspected("--method", "tools/list")["tools"]
    assert isinstance(tools, list)
    assert [tool["name"] for tool in tools] == ["search", "fetch", "related", "facets"]
    called = ("--method", "tools/call", "--tool-name", "fetch", "--tool-arg", "id=2")
    found = inspected(*called)["structuredContent"]
    assert isinstance(found, dict)
    assert found["title"] == "Bridge opens again"


def test_a_port_in_use_is_an_error_with_a_way_out(server: Served, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, *COMMAND, "--http", "--port", str(server.port)],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "choose another with --port" in done.stderr) == (1, True)


def test_what_goes_with_http_alone_is_refused_without_it(runner: CliRunner) -> None:
    for words in (("--port", "8081"), ("--host", "localhost"), ("--allow", "x"), ("--http", "--allow", "https://x")):
        assert runner.invoke(main, ["mcp", *words]).exit_code == 2, words
