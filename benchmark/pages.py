"""`python -m benchmark.pages`: how fast articles are read from pages, and how well, beside trafilatura alone.

Both read the same pages in one process, one page after the other in turns, from bytes in memory to an article with its
metadata. Trafilatura is called as `bare_extraction(page, with_metadata=True)`, with everything else as by default, and
a second time with `fast=True`. The scores are those of `backfile evaluate extraction`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import process_time
from typing import Final
from zoneinfo import ZoneInfo

from trafilatura import bare_extraction

from benchmark.options import CORPORA
from index.evaluate_extraction import evaluate_extraction
from index.judged_pages import read_truth
from index.sources.files import read_page
from index.sources.html import read_html_page
from search.errors import BackfileError, SourceError

SETS: Final = {"bodies": ("html", "ground-truth.json"), "passages": ("html-snippets", "truth.json")}
_UTC: Final = ZoneInfo("UTC")


def _ours(page: bytes) -> None:
    try:
        read_html_page(page, "page", _UTC)
    except SourceError:  # no article on the page
        return


PROGRAMS: Final[Mapping[str, Callable[[bytes], object]]] = {
    "backfile": _ours,
    "trafilatura": lambda page: bare_extraction(page, with_metadata=True),
    "trafilatura, fast": lambda page: bare_extraction(page, with_metadata=True, fast=True),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the pages a second of processor time, median of all rounds, and the scores, for each set of pages."""
    asked = _parser().parse_args(arguments)
    try:
        for name, (folder, truth) in SETS.items():
            pages, known = asked.corpora / folder / "pages", asked.corpora / folder / truth
            sys.stdout.write(f"{name}: {_rates(_pages_in(pages), asked.rounds)}\n{_scores(pages, known)}\n\n")
    except BackfileError as error:
        sys.exit(f"error: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.pages", description=__doc__)
    add = parser.add_argument
    add("--corpora", type=Path, default=CORPORA.parent, help="folder of the sets of pages (default: %(default)s)")
    add("--rounds", type=int, default=3, help="times that each page is read (default: %(default)s)")
    return parser


def _pages_in(folder: Path) -> list[bytes]:
    files = sorted(file for file in folder.glob("*") if file.name.endswith((".html", ".html.gz")))
    if not files:
        raise SourceError(str(folder), "holds no pages; name the folder of the sets with --corpora")
    return [read_page(str(file)) for file in files]


def _rates(pages: Sequence[bytes], rounds: int) -> str:
    """A line for each program; the pages are read in turns, so that all have the same share of a busy machine."""
    spent: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for read in PROGRAMS.values():
        read(pages[0])  # what is loaded and compiled at the first page is not measured
    for _ in range(rounds):
        taken = dict.fromkeys(PROGRAMS, 0.0)
        for page in pages:
            for name, read in PROGRAMS.items():
                started = process_time()
                read(page)
                taken[name] += process_time() - started
        for name, seconds in taken.items():
            spent[name].append(len(pages) / seconds)
    rates = {name: median(rates) for name, rates in spent.items()}
    ratio = rates["backfile"] / rates["trafilatura"]
    lines = (f"  {name:<18} {rate:6.1f} pages a second" for name, rate in rates.items())
    return "\n".join([f"{len(pages)} pages, {ratio:.2f} times the rate of trafilatura", *lines])


def _scores(pages: Path, known: Path) -> str:
    programs = ("backfile", "trafilatura")
    scores = evaluate_extraction(pages, known, "all", programs)
    lines = (
        f"  {name:<18} F1 {score.f1:.4f}, precision {score.precision:.4f}, recall {score.recall:.4f}"
        for name, score in scores.items()
    )
    return "\n".join([f"  scores of {len(read_truth(known))} pages", *lines])


if __name__ == "__main__":
    main()
