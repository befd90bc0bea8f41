"""One run of alerts: notes what has come, matches it with all saved searches, and sends what is due.

Each step is written down in the ledger before the next begins. A run that is cut off anywhere loses nothing, and tells
nobody twice, but for the moment that `index.delivering.trying` names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from index.alerts.matching import Begins, Matching, Phase
from index.alerts.message import message_of
from index.alerts.sending import Sender
from index.delivering.heads import Heads
from index.delivering.trying import KEPT_DAYS, Trying
from index.lock import only_run
from search.alerts.arriving import note_arrivals
from search.engines import whole_searcher
from search.engines.protocols import Engine
from search.errors import IndexMissing
from search.ledger.alerts import Alert
from search.ledger.deliveries import Delivery
from search.ledger.ledger import Ledger
from search.request.planning import Planner
from search.settings import Settings
from search.variants import load_variants


@dataclass(slots=True)
class Ran:
    """What a run came to. `arrived` articles were new; `queued` messages were made, `sent` were delivered, `dropped`
    had nothing left to tell, `failed` are tried again, `dead` were given up. `problems` says why, one line each.

    `busy`: another run was under way, and this one did nothing."""

    arrived: int = 0
    queued: int = 0
    sent: int = 0
    dropped: int = 0
    failed: int = 0
    dead: int = 0
    busy: bool = False
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of a run: whose alerts these are. `begins` is told what the run is busy with."""

    engine: Engine
    ledger: Ledger
    settings: Settings
    clock: Callable[[], datetime]
    begins: Begins | None = None

    def run(self, sender: Sender) -> Ran:
        """Does what is to be done now. A target that fails leaves the others alone. Raises EngineError, ConfigError."""
        ran = Ran()
        with only_run(self.ledger.place, "alerts") as alone:
            if not alone:
                ran.busy = True
                return ran
            self._begin("looking for new articles")
            ran.arrived = note_arrivals(self.engine, self.ledger, self.clock())
            # Alerts that are added from here on begin with later arrivals.
            last = self.ledger.arrivals.last()
            alerts = {alert.id: alert for alert in self.ledger.alerts.all()}
            self._match(list(alerts.values()), last, ran)
            self._begin("sending")
            self.ledger.alerts.messages.recover(self.clock())
            self._send(alerts, sender, ran)
            self.ledger.alerts.messages.forget(self.clock() - timedelta(days=KEPT_DAYS))
        return ran

    def _begin(self, phase: Phase) -> None:
        if self.begins is not None:
            self.begins(phase)

    def _match(self, alerts: Sequence[Alert], last: int, ran: Ran) -> None:
        """Matches the articles that have come up to the one of that number."""
        if not alerts or not self.ledger.arrivals.between(self.ledger.alerts.matched(), last, 1):
            self.ledger.alerts.queue((), last)
            return
        try:
            searcher = whole_searcher(self.engine)
        except IndexMissing:
            return
        with searcher:
            variants = load_variants(self.settings.variants)
            planner = Planner(
                searcher, self.settings.language, self.clock(), self.settings.time_zone, variants=variants
            )
            matching = Matching(planner, self.ledger, self.clock, self._begin)
            ran.queued += matching.match(alerts, last, ran.problems)

    def _send(self, alerts: Mapping[str, Alert], sender: Sender, ran: Ran) -> None:
        """Sends what is due, each message once a run."""
        try:
            searcher = whole_searcher(self.engine)
        except IndexMissing:
            return
        with searcher:
            outbox = _Outbox(alerts, Heads(searcher, self.ledger), sender, self)
            Trying(self.ledger.alerts.messages, self.clock, ran).send_due(outbox)


@dataclass(frozen=True, slots=True)
class _Outbox:
    """The messages of alerts, with those of their articles that may still be shown."""

    alerts: Mapping[str, Alert]
    heads: Heads
    sender: Sender
    running: Running

    def place(self, delivery: Delivery) -> str | None:
        alert = self.alerts.get(delivery.owner)
        return self.sender.place(alert) if alert else None

    def prepared(self, delivery: Delivery) -> Callable[[], None] | None:
        articles = self.heads.shown(delivery.contents)
        if not articles:
            return None
        message = message_of(self.alerts[delivery.owner], delivery, articles, self.running.settings)
        return lambda: self.sender.send(message, self.running.clock())
