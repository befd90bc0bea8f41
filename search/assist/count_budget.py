"""How many articles other searches would find, within a budget of searches and of time."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Final

from search.errors import QuerySyntaxError
from search.request.planning import Planner
from search.request.request import SearchRequest

MAX_SEARCHES: Final = 24
MAX_SECONDS: Final = 1.0
"""What advice may cost beside the answer itself: the time of its searches, not of finding what to search for,
which is long only once, when a process looks into the vocabulary for the first time."""


class CountBudget:
    """Counts until the budget is used up; then everything counts 0, so that nothing uncounted is ever offered."""

    def __init__(self, planner: Planner, *, searches: int = MAX_SEARCHES, seconds: float = MAX_SECONDS) -> None:
        self.planner = planner
        self._searches = searches
        self._seconds = seconds
        self._known: dict[SearchRequest, int] = {}

    def totals(self, requests: Iterable[SearchRequest]) -> list[int]:
        """How many articles each request finds, all counted in one trip to the engine.

        0 too if a query is not valid, or if the budget is used up.
        """
        wanted = list(requests)
        self._count([request for request in dict.fromkeys(wanted) if request not in self._known])
        return [self._known.get(request, 0) for request in wanted]

    def _count(self, requests: list[SearchRequest]) -> None:
        planned = {}
        started = monotonic()
        for request in requests[: self._searches]:
            try:
                planned[request] = self.planner.counting_plan(self.planner.resolve(request), request)
            except QuerySyntaxError:
                self._known[request] = 0
        if not planned or self._seconds <= 0.0:
            return
        self._searches -= len(planned)
        counts = self.planner.searcher.count_many(list(planned.values()), self._seconds)
        self._known.update((request, count or 0) for request, count in zip(planned, counts, strict=True))
        self._seconds -= monotonic() - started
