"""What the commands of the benchmark share: options, a folder to work in, and lines that say how far they are."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Final

import index

ROOT: Final = Path(__file__).resolve().parents[1]
CORPORA: Final = ROOT.parent / "shared" / "corpora" / "articles"
SAMPLE: Final = Path(index.__file__).parent / "sample" / "articles.jsonl"

Say = Callable[[str], None]


def parser_of(part: str, description: str | None, figures: Path) -> argparse.ArgumentParser:
    """A parser for `parsed`, with the options that all parts of the benchmark have. `figures` is the file of the part's
    figures in the repository."""
    parser = argparse.ArgumentParser(prog=" ".join(["python -m benchmark", *part.split()]), description=description)
    parser.set_defaults(figures=figures)
    add = parser.add_argument
    add("--corpora", type=Path, default=CORPORA, help="real articles: a file or folder of any format Backfile reads")
    add("--seed", type=int, default=1, help="seed for drawing articles and questions (default: 1)")
    add("--work", type=Path, help="folder for the indexes, deleted afterwards (default: a temporary folder)")
    add("--json", type=Path, help=f"file of the figures (default: {figures.relative_to(ROOT)})")
    add("--docs", type=Path, help="folder of the documentation, for the tables and the picture")
    add("--redraw", action="store_true", help="measure nothing: print and draw the figures in the file")
    add("--quick", action="store_true", help="a smoke run on the sample archive, whose figures are not kept")
    return parser


def parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; `json` is the file of the figures, which is not that of the repository in a smoke run."""
    asked = parser.parse_args(arguments)
    usual: Path = asked.figures
    asked.json = asked.json or (Path(tempfile.gettempdir()) / f"smoke-{usual.name}" if asked.quick else usual)
    return asked


@contextmanager
def work_folder(parent: Path | None) -> Iterator[Path]:
    """A new folder in that one, which is made if need be, or in the system's; deleted afterwards."""
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=parent, ignore_cleanup_errors=True) as work:
        yield Path(work)


def timed_lines() -> Say:
    """Writes lines to standard error, each with the seconds since this call."""
    started = monotonic()

    def say(line: str) -> None:
        sys.stderr.write(f"{monotonic() - started:7.1f} s  {line}\n")

    return say
