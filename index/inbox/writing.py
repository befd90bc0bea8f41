"""Writes what was sent into the index, some at a time, and notes what became of each.

The note comes after the commit. If the process ends in between, the same is written again and found unchanged.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from index.inbox.naming import found_name, keep_apart, known_name
from index.inbox.sent import SOURCE, SentArticle, SentArticles
from index.opening import Opened
from index.report import Report
from index.sources.reading import Reading
from search.engines.protocols import Searcher
from search.engines.results import Stamp
from search.errors import BackfileError, IndexMissing
from search.ledger.inbox import Entry, Outcome, Settled
from search.ledger.ledger import Ledger
from search.ledger.names import address_key
from search.releasing import now_in_utc

ALONE_AFTER: Final = 2
"""An entry that was at hand when its process ended this often is written alone, so that no other suffers."""
MOST_TRIES: Final = 5
"""After this many ends it is set aside."""
KEPT_DAYS: Final = 7
"""For how long it is told what became of a sending."""

_log = logging.getLogger("backfile.inbox")


@dataclass(slots=True)
class InboxWriter:
    """Writes the inbox of one archive; one at a time may. `interrupted`: Ctrl-C has ended the last writing."""

    opened: Opened
    clock: Callable[[], datetime] = now_in_utc
    interrupted: bool = False

    @property
    def ledger(self) -> Ledger:
        """The ledger with the inbox."""
        return self.opened.ledger

    def write_some(self) -> int:
        """Writes the oldest entries, and returns how many were settled: 0 if none is queued.

        Raises what concerns all of them, such as EngineError or a full disk; then they are still queued. IndexLocked:
        another writer holds the index.
        """
        entries = self.ledger.inbox.next()
        if not entries:
            self.ledger.inbox.forget(self.clock() - timedelta(days=KEPT_DAYS))
            return 0
        first = entries[0]
        if first.tries >= MOST_TRIES:
            return self._set_aside(first, f"the process ended {first.tries} times while it was being written")
        together = list(takewhile(lambda entry: entry.tries < ALONE_AFTER, entries)) or [first]
        return self._write_all(self._until_a_name_is_needed(together))

    def _until_a_name_is_needed(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """The entries before the first that deletes what is put for the first time among them: only once that is
        written is it known under which id the index has it."""
        put: set[str] = set()
        for place, entry in enumerate(entries):
            if entry.action == "put":
                put.add(entry.article)
            elif entry.article in put and self.ledger.inbox.last_sent(entry.article) is None:
                return entries[:place]
        return entries

    def _write_all(self, entries: Sequence[Entry]) -> int:
        self.ledger.inbox.begin(entries)
        try:
            return self._write(entries)
        except (BackfileError, OSError, MemoryError, sqlite3.Error):
            self.ledger.inbox.give_back(entries)
            raise
        except Exception as error:  # noqa: BLE001 - one article must not stop the others
            self.ledger.inbox.give_back(entries)
            _log.exception("what was sent cannot be written")
            if len(entries) == 1:
                return self._set_aside(entries[0], f"{type(error).__name__}: {error}; please report this")
        return sum(self._write_all([entry]) for entry in entries)

    def _set_aside(self, entry: Entry, reason: str) -> int:
        _log.error("%s/%d (%r) is set aside: %s", SOURCE, entry.number, entry.article, reason)
        self.ledger.inbox.settle([Settled(entry, "failed", reason)])
        return 1

    def _write(self, entries: Sequence[Entry]) -> int:
        articles = [self._article(entry) for entry in entries]
        latest = {article.known_as: article for article in articles}
        writing = sorted(latest.values(), key=lambda article: article.entry.number)
        keep_apart(self.ledger, writing)
        outcomes: dict[str, str] = {}
        self.opened.state.forget(SOURCE)  # whoever sends an earlier version again means it
        report = self.opened.index_sent(
            SentArticles(writing), notice=lambda outcome, name: outcomes.update({name: outcome})
        )
        if report.interrupted:
            self.ledger.inbox.give_back(entries)
            self.interrupted = True
            return 0
        with self._searcher() as searcher:
            settled = [self._settled(article, report, outcomes, searcher) for article in writing]
        failed = {article.known_as for article, each in zip(writing, settled, strict=True) if each.outcome == "failed"}
        settled += [
            Settled(each.entry, "superseded")
            for each in articles
            # Where the latest failed, the one before it is written next.
            if latest[each.known_as] is not each and each.known_as not in failed
        ]
        self.ledger.inbox.settle(settled)
        if any(each.outcome == "removed" for each in settled):
            self.ledger.scrub()
        return len(settled)

    def _article(self, entry: Entry) -> SentArticle:
        reading = Reading(ZoneInfo(self.opened.settings.time_zone))
        return SentArticle(entry, known_name(self.ledger, entry.article), reading)

    def _searcher(self) -> Searcher | nullcontext[None]:
        try:
            return self.opened.engine.searcher()
        except IndexMissing:
            return nullcontext()

    def _settled(
        self, article: SentArticle, report: Report, outcomes: Mapping[str, str], searcher: Searcher | None
    ) -> Settled:
        entry, said = article.entry, "; ".join(_said_of(article, report))
        if any(remark.origin == article.origin for remark in report.failures):
            return self._failed(entry, said)
        if entry.action == "delete":
            outcome: Outcome = "deleted" if outcomes.get(article.known_as) == "deleted" else "absent"
            return Settled(entry, outcome, said, article.known_as)
        name = found_name(self.ledger, searcher, article)
        found = outcomes.get(name) or outcomes.get(article.known_as)
        if found is None and not self.ledger.removed.of(article.known_as):
            return self._failed(entry, said or "the index could not take it")
        if name != entry.article:
            self.ledger.remember([(address_key(entry.article), name)])
        return Settled(entry, _OUTCOMES.get(found or "", "removed"), said, name, _hash(self.ledger, searcher, name))

    def _failed(self, entry: Entry, reason: str) -> Settled:
        _log.error("%s/%d (%r) is set aside: %s", SOURCE, entry.number, entry.article, reason)
        return Settled(entry, "failed", reason)


_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "added": "added",
    "changed": "changed",
    "unchanged": "unchanged",
    "waiting": "waiting",
    "postponed": "waiting",
    "removed": "removed",
}


def _said_of(article: SentArticle, report: Report) -> Iterator[str]:
    """Why an article failed, and what else was wrong with it."""
    yield from (remark.text for remark in report.failures if remark.origin == article.origin)
    yield from (remark.text for remark in report.failures if remark.text.startswith(repr(article.known_as)))
    yield from (remark.text for remark in report.warnings if remark.origin == article.origin)


def _hash(ledger: Ledger, searcher: Searcher | None, name: str) -> str:
    """The hash of an article's content, where it is shown or where it waits; "" if it is in neither place."""
    held: Mapping[str, Stamp] = searcher.stamps([name]) if searcher else {}
    if name in held:
        return held[name].content_hash
    waiting = ledger.waiting.states([name])
    return waiting[name].content_hash if name in waiting else ""
