"""What a run does not let into the index: what was taken down, and what has to wait. The ledger says so, and learns it.

A removal that is written while a run is under way holds for the rest of that run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from index.naming import tombstones_for
from index.preparing import Prepared
from index.refusals import TEXT, Refusals
from search.document import Document, is_below
from search.engines.protocols import Engine
from search.errors import EngineError, IndexLocked, LedgerError
from search.ledger.ledger import Ledger
from search.ledger.removals import Removal, Tombstone
from search.ledger.waiting import Due
from search.releasing import now_in_utc, release_due
from search.takedown import PATIENCE_SECONDS, finish

RECENT_SECONDS: Final = PATIENCE_SECONDS
"""A takedown that was written this long ago may still be at its purge."""


class Gate:
    """The ledger as one run sees it. `dry_run`: nothing is written. Raises LedgerError."""

    def __init__(
        self, engine: Engine, ledger: Ledger, *, clock: Callable[[], datetime] = now_in_utc, dry_run: bool = False
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._clock = clock
        self._dry_run = dry_run
        self._version = -1
        self._refusals = Refusals()
        self._states: Mapping[str, Due] = {}
        self._held: dict[str, tuple[Document, datetime | None]] = {}
        self._let_in: set[str] = set()
        self.lifted = 0
        """Removals that this run has undone."""

    def look_up(self, ids: Sequence[str]) -> None:
        """Gets ready for a group of articles."""
        self._learn_removals()
        self._states = self._ledger.waiting.states(ids)

    def _learn_removals(self) -> None:
        version = self._ledger.removed.version()
        if version != self._version:
            self._refusals = Refusals(self._ledger.removed.in_force())
            self._version = version

    # --- what was taken down

    def refusal(self, article: Prepared, *, is_held: bool) -> str | None:
        """Why the article is refused, and how an editor can let it in; None if it is not.

        One that is in the index was there when the copy of it was taken down, so it is not refused for its text."""
        if not self._refusals:
            return None
        text = 0 if is_held else article.fingerprint
        found = self._refusals.find(article.id, article.url, article.guid, text)
        if found is None:
            return None
        removal, how = found
        if self._is_taken_back(removal, article, how):
            return None if self._dry_run else self.refusal(article, is_held=is_held)
        return (
            f"refused: {removal.id!r} was taken down on {removal.at.date().isoformat()} ({removal.reason}), and this "
            f"has {how}; `backfile takedown --undo {removal.id!r}` lets it in"
        )

    def _is_taken_back(self, removal: Removal, article: Prepared, how: str) -> bool:
        """Whether the article was killed by its source, which has published it again since; see `Article.lifts`."""
        is_older = article.lifts is not None and removal.kind == "killed" and removal.at < article.lifts
        if is_older and not how.startswith(TEXT) and not self._dry_run:
            self.lifted += self._ledger.removed.undo(removal.id, self._clock()) is not None
            self._learn_removals()
        return is_older and not how.startswith(TEXT)

    def is_down(self, id: str, url: str | None) -> bool:
        """Whether an article with this id or this address was taken down."""
        self._learn_removals()
        return self._refusals.find(id, url, "", 0) is not None

    def kill(self, reason: str, *, id: str, url: str | None, guid: str, at: datetime | None = None) -> list[str]:
        """Takes down what its source has killed, at that moment; returns the ids. The files of the index are purged in
        the end."""
        stones = [self._with_text(one) for one in tombstones_for(self._engine, self._ledger, id=id, url=url, guid=guid)]
        if not self._dry_run:
            now = self._clock()
            self._ledger.removed.add(stones, reason, min(now, at or now), "killed")
            self._learn_removals()
        for stone in stones:
            self._held.pop(stone.id, None)
        return [stone.id for stone in stones]

    def _with_text(self, stone: Tombstone) -> Tombstone:
        """The tombstone with the fingerprint of what was to wait from the next `keep` on."""
        held = self._held.get(stone.id)
        return replace(stone, fingerprint=held[0].fingerprint) if held and not stone.fingerprint else stone

    def purge(self, fail: Callable[[str, str], None]) -> None:
        """Finishes what was taken down in this run, or before it and was cut off. Call it when no writer is open."""
        ids = [removal.id for removal in self._ledger.removed.unpurged()]
        if not ids or self._dry_run:
            return
        try:
            finish(self._engine, self._ledger, ids, patience=PATIENCE_SECONDS)
        except EngineError as error:
            fail(self._engine.url, str(error))

    # --- what waits

    def is_early(self, article: Prepared) -> bool:
        """Whether the article has to wait."""
        due = self._due(article)
        return article.withheld or (due is not None and due > self._clock())

    def _due(self, article: Prepared) -> datetime | None:
        """From when on it may be shown; see `Article.published_between`. What waits already goes on waiting for the
        last of the days that may be meant, although the first has come."""
        first, last = article.published_between or (None, None)
        is_ahead = first is not None and (first > self._clock() or article.id in self._states)
        return max((moment for moment in (article.shown_from, last if is_ahead else None) if moment), default=None)

    def hold(self, article: Prepared) -> None:
        """Has the article wait from the next `keep` on, unless it does already."""
        due = None if article.withheld else self._due(article)
        self._let_in.discard(article.id)
        if self._states.get(article.id) != Due(due, article.content_hash, article.source) and not self._dry_run:
            self._held[article.id] = article.document(), due

    def let_in(self, id: str) -> None:
        """Notes that the article waits no more, once what the run writes is committed."""
        self._held.pop(id, None)
        if id in self._states:
            self._let_in.add(id)

    def waits(self, ids: Sequence[str]) -> bool:
        """Whether one of these articles waits."""
        return bool(self._ledger.waiting.states(ids)) or not self._held.keys().isdisjoint(ids)

    def forget(self, id: str) -> bool:
        """Takes an article that its source has withdrawn out of what waits; False if it is not there."""
        self._held.pop(id, None)
        there = bool(self._ledger.waiting.states([id]))
        if there and not self._dry_run:
            self._ledger.waiting.drop([id])
        return there

    def keep(self) -> frozenset[str]:
        """Writes what has to wait. Returns the ids of those that somebody may be publishing: delete them after that."""
        held, self._held = self._held, {}
        return self._ledger.waiting.put(held.values()) if held else frozenset()

    def ids_from(self, source: str) -> Iterator[str]:
        """The ids of what waits and came from a source or from a file below it."""
        return (name for name, own in self._ledger.waiting.sources() if is_below(own, source))

    def sources_of(self, ids: Sequence[str]) -> Mapping[str, str]:
        """The source of each of these articles that waits."""
        return {name: due.source for name, due in self._ledger.waiting.states(ids).items()}

    def document(self, name: str) -> Document | None:
        """An article that waits; None if it does not, or is damaged."""
        try:
            return self._ledger.waiting.document(name)
        except LedgerError:
            return None

    def waiting_ids(self) -> Iterator[str]:
        """The ids of all that waits."""
        return (name for name, _ in self._ledger.waiting.sources())

    def finish(self, without: frozenset[str] = frozenset()) -> None:
        """Forgets what has been let in; `without` are articles whose commit was discarded."""
        gone = self._let_in - without
        if gone and not self._dry_run:
            self._ledger.waiting.drop(gone)
        self._let_in.clear()

    def release(self) -> None:
        """Publishes what is due, unless another writer holds the index: then whoever comes next does. Call it when no
        writer is open."""
        if not self._dry_run:
            try:
                release_due(self._engine, self._ledger, self._clock())
            except IndexLocked:
                return

    # --- others

    def now(self) -> datetime:
        """The time."""
        return self._clock()

    def is_brief_for_sources(self) -> bool:
        """The same for a run over sources, which also waits for one that writes what programs have sent."""
        return self._ledger.inbox.is_being_written() or self.is_brief()

    def is_brief(self) -> bool:
        """Whether a writer that holds the index is one that publishes what was due, or purges: done in a moment."""
        now = self._clock()
        recent = any((now - removal.at).total_seconds() < RECENT_SECONDS for removal in self._ledger.removed.unpurged())
        return recent or self._ledger.waiting.is_claimed(now)
