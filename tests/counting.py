"""A real engine that counts what is asked of it: searchers opened and closed, searches, counts, look-ups."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

from search.document import Document
from search.engines.plan import Plan
from search.engines.protocols import Engine
from search.engines.results import Results
from search.errors import EngineError


class CountingEngine:
    """`engine`, counting `opened` and `closed` searchers, the plans searched, the trips that count plans, how values
    were looked up, the fields whose values were listed, the articles `read`, and how often words were `weighed` by
    their document frequencies."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self.url = engine.url
        self.ledger_place = engine.ledger_place
        self.capabilities = engine.capabilities
        self.opened = 0
        self.closed: list[int] = []
        self.searches: list[Plan] = []
        self.trips: list[tuple[Sequence[Plan], float | None]] = []
        self.looked_up: list[str] = []
        self.listed: list[str] = []
        self.read = 0
        self.weighed = 0
        self.fails_to_say_its_status = False

    def searcher(self) -> CountingSearcher:
        opened = self._engine.searcher()
        with self._lock:
            self.opened += 1
            return CountingSearcher(self, opened, self.opened)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class CountingSearcher:
    """A searcher of a `CountingEngine`; used after it was closed it fails, whatever its engine would do."""

    def __init__(self, engine: CountingEngine, opened: Any, number: int) -> None:
        self._engine = engine
        self._opened = opened
        self._number = number
        self._is_open = True
        self.capabilities = engine.capabilities

    def search(self, plan: Plan) -> Results:
        self._engine.searches.append(plan)
        found: Results = self._searcher().search(plan)
        return found

    def count_many(self, plans: Sequence[Plan], deadline: float | None = None) -> list[int | None]:
        self._engine.trips.append((tuple(plans), deadline))
        found: list[int | None] = self._searcher().count_many(plans, deadline)
        return found

    def top_values(self, field: str, limit: int) -> list[tuple[str, int]]:
        self._engine.listed.append(field)
        found: list[tuple[str, int]] = self._searcher().top_values(field, limit)
        return found

    def find_values(self, field: str, text: str, how: str, limit: int) -> list[tuple[str, int]]:
        self._engine.looked_up.append(how)
        found: list[tuple[str, int]] = self._searcher().find_values(field, text, how, limit)
        return found

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        self._engine.weighed += 1
        found: list[int] = self._searcher().document_frequencies(words)
        return found

    def status(self) -> Any:
        if self._engine.fails_to_say_its_status:
            raise EngineError("the status cannot be read; try again")
        return self._searcher().status()

    def document(self, id: str) -> Document | None:
        self._engine.read += 1
        found: Document | None = self._searcher().document(id)
        return found

    def close(self) -> None:
        with self._engine._lock:
            self._engine.closed.append(self._number)
            self._is_open = False
        self._opened.close()

    def __enter__(self) -> CountingSearcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _searcher(self) -> Any:
        if not self._is_open:
            raise EngineError(f"searcher {self._number} is closed")
        return self._opened

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searcher(), name)
