"""Fills an archive and asks it, through the service and over HTTP: the same for every engine."""

from __future__ import annotations

import http.client
import resource
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final
from urllib.parse import urlencode, urlsplit

from benchmark.apart import processor_seconds
from benchmark.clustered.figures import Spread
from benchmark.engines.backfile import request_of
from benchmark.http.backfile import BackfileServer
from benchmark.queries import Question
from search.archive import Archive
from search.document import Document
from search.engines.protocols import Engine

REPETITIONS: Final = 3
_FIRST: Final = 10


@dataclass(frozen=True, slots=True)
class Filled:
    """What filling an archive took: seconds, and the processor time of this process and of the nodes."""

    seconds: float
    python: float
    nodes: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking took, and the first hits of each question with their scores."""

    first: Spread
    again: Spread
    hits: Sequence[Mapping[str, float]]


def filled(engine: Engine, documents: Iterable[Document], pids: Sequence[int]) -> Filled:
    """Writes all articles in one commit, from one process. `pids`: the nodes."""
    nodes, python, started = sum(map(processor_seconds, pids)), _own_seconds(), perf_counter()
    with engine.writer(replace=True) as writer:
        for document in documents:
            writer.add(document)
    seconds = perf_counter() - started
    return Filled(seconds, _own_seconds() - python, sum(map(processor_seconds, pids)) - nodes)


def _own_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def asked(engine: Engine, questions: Sequence[Question]) -> Asked:
    """Asks every question for a page of results: once, in an archive that knows nothing yet, then some times more.

    A first round over a searcher of its own warms up what is not the archive's own: compilers and disks.
    """
    for question in questions:
        Archive(engine).search(request_of(question))
    archive = Archive(engine)
    archive.status()
    first, again, hits = [], [], []
    for question in questions:
        request = request_of(question)
        spent = []
        for _ in range(1 + REPETITIONS):
            started = perf_counter()
            found = archive.search(request)
            spent.append((perf_counter() - started) * 1000)
        first.append(spent[0])
        again.append(min(spent[1:]))
        hits.append({hit.id: hit.score for hit in found.hits[:_FIRST]})
    return Asked(spread(first), spread(again), hits)


def spread(milliseconds: Sequence[float]) -> Spread:
    """Their median and 95th percentile."""
    ordered = sorted(milliseconds)
    return Spread(statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))])


@contextmanager
def served(index: str, folder: Path) -> Iterator[str]:
    """The address of a real server over that index, one process, for the block; its log is in the folder."""
    server = BackfileServer(index, workers=1)
    try:
        server.start(folder)
        yield server.address
    finally:
        server.stop()


def over_http(address: str, questions: Sequence[Question]) -> Spread:
    """The pages for people of all questions, one after another over one connection, no answer from a cache."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    spent = []
    for turn in range(2):  # what is asked twice comes from the cache of answers: the second time, other pages are
        for question in questions:
            parameters = {"q": question.text(), "op": "or" if question.shape == "any" else "and", "per_page": 10 + turn}
            started = perf_counter()
            connection.request("GET", f"/search?{urlencode(parameters)}")
            connection.getresponse().read()
            if turn:
                spent.append((perf_counter() - started) * 1000)
    connection.close()
    return spread(spent)


def compared(found: Sequence[Mapping[str, float]], expected: Sequence[Mapping[str, float]]) -> tuple[float, float]:
    """The share of questions with the same first hits in the same order, and the largest relative difference of a
    score in these."""
    pairs = list(zip(found, expected, strict=True))
    same = [(own, other) for own, other in pairs if list(own) == list(other)]
    errors = [
        abs(score - other[name]) / other[name] for own, other in same for name, score in own.items() if other[name]
    ]
    return len(same) / len(pairs), max(errors, default=0.0)
