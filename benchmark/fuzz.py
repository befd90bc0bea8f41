"""Fuzzes what reads input from outside, a process for each target.

    python -m benchmark.fuzz
    python -m benchmark.fuzz query endpoints --inputs 100000 --seed 7
    python -m benchmark.fuzz query --replay fuzz-failures/query-7-4711

Inputs follow from the seed and their number, so a run can be repeated. An input fails if it raises anything but the
errors that are allowed, if it takes longer than the limit, or if it ends the process; it is saved to a file, and the
next target begins. A target fails too if it takes more and more memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmark.fuzzing.running import Outcome, Watchdog, fuzz
from benchmark.fuzzing.targets import TARGETS

LIMIT_SECONDS: Final = 30.0
_HEAD: Final = "| Target | inputs | refused | inputs a second | slowest, ms | memory, MB: start, half, end |\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the targets one after the other, and prints a table."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.child:
        _child(asked)
    elif asked.replay:
        if len(asked.targets) != 1:
            parser.error("--replay needs the one target that the input is for")
        _replay(asked.targets[0], asked.replay)
    else:
        sys.stdout.write(f"{_HEAD}| --- |{' ---: |' * 5}\n")
        failed = [name for name in asked.targets or TARGETS if not _run(name, asked)]
        sys.exit(f"error: these failed: {', '.join(failed)}" if failed else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.fuzz", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", choices=[*TARGETS, []], help=f"(default: all) {', '.join(TARGETS)}")
    add("--inputs", type=int, default=100_000, metavar="N", help="for each target (default: %(default)s)")
    add("--seed", type=int, default=1, metavar="N", help="(default: %(default)s)")
    add("--limit", type=float, default=LIMIT_SECONDS, metavar="S", help="seconds for one input (default: %(default)s)")
    add(
        "--failures",
        type=Path,
        default=Path("fuzz-failures"),
        help="folder for inputs that fail (default: %(default)s)",
    )
    add("--replay", type=Path, metavar="FILE", help="give the target the input in this file, and nothing else")
    add("--child", type=Path, help=argparse.SUPPRESS)
    return parser


def _run(name: str, asked: argparse.Namespace) -> bool:
    """Runs a target in a process of its own, which no input can take the others along with."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        options = ["--inputs", str(asked.inputs), "--seed", str(asked.seed), "--limit", str(asked.limit)]
        command = [sys.executable, "-m", "benchmark.fuzz", name, *options, "--child", folder]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
        if ran.returncode == 0:
            found = json.loads(ran.stdout)
            sys.stdout.write(_row(name, Outcome(**found)))
            sys.stdout.flush()
            return not Outcome(**found).grew
        current = Path(folder) / "current"
        number, _, data = current.read_bytes().partition(b"\n") if current.exists() else (b"none", b"", b"")
    asked.failures.mkdir(parents=True, exist_ok=True)
    saved = asked.failures / f"{name}-{asked.seed}-{number.decode()}"
    saved.write_bytes(data)
    sys.stdout.write(f"| {name} | failed at input {number.decode()}, which is in {saved} | | | | |\n")
    return False


def _row(name: str, found: Outcome) -> str:
    memory = ", ".join(f"{each / 1e6:.0f}" for each in found.memory)
    share = f"{found.refused / max(found.inputs, 1):.0%}"
    seconds, number = found.slowest
    rate = found.inputs / found.seconds
    slowest = f"{seconds * 1000:,.0f} (input {number:,})"
    return f"| {name} | {found.inputs:,} | {share} | {rate:,.0f} | {slowest} | {memory} |\n"


def _child(asked: argparse.Namespace) -> None:
    """Runs one target in this process, says how far it is, and prints the outcome as JSON."""
    name, folder = asked.targets[0], asked.child
    (folder / "work").mkdir()
    target = TARGETS[name](folder / "work")
    watchdog = Watchdog(asked.limit, folder / "current")
    step = max(asked.inputs // 20, 1)

    def watch(number: int, data: bytes) -> None:
        if number % step == 0:
            sys.stderr.write(f"{name}: {number:,} of {asked.inputs:,}\n")
        watchdog(number, data)

    found = fuzz(target, range(asked.inputs), asked.seed, watch)
    watchdog.close()
    fields = ("inputs", "refused", "seconds", "slowest", "memory")
    sys.stdout.write(json.dumps({field: getattr(found, field) for field in fields}))


def _replay(name: str, path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        target = TARGETS[name](Path(folder))
        try:
            target.check(path.read_bytes())
        except target.allowed as error:
            sys.stdout.write(f"refused: {error}\n")
        else:
            sys.stdout.write("no error\n")


if __name__ == "__main__":
    main()
