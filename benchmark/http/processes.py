"""Starts and ends the processes of the benchmark, so that none outlives it, whenever a signal comes."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

LONGEST_STOP: Final = 20.0


@contextmanager
def signals_put_off() -> Iterator[None]:
    """Lets SIGINT and SIGTERM wait until the end of the block. For the main thread.

    Their handlers raise exceptions. One raised while a process starts would leave a process that nobody knows of, so a
    block starts it and keeps it where it will be ended.
    """
    arrived: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: arrived.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for late in arrived:
        signal.raise_signal(late)


@contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process that is ended, and its pipes closed, at the end of the block. `options` are those of Popen."""
    with ExitStack() as leaving:
        with signals_put_off():
            process = leaving.enter_context(subprocess.Popen(command, **options))  # noqa: S603
            leaving.callback(end, process)
        yield process


def finished(command: Sequence[str], seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, with what it printed; it is ended too if anything is raised meanwhile.

    Raises subprocess.TimeoutExpired after so many `seconds`.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with running(command, text=True, errors="replace", **pipes) as process:
        out, err = process.communicate(timeout=seconds)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def end(process: subprocess.Popen[Any] | None) -> None:
    """Asks a process to end, and kills it if it does not."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(LONGEST_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
