"""Real articles, read from files as `backfile index` reads them.

Reading inputs and tidying them is Backfile's own work before any engine; so it is measured apart.
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
    """The English articles of the inputs, each id once, and how many a second were made of what was read."""
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
    """In an order that depends on the seed only, so that a smaller size is a fair sample of a larger one."""
    ordered = sorted(documents, key=lambda document: document.id)
    Random(seed).shuffle(ordered)  # noqa: S311 - nothing secret
    return ordered
