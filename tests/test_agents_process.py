"""`backfile mcp` as clients run it: a process on its standard streams, a server on a real socket."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
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
from program import command_line, environment
from real_server import LONGEST_END_SECONDS, PATIENCE_SECONDS, Server, posix, running
from steady import comes_true

from search.agents import transports
from search.agents.server import make_server
from search.archive import Archive
from search.commands import main
from search.engines import open_engine

COMMAND = ("mcp", "--index", "whoosh:archive")
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


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Server]:
    """`backfile mcp --http` for the archive in a folder."""
    with running(folder, *COMMAND, "--http", "--port", "0", *arguments) as server:
        yield server


def post(
    server: Server, body: bytes | dict[str, object] = CALL, method: str = "POST", **headers: str
) -> tuple[int, bytes]:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection = server.connection()
    try:
        connection.request(method, "/mcp", sent, ACCEPTED | headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with serving(folder, "--allow", "agents.news.example") as server:
        yield server


def test_a_client_on_this_machine_searches_and_reads_over_the_standard_streams(folder: Path) -> None:
    program, *words = command_line(*COMMAND)
    parameters = StdioServerParameters(command=program, args=words, cwd=folder, env=environment())
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
def test_a_client_searches_over_http_in_the_new_protocol_and_the_old(server: Server, mode: str) -> None:
    async def work() -> list[str]:
        async with Client(server.address, mode=mode) as client:  # type: ignore[arg-type]
            found = await client.call_tool("search", {"query": "bridge opens"})
            return [piece["id"] for piece in found.structured_content["results"]]

    assert run(work)[0] == "2"


def test_each_request_is_answered_for_itself_in_json(server: Server) -> None:
    status, body = post(server)
    assert status == 200
    assert json.loads(body)["result"]["structuredContent"]["results"]
    assert (post(server, method="GET")[0], post(server, method="DELETE")[0]) == (405, 405)


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
    server: Server, headers: dict[str, str], status: int
) -> None:
    assert post(server, **headers)[0] == status


def test_what_is_too_large_or_no_message_is_refused_and_the_server_goes_on(server: Server) -> None:
    padded = CALL | {"padding": "x" * 1_000_000}
    assert post(server, padded)[0] == 413
    assert post(server, b"not json")[0] == 400
    assert post(server, b"[" * 100_000)[0] == 400
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000)
        assert b"400" in connection.recv(200)
    assert post(server)[0] == 200


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
        assert b"river rose" in post(server, called("fetch", id="1"))[1]
        maps = Path(f"/proc/{server.process.pid}/maps")
        assert f"{tmp_path}/archive/" in maps.read_text()
        down = command_line("takedown", "1", "--reason", "a court said so")
        done = subprocess.run(down, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert comes_true(lambda: "(deleted)" not in maps.read_text())
        body = post(server, called("fetch", id="1"))[1]
        assert b"a court said so" in body
        assert b"river rose" not in body
        assert b'"id":"1"' not in post(server, called("search", query="river rose"))[1]


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(folder: Path, number: signal.Signals) -> None:
    with serving(folder) as server:
        assert post(server)[0] == 200
        server.process.send_signal(number)
        assert server.process.wait(LONGEST_END_SECONDS) == 0


def test_no_log_has_what_was_asked(server: Server) -> None:
    post(server)
    assert comes_true(lambda: "search: answered in" in server.log.read_text())
    assert SECRET not in server.log.read_text()


def test_the_inspector_lists_the_tools_and_calls_one(server: Server, tmp_path: Path) -> None:
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


def test_a_port_in_use_is_an_error_with_a_way_out(server: Server, folder: Path) -> None:
    done = subprocess.run(
        command_line(*COMMAND, "--http", "--port", str(server.port)),
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "choose another with --port" in done.stderr) == (1, True)


def test_what_goes_with_http_alone_is_refused_without_it(runner: CliRunner) -> None:
    for words in (("--port", "8081"), ("--host", "localhost"), ("--allow", "x"), ("--http", "--allow", "https://x")):
        assert runner.invoke(main, ["mcp", *words]).exit_code == 2, words
