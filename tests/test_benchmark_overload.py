"""The benchmark of an overloaded server: it overloads one, and calls what must not be a fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the benchmark is no part of the installed product

from benchmark.http.arrivals import Heard  # noqa: E402
from benchmark.http.overload import Outcome, as_text  # noqa: E402


def outcome(**statuses: int) -> Outcome:
    heard = Heard()
    for name, times in statuses.items():
        heard.statuses["search"][int(name.removeprefix("s"))] = times
    return Outcome(50.0, 100.0, heard, memory=[100] * 40)


def test_a_short_overload_has_answers_of_all_kinds_and_no_fault(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmark", "overload", "--quick", "--seconds", "6", "--work", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    faults = [line for line in done.stderr.splitlines() if line.startswith("fault") and "memory" not in line]
    assert faults == [], done.stdout  # a few seconds say nothing of memory
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()[3:-1]}
    assert rows.keys() == {"search", "page", "article", "suggest", "coverage"}
    assert all(int(row[0].replace(",", "")) > 0 for kind, row in rows.items() if kind in ("search", "suggest"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("statuses", "faults"),
    [
        ({"s200": 9, "s503": 3, "s429": 1, "s410": 2, "s404": 1}, []),
        ({"s200": 9, "s500": 2}, ["2 answers were 500"]),
        ({"s504": 1}, ["1 answers were 504"]),
    ],
)
def test_refusals_are_no_faults_and_failures_are(statuses: dict[str, int], faults: list[str]) -> None:
    assert outcome(**statuses).faults() == faults


def test_broken_answers_bare_refusals_and_growing_memory_are_faults() -> None:
    found = outcome(s200=1)
    found.heard.broken, found.heard.bare, found.memory = 2, 1, [100] * 30 + [150] * 10
    assert len(found.faults()) == 3
    assert "memory 0 MB" in as_text(found)
