"""How many articles other searches would find, within a budget of searches and of time."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import Final

from search.engines.base import Searcher
from search.errors import QuerySyntaxError
from search.request.planning import counting_plan, understand
from search.request.request import SearchRequest

MAX_SEARCHES: Final = 24
MAX_SECONDS: Final = 1.0
"""What advice may cost beside the answer itself: the time of its searches, not of finding what to search for,
which is long only once, when a process looks into the vocabulary for the first time."""


class Counting:
    """Counts until its budget is used up; then everything counts 0, so that nothing uncounted is ever offered."""

    def __init__(
        self,
        searcher: Searcher,
        language: str,
        now: datetime | None = None,
        *,
        searches: int = MAX_SEARCHES,
        seconds: float = MAX_SECONDS,
    ) -> None:
        self.searcher = searcher
        self.language = language
        self.now = now or datetime.now(UTC)
        self._left = searches
        self._seconds = seconds
        self._known: dict[SearchRequest, int] = {}

    def total(self, request: SearchRequest) -> int:
        """How many articles the request finds; 0 too if its query is not valid or the budget is used up."""
        if request not in self._known:
            self._known[request] = self._count(request)
        return self._known[request]

    def _count(self, request: SearchRequest) -> int:
        if self._left <= 0 or self._seconds <= 0:
            return 0
        self._left -= 1
        started = monotonic()
        try:
            question = understand(self.searcher, request, self.language, self.now)
            return self.searcher.search(counting_plan(question, request, self._seconds)).total
        except QuerySyntaxError:
            return 0
        finally:
            self._seconds -= monotonic() - started
