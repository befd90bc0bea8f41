"""The command: fills each server, puts them under load in turn, prints the tables, and draws them for the docs."""

from __future__ import annotations

import argparse
import gzip
import json
import signal
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

from benchmark.figures import save
from benchmark.http import load as wrk
from benchmark.http.backfile import BackfileServer
from benchmark.http.commits import CommitLoad, Pace, indexing
from benchmark.http.datasette import DatasetteServer
from benchmark.http.figures import HttpFigures, ServerFigures, as_text, load_figures, write_into
from benchmark.http.load import Load
from benchmark.http.opensearch import OpenSearchServer
from benchmark.http.server import TIMEOUT, Asking, Request, Server, ServerFailed
from benchmark.options import ROOT, SAMPLE, Say, parsed, parser_of, timed_lines, work_folder
from benchmark.queries import telling_words
from benchmark.real import real_articles, shuffled
from benchmark.run import machine
from search.document import SECTION_SEPARATOR, Document

SERVERS: Final[dict[str, Callable[[], Server]]] = {
    "backfile": BackfileServer,
    "opensearch": OpenSearchServer,
    "datasette": DatasetteServer,
}
FIGURES: Final = ROOT / "benchmark" / "http-figures.json"
CONNECTIONS: Final = (1, 4, 16)
MOST_WORDS: Final = 3
COMMIT_CONNECTIONS: Final = 4
_WARM_UP: Final = 10
"""Seconds of load before anything is measured: a Java machine compiles what it runs often meanwhile."""


@dataclass
class _Measured:
    """One kind of answer while it is measured."""

    server: Server
    label: str
    ask: Asking
    filling: float | None
    next_question: int = 0
    loads: list[Load] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The files of the articles that a server begins with and of those that come later, the ids of the former, and
    questions about them."""

    articles: Path
    later: Path
    ids: list[str]
    questions: list[str]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures Backfile over HTTP beside other servers, with the same articles, questions and outputs, in one run."""
    asked = parsed(_parser(), arguments)
    if not asked.redraw:
        reason = wrk.missing()
        if reason is not None:
            sys.exit(f"error: {reason}")
        save(_run(asked), asked.json)
    found = load_figures(asked.json)
    sys.stdout.write(as_text(found))
    if asked.docs is not None:
        from benchmark.http.plot import draw

        write_into(asked.docs / "explanation" / "benchmark.md", found)
        draw(found, asked.docs / "pictures" / "benchmark-http.svg")


def _parser() -> argparse.ArgumentParser:
    parser = parser_of("http", main.__doc__, FIGURES)
    add = parser.add_argument
    add("--articles", type=int, default=28_000, help="number of articles at most (default: %(default)s)")
    add("--servers", nargs="+", choices=SERVERS, default=tuple(SERVERS), help="(default: all)")
    add("--connections", type=int, nargs="+", default=CONNECTIONS, help="(default: %(default)s)")
    add("--seconds", type=int, default=8, help="length of each load (default: %(default)s)")
    add("--rounds", type=int, default=3, help="loads for each server and number of connections (default: %(default)s)")
    return parser


def _run(asked: argparse.Namespace) -> HttpFigures:
    if asked.quick:
        asked.corpora, asked.seconds, asked.rounds, asked.connections = SAMPLE, 1, 1, (2,)
    say = timed_lines()
    _end_on_sigterm()
    with work_folder(asked.work) as work:
        drawn = articles_and_questions(asked.corpora, asked.articles, asked.seed, work)
        say(f"{len(drawn.ids):,} articles, {len(drawn.questions):,} questions")
        return _measured(asked, work, drawn.articles, len(drawn.ids), drawn.questions, say)


def articles_and_questions(corpora: Path, most: int, seed: int, work: Path) -> Drawn:
    """Articles of the corpora, at most so many, written into the folder, and questions about them."""
    found = shuffled(real_articles(corpora)[0], seed)
    documents = found[:most]
    articles, later = work / "articles.jsonl", work / "later.jsonl"
    articles.write_text("".join(_lines(documents)), "utf-8")
    # What is added under load has not been indexed before, if there is enough.
    later.write_text("".join(_lines(found[most:] or documents)), "utf-8")
    return Drawn(articles, later, [document.id for document in documents], distinct_questions(documents, seed))


def _end_on_sigterm() -> None:
    """Makes SIGTERM end the run as an exception does, so that the servers are stopped and the work is deleted."""

    def leave(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt what the first one began
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)


