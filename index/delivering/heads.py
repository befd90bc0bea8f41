"""What messages tell of articles. Many alerts tell of the same ones, so each is read once in a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from search.document import Document, Head
from search.engines.protocols import Searcher
from search.ledger.ledger import Ledger

MOST_KEPT: Final = 5_000
"""Articles that are remembered; then all are forgotten."""


class Heads:
    """The heads of articles of one searcher that may be shown. What is taken down meanwhile is shown no more."""

    def __init__(self, searcher: Searcher, ledger: Ledger) -> None:
        self._searcher = searcher
        self._ledger = ledger
        self._version = ledger.removed.version()
        self._known: dict[str, Head | None] = {}

    def shown(self, ids: Iterable[str]) -> list[Head]:
        """The heads of those that are in the index and were not taken down. Raises EngineError, LedgerError."""
        version = self._ledger.removed.version()
        if version != self._version or len(self._known) >= MOST_KEPT:
            self._version = version
            self._known.clear()
        return [head for name in ids if (head := self._head(name)) is not None]

    def _head(self, name: str) -> Head | None:
        if name not in self._known:
            self._known[name] = next((found.head() for found in shown(self._searcher, self._ledger, [name])), None)
        return self._known[name]


def shown(searcher: Searcher, ledger: Ledger, ids: Iterable[str]) -> Iterator[Document]:
    """Those of the articles that are in the index and were not taken down."""
    for name in ids:
        document = searcher.document(name)
        if document is not None and ledger.removed.of(name) is None:
            yield document
