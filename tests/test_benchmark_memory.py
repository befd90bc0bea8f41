"""The measurement of memory reads what it says: each generated file is of its format, and gives all its articles."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the benchmark is no part of the installed product

resource = pytest.importorskip("resource")  # not on Windows

from benchmark.memory import INPUTS, WAYS, measured  # noqa: E402
from benchmark.memory_sites import SITES, serving  # noqa: E402


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", INPUTS)
def test_every_article_of_a_generated_file_is_found(
    name: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    called, make = INPUTS[name]
    make(tmp_path / called, 25)
    assert measured(way, called, 25) > 0
    with pytest.raises(SystemExit, match=r"26 items, and (25|0) articles were found"):
        measured(way, called, 26)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SITES)
def test_every_article_of_a_generated_site_is_found(
    name: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with serving(name, 250 if name == "WordPress REST" else 12) as address:
        assert measured(way, address, 250 if name == "WordPress REST" else 12) > 0


def test_the_peak_of_both_sizes_stands_in_one_line() -> None:
    command = [sys.executable, "-m", "benchmark.memory", "--sizes", "5", "10", "--formats", "CSV", "--ways", "read"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert printed[0] == "| Peak memory, MB | 5 items | 10 items | bytes for each further item |"
    name, small, large, _ = (cell.strip() for cell in printed[2].strip("|").split("|"))
    assert name == "CSV, records read"
    assert int(small) > 10
    assert int(large) > 10
