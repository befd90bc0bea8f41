"""Counts what other searches would find, within a budget of searches and seconds."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Final

from search.engines.conventions import Deadline
from search.errors import QuerySyntaxError
from search.request.filling import Counted, counts
from search.request.planning import Planner, ResolvedQuery
from search.request.request import SearchRequest

MAX_SEARCHES: Final = 24
"""Searches that may be counted for one answer."""
MAX_SECONDS: Final = 1.0
"""How long planning and counting them may take. Looking up candidates in the vocabulary is not included: it takes
long only once in a process, when the vocabulary is read for the first time."""

NOTHING: Final = Counted(0, 0)


class CountBudget:
    """Counts searches until the budget is used up. After that every count is 0, so nothing uncounted is offered.

    `until` is the moment by which the whole answer is to be ready, whatever is left of the budget.
    """

    def __init__(
        self,
        planner: Planner,
        *,
        searches: int = MAX_SEARCHES,
        seconds: float = MAX_SECONDS,
        until: Deadline | None = None,
    ) -> None:
        self.planner = planner
        self.until = until or Deadline(None)
        self._searches = searches
        self._seconds = seconds
        self._known: dict[SearchRequest, Counted] = {}

    def totals(self, requests: Iterable[SearchRequest]) -> list[int]:
        """How many articles each request finds: see `counts`."""
        return [count.total for count in self.counts(requests)]

    def counts(self, requests: Iterable[SearchRequest]) -> list[Counted]:
        """How many articles each request finds, and how many have all of its words. Those not yet known are counted in
        one trip to the engine, or two if lists are to be filled up.

        A request counts 0 if its query is not valid, or if the budget does not reach that far.
        """
        wanted = list(requests)
        unknown = [request for request in dict.fromkeys(wanted) if request not in self._known]
        seconds = min(self._seconds, left) if (left := self.until.left()) is not None else self._seconds
        if unknown and self._searches > 0 and seconds > 0.0:
            started = monotonic()
            self._count(unknown, started + seconds)
            self._seconds -= monotonic() - started
        return [self._known.get(request, NOTHING) for request in wanted]

    def _count(self, requests: Iterable[SearchRequest], end: float) -> None:
        searches: list[tuple[ResolvedQuery, SearchRequest]] = []
        for request in requests:
            if len(searches) == self._searches or monotonic() >= end:
                break
            try:
                searches.append((self.planner.resolve(request), request))
            except QuerySyntaxError:
                self._known[request] = NOTHING
        left = end - monotonic()
        if searches and left > 0.0:
            self._searches -= len(searches)
            found = counts(self.planner, searches, left)
            self._known.update((request, count or NOTHING) for (_, request), count in zip(searches, found, strict=True))
