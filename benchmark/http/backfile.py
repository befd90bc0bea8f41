"""Backfile itself, by its commands: `backfile index` fills it and `backfile serve` answers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote_plus

from benchmark.http.processes import end, finished, signals_put_off
from benchmark.http.server import Asking, Request, ServerFailed, answer, free_port, wait_until
from webui.caching import VERSION


class BackfileServer:
    """See `benchmark.http.server.Server`.

    `index` is the URL of its index; without one, it has one in its folder. `workers`: processes that answer.
    """

    label = "Backfile"

    def __init__(self, index: str | None = None, *, workers: int | None = None) -> None:
        self._index = index
        self._options = [] if workers is None else ["--workers", str(workers)]
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()
        self.address = ""

    @property
    def renderings(self) -> Mapping[str, Asking]:
        return {
            "Backfile, JSON": lambda words: Request("GET", f"/api/v1/search?op=and&q={quote_plus(words)}"),
            "Backfile, page for people": lambda words: Request("GET", f"/search?op=and&q={quote_plus(words)}"),
        }

    def missing(self) -> str | None:
        return None

    def version(self) -> str:
        return VERSION

    def start(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        port = free_port()
        self._folder, self.address = folder, f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "search", "serve", "--index", self.index, "--port", str(port), *self._options]
        with (folder / "serve.log").open("wb") as log:
            # Logs of single requests would measure the log; the other servers write none either.
            environment = {**os.environ, "BACKFILE_LOG_LEVEL": "warning"}
            with signals_put_off():
                self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603
        wait_until(lambda: answer(self.address, Request("GET", "/livez"))["status"] == "ok", self.label, self._process)

    def fill(self, articles: Path, count: int) -> None:
        command = [sys.executable, "-m", "search", "index", "--index", self.index, str(articles)]
        done = finished(command)
        if done.returncode:
            raise ServerFailed(f"backfile index: {done.stderr[-500:]}")
        everything = Request("GET", "/api/v1/search")
        wait_until(lambda: answer(self.address, everything)["total"] == count, "every article found", self._process)

    def stop(self) -> None:
        end(self._process)

    def resident_bytes(self) -> int:
        """What all its processes have in memory, pages that they share counted once. On Linux; else 0."""
        if self._process is None:
            return 0
        return sum(map(_proportional_bytes, _with_children(self._process.pid)))

    @property
    def index(self) -> str:
        """The URL of its index."""
        return self._index or f"whoosh:{self._folder / 'index'}"


def _with_children(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in _with_children(int(child)))]


def _proportional_bytes(pid: int) -> int:
    """PSS (https://docs.kernel.org/filesystems/proc.html): what a process shares with n others counts an nth."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
