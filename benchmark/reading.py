"""The main job from end to end: inputs into an index, beside programs that do the same.

    python -m benchmark.reading                        real articles and posts, in the shared corpora
    python -m benchmark.reading --inputs posts/ export.jsonl.gz

Each program is run as a whole process, in turn with the others, and the processor time that it and its own processes
took in user mode is counted: the start of the program counts, and other work on the machine counts little. Of each, the
least of the rounds is shown. A last line says how much faster two processes are than one: by the clock, which other
work on the machine disturbs, and at most, which is what the processor time of both allows on two free cores. How fast
pages are read beside another program says `python -m benchmark.pages`.
"""

from __future__ import annotations

import argparse
import gzip
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmark.options import CORPORA, ROOT, SAMPLE, work_folder
from index.article import Article, read_source
from index.sources import find_sources
from index.sources.files import GZIP_MAGIC

ROUNDS: Final = 3
TEXT: Final = CORPORA / "reuters21578.jsonl.gz"
POSTS: Final = CORPORA.parent / "markdown" / "18f-blog"
LINES: Final = CORPORA / "opensuse-news.jsonl.gz"
PAGES: Final = CORPORA.parent / "html" / "pages"
ONE: Final = "backfile"
TWO: Final = "backfile, two processes"

Command = Callable[[Path, Path], Sequence[Sequence[str]]]
"""The commands that bring an input into an index in a folder: (input, folder)."""


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one run: those of the processors in user mode and in the system, and those on the clock."""

    user: float
    system: float
    clock: float


def backfile(workers: int) -> Command:
    """The command `backfile index`."""

    def commands(given: Path, folder: Path) -> Sequence[Sequence[str]]:
        index = f"whoosh:{folder / 'archive'}"
        return [
            [sys.executable, "-m", "search", "index", str(given), "--index", index, "-q", "--workers", f"{workers}"]
        ]

    return commands


def sqlite_utils(given: Path, folder: Path) -> Sequence[Sequence[str]]:
    """sqlite-utils with its full-text search, FTS5: rows into a table, then an index over title and text."""
    program, database = [sys.executable, "-m", "sqlite_utils"], str(folder / "articles.db")
    return [
        [*program, "insert", database, "articles", str(given), "--nl", "--pk", "id"],
        [*program, "enable-fts", database, "articles", "title", "body", "--tokenize", "porter"],
    ]


def tantivy(given: Path, folder: Path) -> Sequence[Sequence[str]]:
    """tantivy, fed with lines that orjson has parsed: see `benchmark.reading_tantivy`."""
    return [[sys.executable, "-m", "benchmark.reading_tantivy", str(given), str(folder)]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, and prints a table for each input."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.reading", description=__doc__)
    parser.add_argument(
        "--inputs", type=Path, nargs="+", help="files and folders (default: those of the shared corpora)"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--work", type=Path, help="folder for the indexes (default: a temporary folder)")
    parser.add_argument("--quick", action="store_true", help="a smoke run on the sample archive")
    asked = parser.parse_args(arguments)
    inputs = (
        [SAMPLE] if asked.quick else asked.inputs or [path for path in (TEXT, POSTS, LINES, PAGES) if path.exists()]
    )
    if not inputs:
        parser.error("there are no shared corpora here; name --inputs")
    with work_folder(asked.work and asked.work.resolve()) as work:
        for given in map(Path.resolve, inputs):
            sys.stdout.write("\n".join(_table(given, work, 1 if asked.quick else asked.rounds)) + "\n\n")


def _table(given: Path, work: Path, rounds: int) -> list[str]:
    articles = sum(isinstance(item, Article) for source in find_sources(given) for item in read_source(source))
    plain = _unpacked(given, work)
    rows: dict[str, tuple[Command, Path]] = {
        ONE: (backfile(1), given),
        TWO: (backfile(2), given),
    }
    if plain is not None:
        rows |= {"sqlite-utils, FTS5": (sqlite_utils, plain), "tantivy and orjson": (tantivy, plain)}
    took: dict[str, list[Took]] = {}
    for _ in range(rounds):
        for name, (command, path) in rows.items():
            folder = work / "index"
            took.setdefault(name, []).append(_run(command(path, folder), folder))
            if name == ONE:
                took.setdefault(f"{ONE}, again", []).append(_run(command(path, folder), folder, fresh=False))
            shutil.rmtree(folder)
    lines = [f"{given.name}: {articles:,} articles", f"{'':28}{'user s':>9}{'articles/s':>12}{'clock s':>9}{'a s':>9}"]
    return [*lines, *(_line(name, articles, runs) for name, runs in took.items()), _speed_up(took[ONE], took[TWO])]


def _speed_up(one: Sequence[Took], two: Sequence[Took]) -> str:
    by_clock = min(run.clock for run in one) / min(run.clock for run in two)
    work = min(run.user + run.system for run in two) / min(run.user + run.system for run in one)
    return (
        f"two processes: {by_clock:.2f} times as fast by the clock, at most {2 / work:.2f}; {work:.2f} times the work"
    )


def _line(name: str, articles: int, runs: Sequence[Took]) -> str:
    user, clock = min(run.user for run in runs), min(run.clock for run in runs)
    return f"{name:28}{user:9.2f}{articles / user:12,.0f}{clock:9.2f}{articles / clock:9,.0f}"


def _run(commands: Sequence[Sequence[str]], folder: Path, *, fresh: bool = True) -> Took:
    if fresh:
        folder.mkdir()
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    for command in commands:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BACKFILE_")}
        environment = kept | {"PYTHONPATH": str(ROOT)}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env=environment)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime, perf_counter() - started)


def _unpacked(given: Path, work: Path) -> Path | None:
    """The articles of a file of JSON Lines for programs that read nothing else; None for other inputs."""
    name = given.name.removesuffix(".gz")
    if not name.endswith(".jsonl"):
        return None
    plain = work / name
    data = given.read_bytes()
    plain.write_bytes(gzip.decompress(data) if data[:2] == GZIP_MAGIC else data)
    return plain


if __name__ == "__main__":
    main()
