"""How frequent the spellings of names are in a commit: counted once, since readers ask for the same names."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

from search.engines.plan import Plan
from search.engines.protocols import Searcher
from search.query.match import Match

MAX_REMEMBERED: Final = 10_000
SECONDS: Final = 1.0
"""How long the spellings of one query may be counted. What is not counted by then passes for rare."""


class SpellingCounts:
    """Remembers how many articles match a part of a query, for the newest generation that was asked about."""

    def __init__(self) -> None:
        self._generation = ""
        self._counts: dict[Match, int] = {}
        self._lock = threading.Lock()

    def of(self, searcher: Searcher, generation: str, parts: Sequence[Match]) -> list[int]:
        """For each part, the number of articles that match it; at most one trip. Raises EngineError."""
        known = self._known(generation)
        missing = [part for part in parts if part not in known]
        if missing:
            found = searcher.count_many([Plan(part, limit=0) for part in missing], SECONDS)
            counted = {part: count for part, count in zip(missing, found, strict=True) if count is not None}
            known = {**{part: known[part] for part in parts if part in known}, **counted}
            self._remember(generation, counted)
        return [known.get(part, 0) for part in parts]

    def _known(self, generation: str) -> dict[Match, int]:
        with self._lock:
            if generation != self._generation or len(self._counts) > MAX_REMEMBERED:
                self._generation, self._counts = generation, {}
            return self._counts

    def _remember(self, generation: str, counted: dict[Match, int]) -> None:
        with self._lock:
            if generation == self._generation:
                self._counts.update(counted)
