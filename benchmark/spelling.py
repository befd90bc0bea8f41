"""`python -m benchmark.spelling INDEX [QUERIES]`: how often "did you mean" is right, and how often it should be silent.

QUERIES has a query a line: behind a tab what was meant, or nothing if the query is right as it is. By default these are
the ones of `benchmark/spelling-queries.txt`, which suit an archive of newsletters, wire stories and release notes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from search.analysis import fold
from search.archive import Archive
from search.engines import open_engine
from search.pinned_archive import PinnedArchive
from search.request.request import SearchRequest

QUERIES: Final = Path(__file__).with_name("spelling-queries.txt")


@dataclass(frozen=True, slots=True)
class Answered:
    """What was typed, what was meant ("" if the query is right), and what was offered, the likeliest first."""

    typed: str
    meant: str
    offered: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether what was meant is offered first. Letters count as the index folds them."""
        return bool(self.meant and self.offered) and fold(self.offered[0]) == fold(self.meant)


@dataclass(frozen=True, slots=True)
class Scores:
    """How many queries are misspelt, and for how many of them what was meant comes first (`right`), or another; and how
    many are right as they are, and are `corrected` all the same."""

    misspelt: int
    right: int
    other: int
    correct: int
    corrected: int

    @property
    def precision(self) -> float:
        """The share of right first offers among all first offers."""
        return self.right / max(1, self.right + self.other + self.corrected)

    @property
    def recall(self) -> float:
        """The share of misspelt queries for which what was meant comes first."""
        return self.right / max(1, self.misspelt)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints each query whose answer is not right, and the scores."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.spelling", description=__doc__)
    parser.add_argument("index", help="the URL of an index")
    parser.add_argument("queries", nargs="?", type=Path, default=QUERIES)
    asked = parser.parse_args(arguments)
    lines = asked.queries.read_text("utf-8").splitlines()
    with Archive(open_engine(asked.index)).pinned() as archive:
        answers = list(answered(archive, lines))
    for row in answers:
        if not row.right and (row.meant or row.offered):
            sys.stdout.write(f"{row.typed}: {', '.join(row.offered) or 'nothing'}; meant: {row.meant or 'that'}\n")
    found = scores(answers)
    sys.stdout.write(
        f"misspelt {found.misspelt}: right {found.right}, other {found.other}\n"
        f"correct {found.correct}: corrected {found.corrected}\n"
        f"precision {found.precision:.1%}, recall {found.recall:.1%}\n"
    )


def answered(archive: PinnedArchive, lines: Iterable[str]) -> Iterator[Answered]:
    """What the archive offers for each query; lines that are blank or begin with # are none."""
    for line in lines:
        typed, _, meant = line.partition("\t")
        if typed.strip() and not typed.startswith("#"):
            found = archive.search(SearchRequest(q=typed), None)
            yield Answered(typed, meant.strip(), tuple(row.text for row in found.suggestions.did_you_mean))


def scores(answers: Sequence[Answered]) -> Scores:
    """The scores of all answers."""
    misspelt = [row for row in answers if row.meant]
    right = sum(row.right for row in misspelt)
    return Scores(
        misspelt=len(misspelt),
        right=right,
        other=sum(bool(row.offered) for row in misspelt) - right,
        correct=len(answers) - len(misspelt),
        corrected=sum(bool(row.offered) for row in answers if not row.meant),
    )


if __name__ == "__main__":
    main()
