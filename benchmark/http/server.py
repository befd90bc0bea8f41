"""What the benchmark asks of a server, and helpers that all servers share."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

LONGEST_START: Final = 180.0
"""Seconds until a server has to answer."""
TIMEOUT: Final = 60.0
HITS: Final = 10


@dataclass(frozen=True, slots=True)
class Request:
    """One request; a `body` is JSON."""

    method: str
    path: str
    body: str = ""


Asking = Callable[[str], Request]
"""Makes the request for articles that have all of some words, which are separated by spaces."""


class Server(Protocol):
    """A server on this machine.

    Its answers have ten hits with passages in which the words are marked, the total, and the counts by section and over
    time. `renderings` are the kinds of answer that are measured, by their names in the tables.
    """

    label: str

    @property
    def renderings(self) -> Mapping[str, Asking]: ...

    def missing(self) -> str | None:
        """Why it cannot be measured here; None if it can."""
        ...

    def version(self) -> str: ...

    def start(self, folder: Path) -> None:
        """Starts it with its data in that folder, and waits until it answers. Raises ServerFailed."""
        ...

    def fill(self, articles: Path, count: int) -> None:
        """Indexes a file of JSON Lines, and waits until an answer counts that many articles. Raises ServerFailed."""
        ...

    @property
    def address(self) -> str:
        """As in "http://127.0.0.1:8080"."""
        ...

    def stop(self) -> None:
        """Stops it. May be called more than once."""
        ...


class ServerFailed(Exception):
    """A server did not start, or gave a wrong answer; the message says which."""


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(address: str, asked: Request, seconds: float = TIMEOUT) -> Any:
    """The answer to one request, read as JSON. Raises ServerFailed, also if it takes longer than so many seconds."""
    request = urllib.request.Request(  # noqa: S310 - addresses of this machine
        address + asked.path,
        data=asked.body.encode() or None,
        method=asked.method,
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:  # noqa: S310
            return json.load(response)
    except (OSError, ValueError) as error:
        raise ServerFailed(f"{asked.method} {address}{asked.path}: {error}") from error


def wait_until(done: Callable[[], bool], what: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Waits until it is done. Raises ServerFailed after LONGEST_START, or if the process has ended."""
    deadline = time.monotonic() + LONGEST_START
    while True:
        with suppress(ServerFailed):
            if done():
                return
        if process is not None and process.poll() is not None:
            raise ServerFailed(f"{what}: its process ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise ServerFailed(f"{what}: not in {LONGEST_START:g} seconds")
        time.sleep(0.02)


def records(articles: Path) -> Iterator[dict[str, Any]]:
    """The articles of a file of JSON Lines."""
    with articles.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)
