"""A short run of `python -m benchmark.fuzz`, and what that command promises of inputs that fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the benchmark is no part of the installed product

from benchmark import fuzz as command  # noqa: E402
from benchmark.fuzzing.mutation import Grammar, made  # noqa: E402
from benchmark.fuzzing.running import Failed, fuzz  # noqa: E402
from benchmark.fuzzing.target import Target  # noqa: E402
from benchmark.fuzzing.targets import TARGETS  # noqa: E402

FEWER = {"page": 40, "search": 150, "endpoints": 200, "index": 60, "markup": 100, "source-rss": 100, "source-warc": 60}
"""Inputs for targets that take long for each."""
NUMBERS = {"endpoints": range(5_000, 5_200)}
"""Which inputs, where those that begin at 0 are not meant."""


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_does_anything_but_succeed_or_be_refused(name: str, tmp_path: Path) -> None:
    seen: list[int] = []
    numbers = NUMBERS.get(name, range(FEWER.get(name, 250)))
    found = fuzz(TARGETS[name](tmp_path), numbers, 2, lambda number, _: seen.append(number))
    assert seen == list(numbers)
    assert found.inputs == len(seen)
    assert 0 <= found.refused <= found.inputs


@pytest.mark.parametrize("name", ["query", "markup", "source-csv", "cursor"])
def test_most_targets_take_some_inputs_and_change_all(name: str, tmp_path: Path) -> None:
    """A grammar whose inputs are all refused, or all alike, would look at nothing."""
    target = TARGETS[name](tmp_path)
    found = fuzz(target, range(200), 3, lambda *_: None)
    assert found.refused < found.inputs
    assert len({made(target.grammar, 3, number) for number in range(200)}) > 100


def test_an_input_is_the_same_for_its_seed_and_number_and_no_longer_than_it_may_be() -> None:
    grammar = Grammar((b"a seed of some length", b"another"), (b"word",), 50)
    inputs = [made(grammar, 1, number) for number in range(500)]
    assert inputs == [made(grammar, 1, number) for number in range(500)]
    assert inputs != [made(grammar, 2, number) for number in range(500)]
    assert max(map(len, inputs)) == 50


def test_a_defect_is_raised_with_the_input_that_shows_it() -> None:
    def check(data: bytes) -> None:
        if b"word" in data:
            raise KeyError("x")
        raise ValueError("refused")

    target = Target(Grammar((b"seed",), (b"word",)), check, (ValueError,))
    with pytest.raises(Failed) as raised:
        fuzz(target, range(1_000), 1, lambda *_: None)
    assert b"word" in raised.value.data
    assert isinstance(raised.value.__cause__, KeyError)
    assert raised.value.data == made(target.grammar, 1, raised.value.number)


DEFECTS = {
    "raises": "raise KeyError('a defect')",
    "hangs": "import time; time.sleep(3600)",
    "ends the process": "import os; os.kill(os.getpid(), 11)",
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_an_input_that_fails_is_saved_and_the_others_go_on(defect: str, tmp_path: Path) -> None:
    """The child is the same command, so the defect is put where the child finds it: in a module that it imports."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name != 'benchmark.fuzzing.targets': return None\n"
        "        sys.meta_path.remove(self)\n"
        "        import benchmark.fuzzing.texts as texts\n"
        f"        def check(data):\n            {DEFECTS[defect]}\n"
        "        texts._read_date = check\n"
        "        return importlib.util.find_spec(name)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    targets = ["date", "cursor"] if defect == "raises" else ["date"]
    command_line = [sys.executable, "-m", "benchmark.fuzz", *targets, "--inputs", "40", "--limit", "1"]
    ran = subprocess.run(
        [*command_line, "--failures", str(tmp_path / "failures")],
        cwd=ROOT, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "error: these failed: date" in ran.stderr
    saved = tmp_path / "failures" / "date-1-0"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in ran.stdout.splitlines()]
    assert rows[2][:2] == ["date", f"failed at input 0, which is in {saved}"]
    assert saved.read_bytes() == made(TARGETS["date"](tmp_path).grammar, 1, 0)
    if "cursor" in targets:
        assert rows[3][:2] == ["cursor", "40"]
        assert "input" in rows[3][4]
        assert "cursor: 20 of 40" in ran.stderr


def test_a_saved_input_is_given_to_its_target_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "input").write_text("3 July 2024")
    command.main(["date", "--replay", str(tmp_path / "input")])
    assert capsys.readouterr().out == "no error\n"
    (tmp_path / "input").write_text("the day before")
    command.main(["date", "--replay", str(tmp_path / "input")])
    assert capsys.readouterr().out.startswith("refused: “the day before” is not a date")
