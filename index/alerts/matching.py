"""What is to be sent: the new articles, a thousand at a time, are put to all alerts at once.

The ledger notes it in one transaction with the number of the last article that was matched. All questions are asked
before that begins, so that no other writer of the ledger waits for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from index.delivering.heads import shown
from search.alerts.batch import Batch
from search.alerts.matching import found_in
from search.alerts.saved import read_canonical
from search.alerts.texts import Articles
from search.engines.plan import Plan
from search.errors import ParameterError, QuerySyntaxError
from search.ledger.alerts import Alert
from search.ledger.deliveries import Delivery, new_delivery
from search.ledger.ledger import Ledger
from search.request.planning import Planner

AT_ONCE: Final = 1_000
"""New articles that are matched together."""
MOST_IN_ONE: Final = 50
"""Articles in one message; more go into several."""

Phase = Literal["looking for new articles", "reading searches", "reading articles", "matching", "writing", "sending"]
"""What a run is busy with."""

Begins = Callable[[Phase], None]
"""Is told what begins; it may begin again and again."""

Plans = Mapping[str, Plan]
"""The plan of each search, by its text: many alerts may have the same."""


@dataclass(frozen=True, slots=True)
class Matching:
    """Matches the articles of a `searcher` that has all of them; `begins` is told what is done."""

    planner: Planner
    ledger: Ledger
    clock: Callable[[], datetime]
    begins: Begins

    def match(self, alerts: Sequence[Alert], last: int, problems: list[str]) -> int:
        """Matches the articles that have come, up to the one of that number, and returns how many messages are to be
        sent. What cannot be matched is added to `problems`.

        Raises EngineError if the archive does not answer in full; what was not matched is matched by the next run."""
        queued = 0
        self.begins("reading searches")
        plans = self._plans(alerts, problems)
        while arrivals := self.ledger.arrivals.between(self.ledger.alerts.matched(), last, AT_ONCE):
            self.begins("reading articles")
            numbers = {arrival.id: arrival.number for arrival in arrivals}
            batch = Batch(list(shown(self.planner.searcher, self.ledger, numbers)))
            self.begins("matching")
            found = {search: found_in(self.planner.searcher, plan, batch) for search, plan in plans.items()}
            self.begins("writing")
            queued += self.ledger.alerts.queue(self._deliveries(alerts, found, batch, numbers), arrivals[-1].number)
        return queued

    def _plans(self, alerts: Sequence[Alert], problems: list[str]) -> Plans:
        plans: dict[str, Plan] = {}
        for search in dict.fromkeys(alert.search for alert in alerts):
            try:
                request = read_canonical(search)
                plans[search] = self.planner.counting_plan(self.planner.resolve(request), request)
            except (ParameterError, QuerySyntaxError) as error:
                names = ", ".join(alert.id for alert in alerts if alert.search == search)
                problems.append(f"alert {names}: its search cannot be read any more: {error}")
        return plans

    def _deliveries(
        self, alerts: Sequence[Alert], found: Mapping[str, Articles], batch: Batch, numbers: Mapping[str, int]
    ) -> Iterator[Delivery]:
        now = self.clock()
        first = min(numbers.values())
        for alert in alerts:
            names = batch.ids_of(found.get(alert.search, 0))
            new = names if alert.after < first else [name for name in names if numbers[name] > alert.after]
            for start in range(0, len(new), MOST_IN_ONE):
                yield new_delivery(alert.id, new[start : start + MOST_IN_ONE], now)
