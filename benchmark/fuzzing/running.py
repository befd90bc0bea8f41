"""One run over one target, in this process: every input in turn, each within its time, with what it cost."""

from __future__ import annotations

import faulthandler
import gc
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmark.fuzzing.mutation import made
from benchmark.fuzzing.target import Target

MOST_GROWTH: Final = 64 * 2**20
"""Bytes by which the second half of a run may grow: what caches take when they fill, and no leak of a long run."""


class Failed(Exception):
    """An input made the target do what it must not; `__cause__` is what it raised."""

    def __init__(self, number: int, data: bytes) -> None:
        super().__init__(f"input {number}: {data[:200]!r}")
        self.number = number
        self.data = data


@dataclass(frozen=True, slots=True)
class Outcome:
    """`refused`: inputs that raised an allowed error. `slowest`: the processor time of
    the slowest input, in seconds, and its number.
    `memory`: resident bytes before, after half of the inputs, and after all."""

    inputs: int
    refused: int
    seconds: float
    slowest: tuple[float, int]
    memory: tuple[int, int, int]

    @property
    def grew(self) -> bool:
        """Whether the second half of the run took more memory than caches explain."""
        return self.memory[2] - self.memory[1] > MOST_GROWTH


def fuzz(target: Target, numbers: Iterable[int], seed: int, watch: Callable[[int, bytes], None]) -> Outcome:
    """Gives the target the inputs of those numbers, and calls `watch` before each. Raises Failed for a defect."""
    every = list(numbers)
    before = half = resident()
    started = time.perf_counter()
    refused, slowest = 0, (0.0, 0)
    for done, number in enumerate(every):
        data = made(target.grammar, seed, number)
        watch(number, data)
        begun = time.process_time()
        refused += not _passes(target, number, data)
        slowest = max(slowest, (time.process_time() - begun, number))
        if done == len(every) // 2:
            half = resident()
    return Outcome(len(every), refused, time.perf_counter() - started, slowest, (before, half, resident()))


def _passes(target: Target, number: int, data: bytes) -> bool:
    try:
        target.check(data)
    except target.allowed:
        return False
    except Exception as error:
        raise Failed(number, data) from error
    return True


def resident() -> int:
    """Resident bytes of this process; 0 where the system does not say."""
    gc.collect()
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


class Watchdog:
    """Ends the process with a traceback of all threads if an input takes longer than `seconds`, within C code too.

    Each input is written to `current` before it begins, so that one which ends the process is known.
    """

    def __init__(self, seconds: float, current: Path) -> None:
        self._seconds = seconds
        self._file = current.open("wb", buffering=0)
        faulthandler.enable()

    def __call__(self, number: int, data: bytes) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(b"%d\n%b" % (number, data))
        faulthandler.dump_traceback_later(self._seconds, exit=True)

    def close(self) -> None:
        """Stops watching."""
        faulthandler.cancel_dump_traceback_later()
        self._file.close()
