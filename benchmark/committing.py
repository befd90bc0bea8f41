"""Adding articles to an index in one commit, where that is not what is measured."""

from __future__ import annotations

from collections.abc import Iterable

from search.document import Document
from search.engines.protocols import Engine


def add_articles(engine: Engine, documents: Iterable[Document]) -> None:
    """Adds the articles in one commit. Raises EngineError."""
    with engine.writer() as writer:
        for document in documents:
            writer.add(document)
