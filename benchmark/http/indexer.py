"""Adds articles to an index at a steady pace: run as a process of its own, beside a server that answers from the index.

    python -m benchmark.http.indexer whoosh:index articles.jsonl --articles 300 --seconds 2

It says "ready" once the articles are read, and begins when a line comes on standard input. It ends with its standard
input, so that it never outlives the benchmark.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

from benchmark.committing import add_articles
from benchmark.real import real_articles
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import IndexLocked


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the articles, and commits some of them every so often until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.http.indexer", description=main.__doc__)
    parser.add_argument("index", help="URL of the index")
    parser.add_argument("file", type=Path, help="JSON Lines")
    parser.add_argument("--articles", type=int, required=True, help="articles in one commit")
    parser.add_argument("--first", type=int, default=0, help="articles that an earlier run has added")
    parser.add_argument("--seconds", type=float, required=True, help="from the begin of one commit to the next")
    asked = parser.parse_args(arguments)
    rows = new_articles(real_articles(asked.file)[0], asked.first)
    engine = open_engine(asked.index)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if not sys.stdin.readline():
        return
    threading.Thread(target=_end_with_input, daemon=True).start()
    begun = time.monotonic()
    for number in count(1):
        _add(engine, list(islice(rows, asked.articles)))
        # By the clock of the start, so that a commit that took long does not slow the pace.
        time.sleep(max(0.0, begun + number * asked.seconds - time.monotonic()))


def _add(engine: Engine, documents: Sequence[Document]) -> None:
    while True:
        with suppress(IndexLocked):  # by a takedown, for a moment
            add_articles(engine, documents)
            return
        time.sleep(0.05)


def new_articles(documents: Sequence[Document], first: int) -> Iterator[Document]:
    """The articles from that place on, and again from the first one, without end; each has an id of its own."""
    for number in count(first):
        document = documents[number % len(documents)]
        yield replace(document, id=f"later-{number}-{document.id}")


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)  # also in the middle of a commit, which then never happened


if __name__ == "__main__":
    main()
