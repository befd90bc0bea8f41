"""Puts a server under load with wrk (https://github.com/wg/wrk), which costs little of the processor that it shares.

wrk is a program in C, in the package of that name of most systems. Its script here asks each question once.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic.dataclasses import dataclass

from benchmark.http.processes import finished
from benchmark.http.server import Request, ServerFailed

_SCRIPT: Final = """
local asked, n = {}, 0
function init(args)
  for line in io.lines(args[1]) do
    local method, path, body = line:match("^(%S+)\\t(%S+)\\t(.*)$")
    local headers = {["Accept-Encoding"] = "gzip"}
    if body ~= "" then headers["Content-Type"] = "application/json" else body = nil end
    asked[#asked + 1] = wrk.format(method, path, headers, body)
  end
end
function request()
  n = n + 1
  return asked[(n - 1) % #asked + 1]
end
function done(summary, latency)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format('\\nfigures {"requests": %d, "seconds": %f, "errors": %d, "p50": %f, "p95": %f, "p99": %f, '
    .. '"longest": %f}\\n', summary.requests, summary.duration / 1e6, failed,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load over `connections` that stay open. Latencies are in milliseconds."""

    connections: int
    requests: int
    seconds: float
    errors: int
    p50: float
    p95: float
    p99: float
    longest: float

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


def missing() -> str | None:
    """Why no load can be made here; None if it can."""
    return None if shutil.which("wrk") else "the program wrk is not installed (its package has the same name)"


def load(address: str, asked: Sequence[Request], connections: int, seconds: int, work: Path) -> Load:
    """Asks the questions in turn for that long, one after another on each connection. Raises ServerFailed.

    A question is asked again only if the server answers them all in that time.
    """
    script, lines = work / "wrk.lua", work / "requests.txt"
    script.write_text(_SCRIPT, "utf-8")
    lines.write_text("".join(f"{row.method}\t{row.path}\t{row.body}\n" for row in asked), "utf-8")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), address]
    done = finished([*command, "--", str(lines)], seconds=seconds + 120)
    return read_figures(done.stdout + done.stderr, connections)


def read_figures(output: str, connections: int) -> Load:
    """The figures that the script printed. Raises ServerFailed if there are none."""
    for line in output.splitlines():
        if line.startswith("figures "):
            found: dict[str, Any] = json.loads(line.removeprefix("figures "))
            return Load(connections, **found)
    raise ServerFailed(f"wrk gave no figures: {output[-300:]}")
