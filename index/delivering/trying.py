"""Sends the messages that are due, each once in a run, and writes down what became of each.

A try is noted before it begins and after it ends. One moment remains: between the receiver's "accepted" and the note of
it. What was being sent then is sent again under the same message id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from index.delivering.outcome import NotDelivered
from search.ledger.deliveries import Deliveries, Delivery

WAITS: Final = (60, 300, 1_800, 7_200, 18_000, 36_000, 72_000)
"""Seconds before each further try: the last is a day and a half after the first. Then a message is given up."""
KEPT_DAYS: Final = 30
"""For how long it is remembered what was delivered."""
_SOME: Final = 200


class Counts(Protocol):
    """What a run came to: how many messages `sent` were delivered, `dropped` had nothing left to tell, `failed` are
    tried again, `dead` were given up. `problems` says why, one line each."""

    sent: int
    dropped: int
    failed: int
    dead: int
    problems: list[str]


def has_tried(ran: Counts) -> bool:
    """Whether a run has tried to send a message."""
    return bool(ran.sent or ran.failed or ran.dead)


def sent_in_words(ran: Counts, nothing_left: str) -> list[str]:
    """What became of the messages of a run, in parts of a line."""
    parts = [f"{ran.sent:,} messages sent"]
    for count, what in ((ran.failed, "to be tried again"), (ran.dead, "given up"), (ran.dropped, nothing_left)):
        parts += [f"{count:,} {what}"] if count else []
    return parts


class Outbox(Protocol):
    """Whose messages are sent, and how."""

    def place(self, delivery: Delivery) -> str | None:
        """What fails together: the mail server, or the host of a webhook. None if the owner is gone."""
        ...

    def prepared(self, delivery: Delivery) -> Callable[[], None] | None:
        """What sends the message as it is to be now, and raises NotDelivered; None if it has nothing left to tell."""
        ...


@dataclass(slots=True)
class Trying:
    """The tries of one run. Where a target did not answer, the rest for the same place waits for the next run and loses
    no try by it."""

    messages: Deliveries
    clock: Callable[[], datetime]
    counts: Counts
    _silent: set[str] = field(default_factory=set)
    _done: set[str] = field(default_factory=set)

    def send_due(self, outbox: Outbox) -> None:
        """Sends what is due by now and was not tried yet in this run."""
        began = self.clock()
        while due := [each for each in self.messages.due(began, _SOME + len(self._done)) if each.id not in self._done]:
            for delivery in due:
                self._done.add(delivery.id)
                place = outbox.place(delivery)
                if place is None or place in self._silent:
                    continue
                if self._try(delivery, outbox):
                    self._silent.add(place)

    def _try(self, delivery: Delivery, outbox: Outbox) -> bool:
        """Sends a message. True if nobody answered."""
        send = outbox.prepared(delivery)
        if send is None:
            self.messages.settle(delivery.id, "dropped", self.clock(), "its articles are gone")
            self.counts.dropped += 1
            return False
        tries = delivery.tries + 1
        again = self.clock() + timedelta(seconds=WAITS[min(tries, len(WAITS)) - 1])
        if not self.messages.begin(delivery.id, again):
            return False
        try:
            send()
        except NotDelivered as error:
            self._failed(delivery, error, again if tries <= len(WAITS) else None)
            return error.is_silent
        self.messages.settle(delivery.id, "sent", self.clock())
        self.counts.sent += 1
        return False

    def _failed(self, delivery: Delivery, error: NotDelivered, again: datetime | None) -> None:
        is_dead = error.is_final or again is None
        due = self.clock() if again is None else again
        self.messages.settle(delivery.id, "dead" if is_dead else "waiting", due, str(error))
        self.counts.dead += is_dead
        self.counts.failed += not is_dead
        what = "is given up" if is_dead else f"is tried again after {due.isoformat(' ', 'seconds')}"
        self.counts.problems.append(f"{self.messages.kind} {delivery.owner}, message {delivery.id}: {error}; it {what}")
