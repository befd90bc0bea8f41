"""Commits while a server is under load: an indexer in a process of its own, and a count of the commits that show."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pydantic.dataclasses import dataclass as validated

from benchmark.http.load import Load
from benchmark.http.processes import running
from benchmark.http.server import Request, ServerFailed, answer

ARTICLES: Final = 200
"""Articles in each commit."""
SECONDS: Final = 2.0
"""From the begin of one commit to that of the next."""
_POLL_SECONDS: Final = 0.1
_STATUS: Final = Request("GET", "/api/v1/status")


@validated(frozen=True, slots=True)
class CommitLoad:
    """A load during which the index grew by so many `articles` with each commit, one every so many `seconds`.

    `commits` is how many of them answers came from before the load ended.
    """

    load: Load
    articles: int
    seconds: float
    commits: int


@dataclass(slots=True)
class Seen:
    """The commits that answers have come from since counting began, that of the beginning among them."""

    generations: set[str]

    @property
    def commits(self) -> int:
        """How many of them are new."""
        return len(self.generations) - 1


@dataclass(frozen=True, slots=True)
class Pace:
    """So many `articles` in each commit, and a commit every so many `seconds`."""

    articles: int = ARTICLES
    seconds: float = SECONDS

    def within(self, seconds: float) -> int:
        """The most articles that are added in that time."""
        return self.articles * (int(seconds / self.seconds) + 1)


@contextmanager
def indexing(index: str, articles: Path, address: str, pace: Pace, first: int = 0) -> Iterator[Seen]:
    """Until the end of the block an indexer adds the articles of a file of JSON Lines, from the one at place `first`
    on, to the index that the server at that address answers from.

    Raises ServerFailed if the indexer does not start, or fails.
    """
    numbers = ["--first", str(first), "--articles", str(pace.articles), "--seconds", str(pace.seconds)]
    command = [sys.executable, "-m", "benchmark.http.indexer", index, str(articles), *numbers]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with tempfile.TemporaryFile() as said, running(command, **pipes, stderr=said) as process:
        if _line(process.stdout) != b"ready\n":
            raise ServerFailed(f"the indexer did not start: {_end_of(said)}")
        with _counted(address) as seen:
            if process.stdin is not None:
                process.stdin.write(b"begin\n")
                process.stdin.flush()
            yield seen
        if process.poll() is not None:
            raise ServerFailed(f"the indexer failed: {_end_of(said)}")


def _line(stream: IO[bytes] | None) -> bytes:
    return stream.readline() if stream is not None else b""


def _end_of(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")[-500:]


@contextmanager
def _counted(address: str) -> Iterator[Seen]:
    """Counts the commits that show in answers until the end of the block, by asking for the state of the index."""
    seen, ended = Seen({answer(address, _STATUS)["index"]["generation"]}), threading.Event()

    def follow() -> None:
        while not ended.wait(_POLL_SECONDS):
            with suppress(ServerFailed):  # of two processes that answer, one may be a commit behind
                seen.generations.add(answer(address, _STATUS)["index"]["generation"])

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()
