"""Counts what other searches would find, within a budget of searches and seconds."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Final

from search.engines.plan import Plan
from search.errors import QuerySyntaxError
from search.request.planning import Planner
from search.request.request import SearchRequest

MAX_SEARCHES: Final = 24
"""Searches that may be counted for one answer."""
MAX_SECONDS: Final = 1.0
"""How long planning and counting them may take. Looking up candidates in the vocabulary is not included: it takes
long only once in a process, when the vocabulary is read for the first time."""


class CountBudget:
    """Counts searches until the budget is used up. After that every count is 0, so nothing uncounted is offered."""

    def __init__(self, planner: Planner, *, searches: int = MAX_SEARCHES, seconds: float = MAX_SECONDS) -> None:
        self.planner = planner
        self._searches = searches
        self._seconds = seconds
        self._known: dict[SearchRequest, int] = {}

    def totals(self, requests: Iterable[SearchRequest]) -> list[int]:
        """How many articles each request finds. Those not yet known are counted in one trip to the engine.

        A request counts 0 if its query is not valid, or if the budget does not reach that far.
        """
        wanted = list(requests)
        unknown = [request for request in dict.fromkeys(wanted) if request not in self._known]
        if unknown and self._searches > 0 and self._seconds > 0.0:
            started = monotonic()
            self._count(unknown, started + self._seconds)
            self._seconds -= monotonic() - started
        return [self._known.get(request, 0) for request in wanted]

    def _count(self, requests: Iterable[SearchRequest], end: float) -> None:
        plans: dict[SearchRequest, Plan] = {}
        for request in requests:
            if len(plans) == self._searches or monotonic() >= end:
                break
            try:
                plans[request] = self.planner.counting_plan(self.planner.resolve(request), request)
            except QuerySyntaxError:
                self._known[request] = 0
        left = end - monotonic()
        if plans and left > 0.0:
            self._searches -= len(plans)
            counts = self.planner.searcher.count_many(list(plans.values()), left)
            self._known.update((request, count or 0) for request, count in zip(plans, counts, strict=True))