def _measured(
    asked: argparse.Namespace, work: Path, articles: Path, count: int, questions: list[str], say: Say
) -> HttpFigures:
    absent: dict[str, str] = {}
    measured: list[_Measured] = []
    with ExitStack() as running:
        for name in asked.servers:
            server = SERVERS[name]()
            running.callback(server.stop)
            try:
                measured += _filled(server, work / name, articles, count, say)
            except ServerFailed as error:
                absent[server.label] = str(error)
                say(f"{server.label}: {error}")
        for place, one in enumerate(measured):
            # Two kinds of answer of one server begin at different questions, so that none is asked twice.
            one.next_question = place * len(questions) // len(measured)
            _load(one, questions, 4, 1 if asked.quick else _WARM_UP, work)
            one.loads.clear()
        for connections in asked.connections:
            for _ in range(asked.rounds):
                for one in measured:  # in turn, so that a busy moment of the machine affects all of them
                    _load(one, questions, connections, asked.seconds, work)
                    say(f"{one.label}, {connections} connections: {one.loads[-1].per_second:,.0f} answers a second")
        servers = tuple(
            ServerFigures(
                one.label,
                one.server.version(),
                one.filling,
                tuple(one.loads),
                _answer_bytes(one.server.address, one.ask(questions[0])),
            )
            for one in measured
        )
        commits = _under_commits(asked, measured, questions, work, say)
    return HttpFigures(machine(), datetime.now(UTC).isoformat(), count, len(questions), servers, absent, commits)


def _under_commits(
    asked: argparse.Namespace, measured: Sequence[_Measured], questions: list[str], work: Path, say: Say
) -> tuple[CommitLoad, ...]:
    """Backfile's first kind of answer while its index grows: last, since then it has more articles than the others."""
    pace = Pace(20, 0.3) if asked.quick else Pace()
    found: list[CommitLoad] = []
    for one, server in [(one, one.server) for one in measured if isinstance(one.server, BackfileServer)][:1]:
        for n in range(asked.rounds):
            added = n * pace.within(asked.seconds)
            with indexing(server.index, work / "later.jsonl", server.address, pace, added) as seen:
                load = _load(one, questions, COMMIT_CONNECTIONS, asked.seconds, work)
            found.append(CommitLoad(load, pace.articles, pace.seconds, seen.commits))
            say(f"{one.label}, {load.connections} connections, {seen.commits} commits: {load.per_second:,.0f} a second")
    return tuple(found)


def _filled(server: Server, folder: Path, articles: Path, count: int, say: Say) -> list[_Measured]:
    reason = server.missing()
    if reason is not None:
        raise ServerFailed(reason)
    server.start(folder)
    started = monotonic()
    server.fill(articles, count)
    seconds = monotonic() - started
    say(f"{server.label}: {count:,} articles searchable after {seconds:.1f} s")
    times = [seconds, *[None] * (len(server.renderings) - 1)]
    return [
        _Measured(server, label, ask, filling)
        for (label, ask), filling in zip(server.renderings.items(), times, strict=True)
    ]


def _load(one: _Measured, questions: list[str], connections: int, seconds: int, work: Path) -> Load:
    """One load, which goes on with the questions where the one before ended, so that none comes twice."""
    start = one.next_question % len(questions)
    asked = [one.ask(words) for words in (*questions[start:], *questions[:start])]
    found = wrk.load(one.server.address, asked, connections, seconds, work)
    one.next_question += found.requests + connections
    one.loads.append(found)
    return found


def _answer_bytes(address: str, asked: Request) -> int:
    """The size of an answer before it is compressed."""
    request = urllib.request.Request(  # noqa: S310 - addresses of this machine
        address + asked.path, asked.body.encode() or None, {"Content-Type": "application/json"}, method=asked.method
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
        body: bytes = response.read()
        return len(gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body)


def distinct_questions(documents: Sequence[Document], seed: int) -> list[str]:
    """Questions of one to three neighbouring words from titles, one from each at most, all different."""
    random = Random(seed)  # noqa: S311 - nothing secret
    found: dict[str, None] = {}
    for document in documents:
        words = telling_words(document.title)
        wanted = random.randint(1, MOST_WORDS)
        if len(words) >= wanted:
            start = random.randrange(len(words) - wanted + 1)
            found[" ".join(words[start : start + wanted])] = None
    return list(found)


def _lines(documents: Sequence[Document]) -> Iterator[str]:
    """The articles as JSON Lines (docs/reference/formats.md), without markup."""
    for document in documents:
        row = {
            "id": document.id,
            "url": document.url,
            "title": document.title,
            "section": [section.split(SECTION_SEPARATOR) for section in document.sections],
            "author": document.authors,
            "tags": document.tags,
            "published": document.published.isoformat() if document.published else None,
            "summary": document.summary,
            "body": document.body,
            "lang": document.language,
        }
        yield json.dumps(row, ensure_ascii=False) + "\n"
