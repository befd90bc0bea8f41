"""Reads real articles from files, as `backfile index` does.

Backfile reads and normalises articles before any engine sees them, so that time is measured separately.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random
from time import perf_counter

from index.article import Article, read_source
from index.document import to_document
from index.sources import find_sources
from search.analysis.languages import primary_language
from search.document import Document


def real_articles(inputs: Path) -> tuple[list[Document], float]:
    """The English articles of the inputs, each ID once, and how many articles were normalised per second."""
    documents: dict[str, Document] = {}
    seconds = 0.0
    seen = 0
    for source in find_sources(inputs):
        for item in read_source(source):
            if not isinstance(item, Article):
                continue
            started = perf_counter()
            document = to_document(item, language="en", time_zone="UTC")
            seconds += perf_counter() - started
            seen += 1
            if primary_language(document.language) == "en":
                documents[document.id] = document
    return list(documents.values()), seen / seconds if seconds else 0.0


def shuffled(documents: Iterable[Document], seed: int) -> list[Document]:
    """The documents in an order that depends only on the seed, so a small size is a fair sample of a larger one."""
    ordered = sorted(documents, key=lambda document: document.id)
    Random(seed).shuffle(ordered)  # noqa: S311 - nothing secret
    return ordered
