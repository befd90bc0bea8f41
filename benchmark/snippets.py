"""`python -m benchmark.snippets [ARTICLES]`: the time to choose and mark the passages of ten hits, by their length.

Articles of the required length are made of sentences of real ones (by default, of the sample archive).
Each page of ten is measured once, so that rare spellings are new to the process and common ones are cached.
A second table has the choice of passages alone.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import Final

from benchmark.options import SAMPLE
from benchmark.real import real_articles
from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.highlight.highlighter import Highlighter
from search.highlight.passages import best_passages, chosen_passages
from search.query import parse, resolve
from search.query.match import Match
from search.results.snippets import MAX_SNIPPETS, excerpts
from search.schema import TEXT_FIELDS

HITS: Final = 10
PAGES: Final = {500: 30, 10_000: 8, 100_000: 3}
"""The number of pages that are measured, by the length of the articles in words."""
PARAGRAPH: Final = 4

_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_WORD: Final = re.compile(r"[a-z]{4,}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table of milliseconds per page of hits."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.snippets", description=__doc__)
    parser.add_argument("articles", nargs="?", type=Path, default=SAMPLE, help="what backfile index reads")
    sentences = sentences_of(real_articles(parser.parse_args(arguments).articles)[0])
    say = sys.stdout.write
    asked = queries(sentences)
    say(f"milliseconds for {HITS} hits: median, most\n\n")
    say(f"{'':16}" + "".join(f"{f'{words:,} words':>20}" for words in PAGES) + "\n")
    for kind, query in asked.items():
        cells = [f"{middle:12.2f} {most:7.2f}" for middle, most in (measured(sentences, query, n) for n in PAGES)]
        say(f"{kind:16}" + "".join(cells) + f"   {query}\n")
    say("\nmicroseconds to choose the passages of one hit: as installed, in Python (median of the hits)\n\n")
    for kind, query in asked.items():
        pairs = [choosing(sentences, query, words) for words in PAGES]
        say(f"{kind:16}" + "".join(f"{installed:12.1f} {plain:7.1f}" for installed, plain in pairs) + "\n")


def sentences_of(articles: Sequence[Document]) -> list[str]:
    """The sentences of all articles, in order."""
    return [sentence for article in articles for sentence in _SENTENCE_END.split(article.body) if sentence.strip()]


def queries(sentences: Sequence[str]) -> dict[str, str]:
    """One query of each kind, made of words of the sentences."""
    words = [word for sentence in sentences for word in _WORD.findall(sentence.lower())]
    common = [word for word, _ in Counter(words).most_common(40)]
    seldom = [word for word, count in Counter(words).items() if count * 2_000 <= len(words)]
    pair = " ".join(Counter(pairwise(words)).most_common(1)[0][0])
    return {
        "one word": seldom[0],
        "a common word": common[0],
        "two words": f"{common[10]} {seldom[1]}",
        "four words, OR": " OR ".join(common[10:14]),
        "a phrase": f'"{pair}"',
        "near": f'"{common[10]} {common[11]}"~10',
        "a prefix": f"{seldom[2][:4]}*",
    }


def made(sentences: Sequence[str], words: int, seed: object) -> Document:
    """An article of at least that many words, made of random sentences."""
    random = Random(repr(seed))  # noqa: S311 - nothing secret
    chosen: list[str] = []
    length = 0
    while length < words:
        chosen.append(random.choice(sentences))
        length += len(chosen[-1].split())
    paragraphs = (" ".join(chosen[at : at + PARAGRAPH]) for at in range(0, len(chosen), PARAGRAPH))
    body = "\n\n".join(paragraphs)
    return Document(repr(seed), chosen[0][:80], body, url="https://archive.example/1", language="en")


def measured(sentences: Sequence[str], query: str, words: int) -> tuple[float, float]:
    """The median and the maximum over pages, in milliseconds of processor time; the first page is not counted."""
    match = _match(query)
    times = []
    for page in range(PAGES[words] + 1):
        documents = [made(sentences, words, (page, number)) for number in range(HITS)]
        started = process_time()
        highlighter = Highlighter(match)
        for document in documents:
            excerpts(document.head(), document.body, highlighter)
        times.append((process_time() - started) * 1000.0)
    return median(times[1:]), max(times[1:])


def choosing(sentences: Sequence[str], query: str, words: int) -> tuple[float, float]:
    """The medians for choosing passages, in microseconds of processor time a hit: with what is installed, and in Python
    alone. The two take turns; of each hit the fastest of three counts."""
    highlighter = Highlighter(_match(query))
    installed, plain = [], []
    for number in range(HITS):
        text, marks = highlighter.leading_marks(made(sentences, words, ("choice", number)).body, "en")
        weights = {mark[2]: 1.0 + mark[2] for mark in marks}
        best, chosen = partial(best_passages, text, marks), partial(chosen_passages, text, marks)
        turns = [
            (_seconds(partial(best, MAX_SNIPPETS, weights)), _seconds(partial(chosen, MAX_SNIPPETS, weights, (), ())))
            for _ in range(3)
        ]
        installed.append(min(seconds for seconds, _ in turns))
        plain.append(min(seconds for _, seconds in turns))
    return median(installed) * 1e6, median(plain) * 1e6


def _seconds(work: Callable[[], object]) -> float:
    """Processor time, of one call among twenty."""
    started = process_time()
    for _ in range(20):
        work()
    return (process_time() - started) / 20


def _match(query: str) -> Match:
    tree = parse(query).query
    nothing = MemoryEngine()
    with nothing.writer():
        pass
    with nothing.searcher() as searcher:
        fields = tuple(TEXT_FIELDS)
        return resolve(tree, fields=fields, languages=("en",), stop_language="en", values=searcher).match


if __name__ == "__main__":
    main()
