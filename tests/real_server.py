"""Servers on real sockets, for the length of a block: `backfile` in processes of its own, or an app in this one."""

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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from program import command_line, environment
from werkzeug.serving import WSGIRequestHandler, make_server

PATIENCE_SECONDS = 60
"""How long an answer may take on a machine that has other things to do; a good one never waits for it."""
LONGEST_END_SECONDS = 120

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are not sent like this on Windows")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, its address as it printed it, and the file that it logs to."""

    process: subprocess.Popen[str]
    port: int
    address: str
    log: Path

    def connection(self) -> http.client.HTTPConnection:
        """A connection that is not open yet."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """The status and the body of an answer. Raises OSError or HTTPException where nobody answers."""
        connection = self.connection()
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """The beginning of the answer to just these bytes; empty if there is none."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS) as connection:
            try:
                connection.sendall(data)
                return connection.recv(200)
            except (BrokenPipeError, ConnectionResetError):
                return b""

    def logged(self) -> list[dict[str, Any]]:
        """The lines of the log; one that is just being written is left out."""
        lines = self.log.read_text("utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]


@contextmanager
def running(folder: Path, *arguments: str, **environ: str) -> Iterator[Server]:
    """`backfile` in a folder, with arguments that have it serve at a free port, once it has printed its address.

    Its processes are a group of their own. It is told to end after the block, if it has not ended by then. Raises
    AssertionError with what it logged if it ends before it prints an address.
    """
    log = folder / f"log-{len(list(folder.glob('log-*')))}"
    with log.open("x") as stderr:
        process = subprocess.Popen(
            command_line(*arguments), cwd=folder, env=environment(**environ), stdout=subprocess.PIPE, stderr=stderr,
            text=True, start_new_session=True,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline().strip()
        match = re.fullmatch(r"http://127\.0\.0\.1:([0-9]+)/\w*", line)
        assert match, (line, log.read_text("utf-8"))
        yield Server(process, int(match[1]), line, log)
    finally:
        _end(process)
        process.stdout.close()


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(LONGEST_END_SECONDS)
    except subprocess.TimeoutExpired:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


@contextmanager
def served(folder: Path, *options: str, index: str = "", **environ: str) -> Iterator[Server]:
    """`backfile serve` for the index at a URL, by default that in the folder's `archive`; see `running`."""
    index = index or f"whoosh:{folder / 'archive'}"
    with running(folder, "serve", "--port", "0", "--index", index, *options, **environ) as server:
        yield server


@contextmanager
def app_served(app: Flask) -> Iterator[str]:
    """The address of an app on a real socket, in this process, for what only this process knows."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Says nothing."""
