"""The command: measures, prints the tables, saves the figures, and writes them into the documentation."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Final

import index
from benchmark.engines.base import ENGINES
from benchmark.figures import Figures, load, save
from benchmark.report import as_text, write_into
from benchmark.run import Wanted, run
from search.errors import BackfileError

ROOT: Final = Path(__file__).resolve().parents[1]
CORPORA: Final = ROOT.parent / "shared" / "corpora" / "articles"
SAMPLE: Final = Path(index.__file__).parent / "sample" / "articles.jsonl"
SIZES: Final = (10_000, 28_000, 100_000, 1_000_000)
FIGURES: Final = ROOT / "benchmark" / "figures.json"
_ALL: Final = tuple(ENGINES)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures Backfile beside other engines, with the same articles, questions and outputs, in one run."""
    asked = _parser().parse_args(arguments)
    asked.json = figures_file(asked, FIGURES)
    if not asked.redraw:
        before = load(asked.json) if asked.add and asked.json.exists() else None
        _measure(_wanted(asked), lambda now: save(_added(before, now), asked.json))
    found = load(asked.json)
    sys.stdout.write(as_text(found))
    if asked.docs is not None:
        _draw(found, asked.docs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark", description=main.__doc__)
    add = parser.add_argument
    add("--corpora", type=Path, default=CORPORA, help="real articles: a file or folder of any format Backfile reads")
    add("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="numbers of articles; generated if there "
        "are not enough real ones (default: %(default)s)")  # fmt: skip
    add("--engines", nargs="+", choices=_ALL, default=_ALL, help="(default: all)")
    add("--seconds", type=float, default=120.0, help="time limit per engine and size (default: 120)")
    add("--seed", type=int, default=1, help="seed for drawing articles and questions (default: 1)")
    add("--work", type=Path, help="folder for the indexes, deleted afterwards (default: a temporary folder)")
    add("--json", type=Path, help="file of the figures (default: benchmark/figures.json)")
    add("--add", action="store_true", help="keep the other sizes in that file")
    add("--docs", type=Path, help="folder of the documentation, for the tables and the picture")
    add("--redraw", action="store_true", help="measure nothing: print and draw the figures in the file")
    add("--quick", action="store_true", help="a smoke run on the sample archive")
    return parser


def figures_file(asked: argparse.Namespace, usual: Path) -> Path:
    """The file of the figures: `--json`, else `usual`, which a smoke run leaves alone."""
    if asked.json is not None:
        return Path(asked.json)
    return Path(tempfile.gettempdir()) / f"smoke-{usual.name}" if asked.quick else usual


def _wanted(asked: argparse.Namespace) -> Wanted:
    if asked.work is not None:
        Path(asked.work).mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="benchmark-", dir=asked.work))
    wanted = Wanted(asked.corpora, tuple(asked.sizes), tuple(asked.engines), work, asked.seed, asked.seconds)
    return replace(wanted, inputs=SAMPLE, sizes=(30, 200), repetitions=2, most_questions=24) if asked.quick else wanted


def _measure(wanted: Wanted, keep: Callable[[Figures], None]) -> None:
    started = monotonic()

    def say(line: str) -> None:
        sys.stderr.write(f"{monotonic() - started:7.1f} s  {line}\n")

    try:
        run(wanted, say, keep)
    except BackfileError as error:
        sys.exit(f"error: {error}")
    finally:
        shutil.rmtree(wanted.work, ignore_errors=True)


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
