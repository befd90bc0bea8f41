"""How long it takes to notice what has changed in an archive, for webhooks.

    python -m benchmark.changes
    python -m benchmark.changes --archive 1000000

An archive is generated and filled. Then its articles are noted for the first time, as `backfile webhooks add` does;
some are changed, added and deleted, in a commit each, and noted after each, as the server does. What was noted is
compared with what was done; a difference is an error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

from benchmark.committing import add_articles
from benchmark.generated import generate, pool_of
from benchmark.large import articles_of
from benchmark.options import CORPORA, timed_lines, work_folder
from index.webhooks.comparing import note_changes
from search.batching import in_batches
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.ledger import ledger_of
from search.ledger.ledger import Ledger


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what each comparison took, in seconds of the processor and on the clock."""
    asked = _parser().parse_args(arguments)
    say = timed_lines()
    made = generate(pool_of(articles_of(asked.corpora, asked.seed)), asked.archive + asked.some, asked.seed)
    with work_folder(asked.work) as work:
        engine = open_engine(f"whoosh:{work / 'archive'}")
        ledger = ledger_of(engine)
        ledger.arrivals.made_archive_id()
        some = _fill(engine, islice(made, asked.archive), asked.some)
        say(f"{asked.archive:,} articles are indexed")
        _measure("the first time", engine, ledger, 0)
        _measure("nothing was committed", engine, ledger, 0)
        add_articles(engine, [replace(article, title=f"{article.title}, corrected") for article in some])
        _measure(f"{asked.some:,} were changed", engine, ledger, asked.some)
        add_articles(engine, made)
        _measure(f"{asked.some:,} were added", engine, ledger, asked.some)
        with engine.writer() as writer:
            for article in some:
                writer.delete(article.id)
        _measure(f"{asked.some:,} were deleted", engine, ledger, asked.some)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.changes", description=__doc__)
    add = parser.add_argument
    add("--corpora", type=Path, default=CORPORA, help="real articles to generate from (default: %(default)s)")
    add("--archive", type=int, default=100_000, help="articles that are there before (default: %(default)s)")
    add("--some", type=int, default=10, help="articles that are changed at once (default: %(default)s)")
    add("--work", type=Path, help="folder for the index, deleted afterwards (default: a temporary folder)")
    add("--seed", type=int, default=1)
    return parser


def _fill(engine: Engine, made: islice[Document], some: int) -> list[Document]:
    """Indexes the articles in one commit, and returns the last ones."""
    batch: list[Document] = []
    with engine.writer() as writer:
        for batch in in_batches(made, some):
            for article in batch:
                writer.add(article)
    engine.close()
    return batch


def _measure(what: str, engine: Engine, ledger: Ledger, expected: int) -> None:
    before, spent, clock = ledger.changes.last(), process_time(), perf_counter()
    note_changes(engine, ledger)
    spent, clock = process_time() - spent, perf_counter() - clock
    if (found := ledger.changes.last() - before) != expected:
        sys.exit(f"error: {found} changes were noted, and {expected} were made")
    sys.stdout.write(f"{what:<24}{spent:8.3f} s of the processor{clock:8.3f} s on the clock\n")


if __name__ == "__main__":
    main()
