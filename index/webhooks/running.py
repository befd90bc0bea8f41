"""One run of webhooks: notes what has changed, and tells each of it, a message after the other.

The messages of a webhook are sent in order: the next is written when the one before was delivered or given up. While it
waits, changes of one article become one, so a receiver that was away for long is told the least that brings it up to
date.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from index.delivering.heads import Heads
from index.delivering.outcome import NotDelivered
from index.delivering.trying import KEPT_DAYS, Trying, sent_in_words
from index.delivering.webhook import Poster
from index.fetching.hosts import Resolver, look_up
from index.lock import only_run
from index.webhooks.comparing import note_changes
from index.webhooks.message import body_of, told
from search.alerts.keys import Keys, made_keys
from search.document import Head
from search.engines import whole_searcher
from search.engines.protocols import Engine
from search.errors import IndexMissing
from search.ledger.deliveries import Delivery
from search.ledger.ledger import Ledger
from search.ledger.webhooks import Webhook
from search.releasing import now_in_utc
from search.settings import Settings

MOST_MESSAGES: Final = 1_000
"""Messages to one webhook in one run; the rest is sent by the next."""


@dataclass(slots=True)
class Ran:
    """What a run came to. `changes` were noticed; `queued` messages were made, `sent` were delivered, `dropped` had
    nothing left to tell, `failed` are tried again, `dead` were given up. `problems` says why, one line each.

    `busy`: another run was under way, and this one did nothing."""

    changes: int = 0
    queued: int = 0
    sent: int = 0
    dropped: int = 0
    failed: int = 0
    dead: int = 0
    busy: bool = False
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of a run: whose webhooks these are, and the keys of their secrets. `resolve` finds the addresses of a
    host, `context` is that of TLS."""

    engine: Engine
    ledger: Ledger
    settings: Settings
    keys: Keys
    clock: Callable[[], datetime]
    resolve: Resolver = look_up
    context: ssl.SSLContext | None = None

    def run(self) -> Ran:
        """Does what is to be done now. A receiver that fails leaves the others alone. Raises EngineError, LedgerError,
        when nothing that was noticed is lost."""
        ran = Ran()
        with only_run(self.ledger.place, "webhooks") as alone:
            if not alone:
                ran.busy = True
                return ran
            before = self.ledger.changes.last()
            note_changes(self.engine, self.ledger)  # if another process is at it, the next run tells of it
            last = self.ledger.changes.last()
            ran.changes = last - before
            self.ledger.webhooks.messages.recover(self.clock())
            self._send(last, ran)
            self.ledger.webhooks.messages.forget(self.clock() - timedelta(days=KEPT_DAYS))
            self.ledger.changes.forget_gone(min((hook.after for hook in self.ledger.webhooks.all()), default=0))
        return ran

    def _send(self, last: int, ran: Ran) -> None:
        """Sends what is due, and then the changes up to the one of that number."""
        try:
            searcher = whole_searcher(self.engine)
        except IndexMissing:
            return
        with searcher:
            hooks = {hook.id: hook for hook in self.ledger.webhooks.all()}
            archive_id = self.ledger.arrivals.made_archive_id()
            poster = Poster(self.settings, self.keys, archive_id, self.resolve, self.context)
            outbox = _Outbox(self, hooks, Heads(searcher, self.ledger), poster)
            trying = Trying(self.ledger.webhooks.messages, self.clock, ran)
            trying.send_due(outbox)
            for _ in range(MOST_MESSAGES):
                queued = self.ledger.webhooks.queue(last, self.clock())
                if not queued:
                    return
                ran.queued += queued
                trying.send_due(outbox)


@dataclass(frozen=True, slots=True)
class _Outbox:
    """The messages of webhooks, each as it is to be when it leaves."""

    running: Running
    hooks: Mapping[str, Webhook]
    heads: Heads
    poster: Poster

    def place(self, delivery: Delivery) -> str | None:
        hook = self.hooks.get(delivery.owner)
        return urlsplit(hook.target).netloc if hook and not hook.ended else None

    def prepared(self, delivery: Delivery) -> Callable[[], None] | None:
        hook = self.hooks[delivery.owner]
        rows = told(hook, delivery, self._shown(delivery))
        if not rows:
            return None
        body = body_of(delivery, rows, self.running.settings)
        return lambda: self._post(hook, delivery, body)

    def _shown(self, delivery: Delivery) -> dict[str, Head]:
        """The articles of a message that may be shown now."""
        names = [text.partition(" ")[2] for text in delivery.contents]
        now = self.running.clock()
        waiting = self.running.ledger.waiting.states(names)
        held = {name for name, state in waiting.items() if state.due is None or state.due > now}
        return {head.id: head for head in self.heads.shown(name for name in names if name not in held)}

    def _post(self, hook: Webhook, delivery: Delivery, body: bytes) -> None:
        """Posts a message; a receiver that wants no more is told nothing more. Raises NotDelivered."""
        try:
            self.poster.post(hook, delivery.id, body, self.running.clock())
        except NotDelivered as error:
            if error.is_final:
                self.running.ledger.webhooks.end(hook.id, str(error))
            raise


def run_webhooks(settings: Settings, engine: Engine, ledger: Ledger) -> Ran:
    """One run; does nothing where there are no webhooks. Raises EngineError, LedgerError, ConfigError."""
    if not ledger.webhooks.any():
        return Ran()
    return Running(engine, ledger, settings, made_keys(ledger.place), now_in_utc).run()


def summary(ran: Ran) -> str:
    """What a run came to, in one line."""
    if ran.busy:
        return "another run is sending to webhooks"
    return ", ".join([f"{ran.changes:,} changes", *sent_in_words(ran, "without changes")])
