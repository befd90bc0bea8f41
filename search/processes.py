"""Worker processes: tasks to them, answers back in order or as they come, and none left behind.

Every worker has a pipe of its own, so it notices when the parent is gone, even after a SIGKILL, and ends. Pools built
on shared queues cannot notice: each of their processes holds the writing end of the queue it reads from. Ctrl-C is for
the parent alone, which then stops its workers. docs/explanation/dependencies.md says why this is not a library.
A worker is a copy of this process where that is safe (see `search.copies`), and else a new one.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from threading import Event, Thread, current_thread, main_thread
from typing import Any, Final, Generic, Self, TypeVar

from search.copies import become_worker, can_copy, open_descriptors
from search.errors import ProcessLost

Task = TypeVar("Task")
Answer = TypeVar("Answer")

_PATIENCE_SECONDS: Final = 5.0
_SWITCH_SECONDS: Final = 0.0005
"""How soon a worker's receiving thread gets its turn beside the working one; the parent may be waiting for it to read.
Python's default is ten times as long."""


def core_count() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Worker(Generic[Task, Answer]):
    """One process that calls `work` with each task in turn. `work` is copied or pickled once and may keep state there.

    Tasks may be given before earlier ones are answered; answers come in the order of the tasks.
    Call `close` when done, also after an error. `afresh`: it is no copy of this process even where that is safe, so
    that nothing is imported in it yet.
    """

    def __init__(self, work: Callable[[Task], Answer], name: str, *, afresh: bool = False) -> None:
        self.waiting = 0
        """Tasks whose answer has not been taken."""
        is_copy = can_copy() and not afresh
        self.pipe, theirs = multiprocessing.Pipe()
        inherited = tuple(each for each in open_descriptors() if each != theirs.fileno()) if is_copy else ()
        self._process = _process(is_copy)(target=_serve, args=(theirs, work, inherited), name=name, daemon=True)
        with ctrl_c_held_back(spawns=not is_copy):
            self._process.start()
        theirs.close()

    def give(self, task: Task) -> None:
        """Hands over a task without waiting for the worker to finish others. Raises ProcessLost if it has ended."""
        try:
            self.pipe.send_bytes(pickle.dumps(task, pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            raise self._lost() from error
        self.waiting += 1

    def take(self) -> Answer:
        """Waits for the next answer. Raises what `work` raised, or ProcessLost if the worker has ended."""
        try:
            message = self.pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._lost() from error
        self.waiting -= 1
        answer, failure = pickle.loads(message)  # noqa: S301 - from a process of our own
        if failure is not None:
            raise failure
        return answer  # type: ignore[no-any-return]

    def close(self) -> None:
        """Ends the process, whatever it is doing."""
        self.pipe.close()
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
    """Up to `most` workers that share tasks, started as they are needed.

    Take the answers either with `take`, in the order of the tasks, or with `ready`, as they come; do not mix them.
    Leave the `with` block or call `close` to end the workers.
    """

    def __init__(self, work: Callable[[Task], Answer], most: int, name: str) -> None:
        self._work = work
        self._most = most
        self._name = name
        self._workers: list[Worker[Task, Answer]] = []
        self._order: deque[Worker[Task, Answer]] = deque()

    def __len__(self) -> int:
        """How many workers it may have."""
        return self._most

    @property
    def waiting(self) -> int:
        """Tasks whose answer has not been taken."""
        return len(self._order)

    def start(self) -> None:
        """Starts all workers now, so that they get ready side by side."""
        while len(self._workers) < self._most:
            self._start_one()

    def _start_one(self) -> Worker[Task, Answer]:
        worker = Worker(self._work, f"{self._name} {len(self._workers) + 1}")
        self._workers.append(worker)
        return worker

    def give(self, task: Task) -> None:
        """Hands a task to the least busy worker. Raises ProcessLost if that worker has ended."""
        worker = min(self._workers, key=lambda other: other.waiting, default=None)
        if worker is None or (worker.waiting and len(self._workers) < self._most):
            worker = self._start_one()
        self._give(worker, task)

    def give_each(self, task: Task) -> None:
        """Hands the same task to every worker that has been started. Raises ProcessLost if one of them has ended."""
        for worker in self._workers:
            self._give(worker, task)

    def _give(self, worker: Worker[Task, Answer], task: Task) -> None:
        worker.give(task)
        self._order.append(worker)

    def take(self) -> Answer:
        """Waits for the answer to the oldest task. Raises as `Worker.take` does."""
        return self._order.popleft().take()

    def ready(self, seconds: float) -> Iterator[Answer]:
        """Waits up to that long for an answer, then gives one from each worker that has any. Raises as `take` does."""
        busy = [worker for worker in self._workers if worker.waiting]
        answering = wait([worker.pipe for worker in busy], seconds)
        for worker in busy:
            if worker.pipe in answering:
                self._order.remove(worker)
                yield worker.take()

    def close(self) -> None:
        """Ends the workers, whatever they are doing."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()
        self._order.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _process(is_copy: bool) -> Callable[..., BaseProcess]:
    return multiprocessing.get_context("fork").Process if is_copy else multiprocessing.get_context("spawn").Process


def _serve(pipe: Connection, work: Callable[[Any], Any], inherited: Sequence[int]) -> None:
    """What a worker runs. A thread receives tasks at all times, so that the parent is not kept waiting while it
    sends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if inherited:
        become_worker(inherited)
    sys.setswitchinterval(_SWITCH_SECONDS)
    tasks: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(pipe, tasks), daemon=True).start()
    while True:
        answer = _answer(work, tasks.get())
        with suppress(OSError):  # the parent is gone; the receiving thread ends this process
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
    """An error as an answer. One that cannot be pickled and read again becomes a RuntimeError with its text."""
    error.add_note("in another process:\n" + "".join(traceback.format_exception(error)).rstrip())
    error.__traceback__ = error.__cause__ = error.__context__ = None
    try:
        answer = pickle.dumps((None, error), pickle.HIGHEST_PROTOCOL)
        pickle.loads(answer)  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever it is, it cannot be sent
        return pickle.dumps((None, RuntimeError("\n".join((repr(error), *error.__notes__)))))
    return answer


def set_by_signals(*numbers: int) -> Event:
    """An event that each of these signals sets from now on, instead of what it did before. For the main thread."""
    event = Event()

    def remember(*_: object) -> None:
        event.set()

    for number in numbers:
        signal.signal(number, remember)
    return event


@contextmanager
def ctrl_c_held_back(*, spawns: bool = True) -> Iterator[None]:
    """Delays Ctrl-C until the block is done. A process started in it never sees one, not even while it is starting.

    `spawns`: it is started by multiprocessing, and not as a copy."""
    if sys.platform == "win32":
        yield
        return
    if spawns:
        resource_tracker.ensure_running()  # starting a process would start it with the signal let through
    pressed = False

    def remember(*_: object) -> None:
        nonlocal pressed
        pressed = True

    # The mask is for the process that is started. It does not keep the signal from another thread of this one, and
    # Python would then raise KeyboardInterrupt here all the same, with half of the new process's orders written.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    is_main = current_thread() is main_thread()
    handler = signal.signal(signal.SIGINT, remember) if is_main else None
    try:
        yield
    finally:
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if pressed:
            signal.raise_signal(signal.SIGINT)
