"""The command: measures, prints the tables, saves the figures, and writes them into the documentation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmark.engines.base import ENGINES
from benchmark.figures import Figures, load, save
from benchmark.options import ROOT, SAMPLE, parsed, parser_of, timed_lines, work_folder
from benchmark.report import as_text, write_into
from benchmark.run import Wanted, run
from search.errors import BackfileError

SIZES: Final = (10_000, 28_000, 100_000, 1_000_000)
FIGURES: Final = ROOT / "benchmark" / "figures.json"
_ALL: Final = tuple(ENGINES)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures Backfile beside other engines, with the same articles, questions and outputs, in one run."""
    asked = parsed(_parser(), arguments)
    if not asked.redraw:
        before = load(asked.json) if asked.add and asked.json.exists() else None
        with work_folder(asked.work) as work:
            _measure(_wanted(asked, work), lambda now: save(_added(before, now), asked.json))
    found = load(asked.json)
    sys.stdout.write(as_text(found))
    if asked.docs is not None:
        _draw(found, asked.docs)


def _parser() -> argparse.ArgumentParser:
    parser = parser_of("", main.__doc__, FIGURES)
    add = parser.add_argument
    add("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="numbers of articles; generated if there "
        "are not enough real ones (default: %(default)s)")  # fmt: skip
    add("--engines", nargs="+", choices=_ALL, default=_ALL, help="(default: all)")
    add("--seconds", type=float, default=120.0, help="time limit per engine and size (default: 120)")
    add("--add", action="store_true", help="keep the other sizes in the file of the figures")
    return parser


def _wanted(asked: argparse.Namespace, work: Path) -> Wanted:
    wanted = Wanted(asked.corpora, tuple(asked.sizes), tuple(asked.engines), work, asked.seed, asked.seconds)
    return replace(wanted, inputs=SAMPLE, sizes=(30, 200), repetitions=2, most_questions=24) if asked.quick else wanted


def _measure(wanted: Wanted, keep: Callable[[Figures], None]) -> None:
    try:
        run(wanted, timed_lines(), keep)
    except BackfileError as error:
        sys.exit(f"error: {error}")


def _added(before: Figures | None, now: Figures) -> Figures:
    if before is None:
        return now
    if before.questions != now.questions:
        sys.exit("error: the figures in the file are of other questions; leave --add out")
    return replace(now, sizes=before.sizes | now.sizes)


def _draw(found: Figures, docs: Path) -> None:
    from benchmark.plot import draw

    write_into(docs / "explanation" / "benchmark.md", found)
    draw(found, docs / "pictures" / "benchmark.svg")
