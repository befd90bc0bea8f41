"""`python -m benchmark.related`: the processor time of related articles, in a large archive of generated articles.

With --index, an index that is there already is asked instead, and not changed. Each article is asked for once, as its
page does, after a few others that warm the process up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import quantiles
from time import process_time
from typing import Final

from benchmark.large import articles_of, built_in
from benchmark.options import CORPORA, work_folder
from search.archive import Archive
from search.assist.related_modes import MODES
from search.assist.subject import Subject
from search.engines import open_engine
from search.pinned_archive import PinnedArchive

WARM_UP: Final = 20
"""Articles that are asked for before any time is taken."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints milliseconds of processor time for one answer: the median, the 95th percentile and the most."""
    asked = _parser().parse_args(arguments)
    if asked.index is not None:
        _measure(asked.index, asked.subjects, asked.seed)
        return
    documents = articles_of(asked.corpora, asked.seed)
    with work_folder(asked.work) as work:
        built_in(work, documents, asked.articles, asked.seed)
        _measure(work / "index", asked.subjects, asked.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.related", description=__doc__)
    add = parser.add_argument
    add("--corpora", type=Path, default=CORPORA, help="real articles to generate from (default: %(default)s)")
    add("--articles", type=int, default=100_000, help="(default: %(default)s)")
    add("--index", type=Path, help="ask this index, and build none")
    add("--work", type=Path, help="folder for the index, deleted afterwards (default: a temporary folder)")
    add("--subjects", type=int, default=300, help="articles that are asked for (default: %(default)s)")
    add("--seed", type=int, default=1)
    return parser


def _measure(index: Path, subjects: int, seed: int) -> None:
    with Archive(open_engine(f"whoosh:{index}")).pinned() as archive:
        articles = archive.status.articles
        places = Random(seed).sample(range(articles), min(articles, subjects + WARM_UP))  # noqa: S311 - a sample
        drawn = [head.id for place in places for head in archive.oldest(place, 1)]
        spent = [_milliseconds(archive, name) for name in drawn][WARM_UP:]
    if len(spent) < 2:
        sys.exit(f"error: {index} holds too few articles to measure; it needs {WARM_UP + 2}")
    cuts = quantiles(spent, n=20, method="inclusive")
    sys.stdout.write(
        f"{articles:,} articles, {len(spent)} of them asked for related ones: median {cuts[9]:.1f} ms, "
        f"95th percentile {cuts[18]:.1f} ms, most {max(spent):.1f} ms\n"
    )


def _milliseconds(archive: PinnedArchive, name: str) -> float:
    started = process_time()
    archive.related_by_mode(Subject(id=name), MODES[:1], snippets=False)
    return (process_time() - started) * 1000.0


if __name__ == "__main__":
    main()
