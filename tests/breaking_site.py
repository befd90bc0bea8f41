"""A site whose engine breaks in the middle of a long list, and an engine that does; a server can load `app`."""

from __future__ import annotations

from typing import Any

from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.engines.plan import Plan
from search.engines.protocols import Engine
from search.engines.results import Results
from search.errors import EngineError
from search.settings import Settings
from search.walking import BATCH
from webui import create_app

MANY = 2 * BATCH + 500


def filled(number: int = MANY) -> MemoryEngine:
    """An archive of that many articles about a flood."""
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for each in range(number):
            writer.add(Document(f"{each:05}", f"Flood {each}", "A flood came.", tags=(f"t{each % 7}",), language="en"))
    return engine


class BreakingEngine:
    """`engine`, whose searchers fail at every search that goes on after a hit, as where a disk is taken away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def searcher(self) -> Any:
        return _BreakingSearcher(self._engine.searcher())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class _BreakingSearcher:
    def __init__(self, searcher: Any) -> None:
        self._searcher = searcher

    def search(self, plan: Plan) -> Results:
        if plan.after is not None:
            raise EngineError("the disk is gone")
        found: Results = self._searcher.search(plan)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searcher, name)


def app() -> Any:
    """The site, for `granian --factory`."""
    return create_app(Settings(), BreakingEngine(filled()))  # type: ignore[arg-type]
