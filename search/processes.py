"""Processes of our own that work beside this one: in order, bounded, and never left behind.

The standard pools were not fit: after a SIGKILL of the parent their processes wait for ever, because each holds the
writing end of the queue it reads from. Here each process has one pipe, so it ends when the parent does, however that
ends. Ctrl-C is for the parent alone, which stops the others.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, Generic, Self, TypeVar

from search.errors import ProcessLost

Task = TypeVar("Task")
Answer = TypeVar("Answer")

_PATIENCE_SECONDS: Final = 5.0


def core_count() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Worker(Generic[Task, Answer]):
    """One process that calls `work` with each task in turn; `work` is pickled once and may keep state there.

    Tasks may be given ahead of their answers, and answers come in the order of the tasks. Whoever is done with it
    calls `close`, also after an error.
    """

    def __init__(self, work: Callable[[Task], Answer], name: str) -> None:
        self.waiting = 0
        """Tasks whose answer has not been taken."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, work), name=name, daemon=True)
        with ctrl_c_held_back():
            self._process.start()
        theirs.close()

    def give(self, task: Task) -> None:
        """Hands a task over; does not wait for the worker. Raises ProcessLost if it has ended."""
        try:
            self._pipe.send_bytes(pickle.dumps(task, pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            raise self._lost() from error
        self.waiting += 1

    def take(self) -> Answer:
        """The answer to the oldest task without one. Raises what `work` raised, and ProcessLost if the worker ended."""
        try:
            message = self._pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._lost() from error
        self.waiting -= 1
        answer, failure = pickle.loads(message)  # noqa: S301 - from a process of our own
        if failure is not None:
            raise failure
        return answer  # type: ignore[no-any-return]

    def close(self) -> None:
        """Ends the process, whatever it is doing."""
        self._pipe.close()
        self._process.terminate()
        self._process.join(_PATIENCE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()

    def _lost(self) -> ProcessLost:
        self._process.join(_PATIENCE_SECONDS)
        return ProcessLost(self._process.name, self._process.exitcode)


class Pool(Generic[Task, Answer]):
    """Up to `most` workers that share tasks, started as they are needed; answers come in the order of the tasks."""

    def __init__(self, work: Callable[[Task], Answer], most: int, name: str) -> None:
        self._work = work
        self._most = most
        self._name = name
        self._workers: list[Worker[Task, Answer]] = []
        self._order: deque[Worker[Task, Answer]] = deque()

    @property
    def waiting(self) -> int:
        """Tasks whose answer has not been taken."""
        return len(self._order)

    def give(self, task: Task) -> None:
        """Hands a task to the least busy worker. Raises ProcessLost if that one has ended."""
        worker = min(self._workers, key=lambda other: other.waiting, default=None)
        if worker is None or (worker.waiting and len(self._workers) < self._most):
            worker = Worker(self._work, f"{self._name} {len(self._workers) + 1}")
            self._workers.append(worker)
        worker.give(task)
        self._order.append(worker)

    def take(self) -> Answer:
        """The answer to the oldest task without one; raises as `Worker.take` does."""
        return self._order.popleft().take()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.close()
        self._workers.clear()
        self._order.clear()


def _serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    """The other process: tasks are received all the time, so that the parent's sending never waits for our answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(pipe, tasks), daemon=True).start()
    while True:
        answer = _answer(work, tasks.get())
        with suppress(OSError):  # the parent has gone; the receiving thread ends us
            pipe.send_bytes(answer)


def _receive(pipe: Connection, tasks: SimpleQueue[bytes]) -> None:
    try:
        while True:
            tasks.put(pipe.recv_bytes())
    except (EOFError, OSError):
        os._exit(0)


def _answer(work: Callable[[Any], Any], task: bytes) -> bytes:
    try:
        return pickle.dumps((work(pickle.loads(task)), None), pickle.HIGHEST_PROTOCOL)  # noqa: S301 - from our parent
    except Exception as error:  # noqa: BLE001 - raised again where the answer is taken
        return _pickled(error)


def _pickled(error: Exception) -> bytes:
    """An error as an answer; one that does not survive the way is a RuntimeError with its text."""
    error.add_note("in another process:\n" + "".join(traceback.format_exception(error)).rstrip())
    error.__traceback__ = error.__cause__ = error.__context__ = None
    try:
        answer = pickle.dumps((None, error), pickle.HIGHEST_PROTOCOL)
        pickle.loads(answer)  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever it is, it cannot be sent
        return pickle.dumps((None, RuntimeError("\n".join((repr(error), *error.__notes__)))))
    return answer


@contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Until the block is done Ctrl-C waits; a process started in it never sees one, not even while it is starting."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # or else starting the process would start it, which lets the signal through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
