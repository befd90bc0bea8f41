"""What readers beside one writer cost and bring: the bytes that travel for a commit, the processor time of a search.

    python -m benchmark.replicas
    python -m benchmark.replicas --articles 100000 --readers 1 2 4 8

An archive is generated and served, replicas follow it, and commits of different sizes are made. What each replica is
sent is counted, and compared with the size of the index. Then each replica is searched by a process of its own, all at
the same time. Readers share nothing, so the processor time of a search hardly depends on how many there are. On the
clock more readers are faster only as far as the machine has cores for them, so that is reckoned, with a core for each.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter, process_time

from werkzeug.serving import WSGIRequestHandler, make_server

from benchmark.committing import add_articles
from benchmark.generated import generate, pool_of
from benchmark.large import articles_of
from benchmark.options import CORPORA, timed_lines, work_folder
from benchmark.queries import telling_words
from index.replica.following import Follower, Step
from index.replica.source import Source
from search.archive import Archive
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.engines.replicas import Replicating
from search.ledger import ledger_of
from search.request.request import SearchRequest
from search.settings import Settings
from search.write_keys import add_key
from webui import create_app


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what travelled for each commit, and what a search took with each number of readers."""
    asked = _parser().parse_args(arguments)
    say = timed_lines()
    pool = pool_of(articles_of(asked.corpora, asked.seed))
    made = list(generate(pool, asked.articles + sum(asked.commits), asked.seed))
    with work_folder(asked.work) as work, ExitStack() as held:
        engine = open_engine(f"whoosh:{work / 'writer'}")
        add_articles(engine, made[: asked.articles])
        say(f"{asked.articles:,} articles are indexed")
        copies = [work / f"reader-{number}" for number in range(max(asked.readers))]
        followers = held.enter_context(_following(engine, copies))
        _report_commits(engine, followers, made[asked.articles :], asked.commits)
        say("the replicas are in step")
        words = [word for document in made[:2_000] for word in telling_words(document.title)[:1]]
        _report_searches(copies, asked.readers, list(dict.fromkeys(words))[: asked.searches])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.replicas", description=__doc__)
    add = parser.add_argument
    add("--corpora", type=Path, default=CORPORA, help="real articles to generate from (default: %(default)s)")
    add("--articles", type=int, default=20_000, help="articles of the archive (default: %(default)s)")
    add("--commits", type=int, nargs="+", default=[1, 10, 100, 1_000], help="articles of each commit")
    add("--readers", type=int, nargs="+", default=[1, 2, 4], help="how many readers at the same time")
    add("--searches", type=int, default=300, help="searches of each reader (default: %(default)s)")
    add("--work", type=Path, help="folder for the indexes, deleted afterwards (default: a temporary folder)")
    add("--seed", type=int, default=1)
    return parser


# --- what travels


@contextmanager
def _following(engine: Engine, copies: Sequence[Path]) -> Iterator[list[Follower]]:
    """A follower for each folder, of the index as a server of this process serves it."""
    settings = Settings.model_validate({"index": engine.url})
    key = add_key(ledger_of(engine, settings), "readers", "replicate", datetime.now(UTC))
    server = make_server("127.0.0.1", 0, create_app(settings, engine), threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with ExitStack() as held:
        held.callback(server.shutdown)
        followers = []
        for copy in copies:
            replicating = open_engine(f"whoosh:{copy}")
            if not isinstance(replicating, Replicating):
                raise TypeError(replicating)
            source = Source(f"http://127.0.0.1:{server.server_port}", key or "")
            held.callback(source.close)
            replica = held.enter_context(replicating.replica(source.url, replace=False))
            followers.append(Follower(source, replica, ledger_of(replicating)))
        yield followers


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Says nothing."""


def _report_commits(
    engine: Engine, followers: Sequence[Follower], documents: Sequence[Document], sizes: Sequence[int]
) -> None:
    say = sys.stdout.write
    say("| commit of | index, MB | sent to a reader: files | MB | ms |\n| ---: | ---: | ---: | ---: | ---: |\n")
    steps = _stepped(followers)
    say(f"| the first, of all | {_size(engine):.2f} | {_cells(*steps)} |\n")
    for size in sizes:
        new, documents = documents[:size], documents[size:]
        add_articles(engine, new)
        say(f"| {size:,} article{'s' if size > 1 else ''} | {_size(engine):.2f} | {_cells(*_stepped(followers))} |\n")


def _stepped(followers: Sequence[Follower]) -> tuple[Step, float]:
    """What the last of the followers was sent, and the milliseconds for each. All must have been sent the same."""
    started = perf_counter()
    steps = [follower.step() for follower in followers]
    if len(set(steps)) != 1:
        sys.exit(f"error: readers were sent different things: {steps}")
    return steps[0], (perf_counter() - started) * 1000.0 / len(followers)


def _cells(step: Step, milliseconds: float) -> str:
    return f"{step.files:,} | {step.size_bytes / 1e6:.2f} | {milliseconds:.0f}"


def _size(engine: Engine) -> float:
    with engine.searcher() as searcher:
        return (searcher.status().size_bytes or 0) / 1e6


# --- what a search takes


def _report_searches(copies: Sequence[Path], readers: Sequence[int], words: Sequence[str]) -> None:
    say = sys.stdout.write
    say(f"\n{os.cpu_count()} cores\n\n")
    say("| readers | processor ms a search | searches a second, reckoned |\n| ---: | ---: | ---: |\n")
    for many in readers:
        taken = median(_searched(copies[:many], words))
        say(f"| {many} | {taken:.2f} | {many * 1000.0 / taken:.0f} |\n")


def _searched(copies: Sequence[Path], words: Sequence[str]) -> list[float]:
    """Milliseconds of the processor for each search of each replica, all searched at the same time."""
    context = get_context("spawn")
    together = context.Barrier(len(copies))
    pipes, processes = [], []
    for copy in copies:
        ours, theirs = context.Pipe()
        process = context.Process(target=_search, args=(theirs, together, f"whoosh:{copy}", list(words)))
        process.start()
        pipes.append(ours)
        processes.append(process)
    taken: list[float] = [each for pipe in pipes for each in pipe.recv()]
    for process in processes:
        process.join()
    return taken


def _search(pipe: Connection, together: Barrier, url: str, words: Sequence[str]) -> None:
    """Searches for each word, once to warm up and once measured from the moment that all are ready."""
    archive = Archive(open_engine(url), Settings.model_validate({"index": url}))
    for word in words:
        archive.search(SearchRequest(q=word))
    together.wait()
    pipe.send([_milliseconds(archive, word) for word in words])


def _milliseconds(archive: Archive, word: str) -> float:
    started = process_time()
    archive.search(SearchRequest(q=word))
    return (process_time() - started) * 1000.0


if __name__ == "__main__":
    main()
