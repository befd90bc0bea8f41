"""Processes that build segments beside the one that writes.

Each has a builder of its own and a pipe, over which it gets articles and says what it has built. A process reads when
it has nothing else to do, so whoever is quicker gets more, and no more than a few batches wait at any time. A process
that finds its pipe closed, because the writing one ended, ends too; Ctrl-C is for the writing process alone.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from array import array
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.document import Document
from search.engines.disk.format.manifest import new_segment_path
from search.engines.disk.writing.segment_writer import SegmentBuilder
from search.errors import EngineError
from search.processes import ctrl_c_held_back

_LOOK_SECONDS: Final = 0.1
"""How often somebody who waits looks whether there is still something to wait for."""

_END_SECONDS: Final = 10.0

Result = tuple[str, NDArray[np.int64]]
"""A segment's file name, and the numbers of its articles in the transaction."""

_BEGIN, _ARTICLES, _FINISH = "begin", "articles", "finish"
_BUILT, _DONE, _FAILED = "built", "done", "failed"


class WorkerPool:
    """Processes that build the segments of one transaction after the other.

    A transaction is `begin`, `send`, `finish`, `waiting`, `results`. After any error the pool is of no more use: `end`.
    """

    def __init__(self, workers: int) -> None:
        self._workers = [_Worker() for _ in range(workers)]
        self._batches: Queue[tuple[int, list[Document]] | None] = Queue(2 * workers)

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def built(self) -> int:
        """How many articles of the transaction have been read by the processes."""
        return sum(worker.built for worker in self._workers)

    def begin(self, directory: Path) -> None:
        """Articles will be sent, for segments to be written into the directory."""
        for worker in self._workers:
            worker.begin(directory, self._batches)

    def send(self, first: int, documents: list[Document]) -> None:
        """Gives articles away, the first of which has this number; waits while too many wait already."""
        self._put((first, documents))

    def finish(self) -> None:
        """All have been sent."""
        for _ in self._workers:
            self._put(None)

    def waiting(self) -> Iterator[None]:
        """Steps, now and then, until everything is written."""
        for worker in self._workers:
            while not worker.is_done(_LOOK_SECONDS):
                self._require_health()
                yield
        self._require_health()

    def results(self) -> list[Result]:
        """The segments that were written."""
        return [result for worker in self._workers for result in worker.results]

    def end(self) -> None:
        """Ends the processes, whatever they are doing."""
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join()

    def _put(self, batch: tuple[int, list[Document]] | None) -> None:
        while True:
            self._require_health()
            try:
                self._batches.put(batch, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return

    def _require_health(self) -> None:
        for worker in self._workers:
            if worker.failure is not None:
                raise worker.failure


class _Worker:
    """One process, seen from the writing one; a thread carries batches to it and hears what it says."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_work, args=(theirs,), daemon=True, name="backfile-worker")
        with ctrl_c_held_back():
            self._process.start()
        theirs.close()
        self._thread: Thread | None = None
        self._stop = Event()
        self.failure: BaseException | None = None
        self.results: list[Result] = []
        self.built = 0

    def begin(self, directory: Path, batches: Queue[tuple[int, list[Document]] | None]) -> None:
        self.results, self.built = [], 0
        self._thread = Thread(target=self._carry, args=(directory, batches), daemon=True)
        self._thread.start()

    def is_done(self, seconds: float) -> bool:
        """Whether its results are there, or it failed; waits so long for that."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def stop(self) -> None:
        self._stop.set()
        self._process.kill()

    def join(self) -> None:
        self._process.join(_END_SECONDS)
        if self._thread is not None:
            self._thread.join(_END_SECONDS)
        self._connection.close()

    def _carry(self, directory: Path, batches: Queue[tuple[int, list[Document]] | None]) -> None:
        try:
            self._connection.send((_BEGIN, directory))
            while (batch := self._next(batches)) is not None:
                self._connection.send((_ARTICLES, *batch))
                self._hear_all()
            self._connection.send((_FINISH,))
            while not self._hear():
                pass
        except _Stopped:
            return
        except (EOFError, OSError):
            self.failure = self._ended()
        except Exception as error:  # noqa: BLE001 - it is raised again where somebody hears it
            self.failure = error

    def _next(self, batches: Queue[tuple[int, list[Document]] | None]) -> tuple[int, list[Document]] | None:
        while not self._stop.is_set():
            self._hear_all()
            try:
                return batches.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
        raise _Stopped

    def _hear_all(self) -> None:
        while self._connection.poll():
            self._hear()

    def _hear(self) -> bool:
        """Takes one message; whether it was the last of the transaction."""
        kind, content = self._connection.recv()
        if kind == _FAILED:
            self.failure = content
            raise _Stopped
        if kind == _BUILT:
            self.built += content
        else:
            self.results = content
        return bool(kind == _DONE)

    def _ended(self) -> EngineError:
        self._process.join(_END_SECONDS)
        code = self._process.exitcode
        how = f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return EngineError(
            f"a process that builds the index ended before its work was done ({how}), perhaps for want of memory; "
            "nothing was changed; try again with fewer workers"
        )


class _Stopped(Exception):
    """There is nothing more to be carried: the process failed, or the pool is being ended."""


def _work(connection: Connection) -> None:
    """What the process does: all that it is sent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    bench = _Bench()
    is_broken = False
    try:
        while True:
            message = connection.recv()
            if is_broken:
                continue
            try:
                reply = bench.take(*message)
            except BaseException as error:  # noqa: BLE001 - the writing process decides what it means
                is_broken, reply = True, (_FAILED, _sendable(error))
            if reply is not None:
                connection.send(reply)
    except (EOFError, OSError):
        os._exit(0)


class _Bench:
    """One process's part of a transaction."""

    def __init__(self) -> None:
        self._builder = SegmentBuilder()
        self._directory = Path()
        self._numbers = array("q")
        self._results: list[Result] = []

    def take(self, kind: str, *content: Any) -> tuple[str, Any] | None:
        """Does what a message says; gives the answer."""
        if kind == _BEGIN:
            (self._directory,) = content
            return None
        if kind == _ARTICLES:
            return _BUILT, self._build(*content)
        if self._builder.articles:
            self._write()
        results, self._results = self._results, []
        return _DONE, results

    def _build(self, first: int, documents: Sequence[Document]) -> int:
        for number, document in enumerate(documents, first):
            if self._builder.is_full:
                self._write()
            self._builder.add(document)
            self._numbers.append(number)
        return len(documents)

    def _write(self) -> None:
        path = new_segment_path(self._directory)
        self._builder.write(path)
        self._results.append((path.name, np.array(self._numbers, np.int64)))
        self._numbers = array("q")


def _sendable(error: BaseException) -> BaseException:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever it is, it cannot travel
        return EngineError(f"an article could not be indexed: {type(error).__name__}: {error}"[:300])
    return error
