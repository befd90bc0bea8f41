"""The work of the engines' processes. Little is imported here, so that the memory measured is that of the engine."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmark.articles import read_batches
from benchmark.engines.base import Output, engine_named
from benchmark.queries import Question


def build(pipe: Connection, engine: str, folder: Path, articles: Path, count: int, workers: int) -> None:
    """Indexes articles; sends the seconds up to the commit, the seconds of waiting after it, and the processor time.

    Only calls of the engine are timed, because reading the articles costs the same for every engine.
    """
    found = engine_named(engine)
    seconds, used = 0.0, _processor_seconds()
    indexing = found.index(folder, workers)
    for batch in read_batches(articles, count):
        started = perf_counter()
        indexing.add(batch)
        seconds += perf_counter() - started
    started = perf_counter()
    indexing.commit()
    committed = perf_counter()
    indexing.settle()
    settled = perf_counter()
    pipe.send((True, (seconds + committed - started, settled - committed, _processor_seconds() - used)))


def _processor_seconds() -> float:
    """Processor time of this process alone; its descendants are measured from outside, as they may outlive it."""
    used = os.times()
    return used.user + used.system


def merge(pipe: Connection, engine: str, folder: Path) -> None:
    """Merges an index into one segment; sends the seconds, or None if the engine cannot."""
    started = perf_counter()
    merged = engine_named(engine).optimize(folder)
    pipe.send((True, perf_counter() - started if merged else None))


def serve(pipe: Connection, engine: str, folder: Path, question: Question) -> None:
    """Opens an index; sends the milliseconds up to the first answer, then time and answer of each question."""
    found = engine_named(engine)
    output: Output = "top" if found.lacks(question, "page") else "page"
    started = perf_counter()
    searching = found.search(folder)
    searching.answer(question, output)
    pipe.send((True, (perf_counter() - started) * 1000.0))
    while asked := pipe.recv():
        question, output = asked
        started = perf_counter()
        answer = searching.answer(question, output)
        pipe.send((True, ((perf_counter() - started) * 1000.0, answer)))


def entered(work: Callable[..., None], pipe: Connection, arguments: tuple[Any, ...]) -> None:
    """The entry point of the process: runs `work` and sends any exception to the parent."""
    try:
        work(pipe, *arguments)
    except Exception as error:  # noqa: BLE001 - any engine may raise anything
        traceback.print_exc(file=sys.stderr)
        pipe.send((False, f"{type(error).__name__}: {error}"))
