"""One large archive: how much memory indexing and searching it takes, and how long its hardest questions do.

    python -m benchmark.large --articles 1000000 --work /somewhere/with/8/gigabytes

With --index, an index that is there already is searched instead.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmark import apart, rounds
from benchmark.articles import write_articles
from benchmark.figures import ALL_KINDS, Indexing
from benchmark.generated import generate, pool_of
from benchmark.options import CORPORA, Say, work_folder
from benchmark.queries import SAMPLE, Question, Vocabulary, questions, vocabulary_of
from benchmark.real import real_articles, shuffled
from search.document import Document

RUNS: Final = 3
"""Each in a new process, with nothing in its caches."""
REPETITIONS: Final = 3


def main(arguments: Sequence[str] | None = None) -> None:
    """Indexes generated articles in one process, then searches them in three runs; prints a line for each figure."""
    asked = _parser().parse_args(arguments)
    documents = articles_of(asked.corpora, asked.seed)
    if asked.index is not None:
        _search(asked.index, documents, asked.seed, asked.seconds, _print)
        return
    with work_folder(asked.work) as work:
        _index(work, documents, asked.articles, asked.seed, _print)
        _search(work / "index", documents, asked.seed, asked.seconds, _print)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.large", description=main.__doc__)
    add = parser.add_argument
    add("--corpora", type=Path, default=CORPORA, help="real articles to generate from (default: %(default)s)")
    add("--articles", type=int, default=1_000_000, help="(default: %(default)s)")
    add("--index", type=Path, help="search this index, which holds such articles, and build none")
    add("--work", type=Path, help="folder for the index, deleted afterwards (default: a temporary folder)")
    add("--seconds", type=float, default=600.0, help="time limit for the answers of one run (default: 600)")
    add("--seed", type=int, default=1)
    return parser


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def articles_of(corpora: Path, seed: int) -> list[Document]:
    """The English articles of the corpora, shuffled. Ends the program with a message if there are none."""
    documents = shuffled(real_articles(corpora)[0], seed)
    if not documents:
        sys.exit(f"error: {corpora} holds no articles in English")
    return documents


def built_in(work: Path, documents: Sequence[Document], articles: int, seed: int) -> Indexing:
    """Generates articles from the documents and indexes them into `work / "index"`, in one process."""
    prepared = write_articles(generate(pool_of(documents), articles, seed), work / "articles.jsonl")
    built = apart.build("backfile", work / "index", prepared.path, articles, 1)
    prepared.path.unlink()
    return built


def _index(work: Path, documents: Sequence[Document], articles: int, seed: int, say: Say) -> None:
    built = built_in(work, documents, articles, seed)
    say(
        f"indexing: {built.articles_per_second:,.0f} articles/s, {built.cpu_seconds * 1000 / articles:.2f} CPU s per "
        f"1,000, index {_megabytes(built.size_bytes)}, peak {_megabytes(built.peak_bytes)} "
        f"(own {_megabytes(built.own_bytes)})"
    )


def _search(index: Path, documents: Sequence[Document], seed: int, seconds: float, say: Say) -> None:
    asked = questions(documents, seed)
    hard = list(hardest(vocabulary_of(documents[:SAMPLE])))
    for run in range(1, RUNS + 1):
        process = apart.SearchProcess("backfile", index, asked[0])
        try:
            times = rounds.measure({"backfile": process}, asked, seconds, lambda _: None, REPETITIONS)["backfile"]
            for output, kinds in rounds.by_kind(times, asked).items():
                found = kinds[ALL_KINDS]
                say(f"run {run}, {output}: median {found.median:.1f} ms, 95th percentile {found.p95:.1f} ms")
            memory = process.memory()
            say(f"run {run}: resident {_megabytes(memory.resident_bytes)} (own {_megabytes(memory.own_bytes)})")
            for question in hard:
                spent = [process.answer(question, "page") for _ in range(2)]
                first, again = (milliseconds for milliseconds, _ in spent)
                say(f"run {run}, {question}: {first:.0f} ms, again {again:.0f} ms, {spent[0][1].total:,} hits")
        finally:
            process.close()


def hardest(vocabulary: Vocabulary) -> Iterator[Question]:
    """The shortest prefixes of common words, and common words near each other."""
    for word in vocabulary.words[:3]:
        yield Question("short prefix", "prefix", (word[:2],))
    yield Question("near", "near", vocabulary.stop_words[:2])
    yield Question("near", "near", vocabulary.words[:2])
    yield Question("near", "near", vocabulary.words[:3])


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


if __name__ == "__main__":
    main()
