"""Runs each engine in its own process, so that its memory can be measured and no engine warms up another."""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from benchmark import child
from benchmark.engines.base import Answer, Output
from benchmark.figures import Indexing, Memory
from benchmark.queries import Question

LONGEST_ANSWER: Final = 120.0
"""Seconds without an answer after which an engine is stopped."""
SAMPLED_EVERY: Final = 0.05
_SPAWN: Final = multiprocessing.get_context("spawn")


class EngineFailed(Exception):
    """The process of an engine failed; the message is that of the engine."""


def build(engine: str, folder: Path, articles: Path, count: int, workers: int) -> Indexing:
    """Indexes the first `count` articles of the file into `folder`, which must not exist yet. Raises EngineFailed."""
    process, pipe = _started(child.build, engine, folder, articles, count, workers)
    with _Watch(process.pid) as watch:
        seconds, settling, cpu = _received(pipe, process, None)
    process.join()
    cpu += watch.children_seconds()
    rate = round(count / seconds, 1)
    return Indexing(
        workers, round(seconds, 3), round(settling, 3), round(cpu, 3), rate, watch.total, watch.own, _size(folder)
    )


def merge(engine: str, folder: Path) -> tuple[float, int] | None:
    """Merges an index into one segment; gives seconds and bytes, or None if the engine cannot. Raises EngineFailed."""
    process, pipe = _started(child.merge, engine, folder)
    seconds: float | None = _received(pipe, process, None)
    process.join()
    return None if seconds is None else (seconds, _size(folder))


class SearchProcess:
    """A process with one open index, which answers questions one at a time."""

    def __init__(self, engine: str, folder: Path, question: Question) -> None:
        self._process, self._pipe = _started(child.serve, engine, folder, question)
        self.first_answer: float = _received(self._pipe, self._process, LONGEST_ANSWER)
        """Milliseconds from opening the index to the complete answer to `question`."""

    def answer(self, question: Question, output: Output) -> tuple[float, Answer]:
        """The time in milliseconds, and the answer. Raises EngineFailed."""
        self._pipe.send((question, output))
        answered: tuple[float, Answer] = _received(self._pipe, self._process, LONGEST_ANSWER)
        return answered

    def memory(self) -> Memory:
        """The memory of the process now."""
        total, own = _resident(self._process.pid or 0)
        return Memory(total, own)

    def close(self) -> None:
        """Ends the process."""
        with suppress(OSError):
            self._pipe.send(None)
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _started(work: Any, *arguments: Any) -> tuple[Any, Connection]:
    pipe, other = _SPAWN.Pipe()
    process = _SPAWN.Process(target=child.entered, args=(work, other, arguments))
    process.start()
    other.close()
    return process, pipe


def _received(pipe: Connection, process: Any, seconds: float | None) -> Any:
    if not pipe.poll(seconds):
        process.kill()
        process.join()
        raise EngineFailed(f"no answer in {seconds:g} seconds")
    try:
        is_fine, content = pipe.recv()
    except EOFError:
        process.join()
        raise EngineFailed(f"its process ended with {process.exitcode}") from None
    if not is_fine:
        raise EngineFailed(content)
    return content


class _Watch:
    """Samples a process and its descendants many times a second.

    Records their largest total memory in bytes, and the processor time of the descendants.
    """

    def __init__(self, process: int | None) -> None:
        self._process = process or 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._used: dict[int, float] = {}
        self.total = self.own = 0

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def children_seconds(self) -> float:
        """The processor time of the descendants, from the last sample of each."""
        return sum(self._used.values())

    def _watch(self) -> None:
        while not self._over.wait(SAMPLED_EVERY):
            family = _family(self._process)
            found = [_resident(process) for process in family]
            self.total = max(self.total, sum(total for total, _ in found))
            self.own = max(self.own, sum(own for _, own in found))
            self._used |= {child: used for child in family[1:] if (used := processor_seconds(child))}


def _family(process: int) -> list[int]:
    """The process and its descendants; on systems other than Linux, the process alone."""
    with suppress(OSError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
        return [process, *(one for child in children for one in _family(int(child)))]
    return [process]


def _resident(process: int) -> tuple[int, int]:
    """Resident bytes, and those of them that are not from mapped files; 0 if unknown."""
    try:
        status = Path(f"/proc/{process}/status").read_text("ascii", "replace")
    except OSError:
        return 0, 0
    found = {name: int(kib) * 1024 for name, kib in re.findall(r"^(VmRSS|RssAnon):\s+(\d+) kB", status, re.MULTILINE)}
    return found.get("VmRSS", 0), found.get("RssAnon", 0)


def processor_seconds(process: int) -> float:
    """Seconds of processor time that a process has used; 0 if unknown."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    # proc(5): user and system time are fields 14 and 15, in clock ticks; the state after the name is field 3.
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _size(folder: Path) -> int:
    return sum(Path(place, name).stat().st_size for place, _, names in os.walk(folder) for name in names)
