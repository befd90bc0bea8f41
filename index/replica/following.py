"""One step of a replica: what was taken down first, then the files that are new, then the switch to the commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from index.fetching.errors import FetchError
from index.fetching.pace import ATTEMPTS, backoff
from index.replica.source import FileGone, RemovalThere, Source, Told
from search.engines.replicas import MissingFile, Replica
from search.ledger.ledger import Ledger
from search.ledger.removals import Tombstone

MAX_STALE: Final = 10
"""Commits in a row whose files were gone before they had come."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one look at the server brought. `generation` is that of the commit that the replica is at now; `is_new`: it
    was at another one before. `files` and `size_bytes` are what travelled, `removals` how many articles were taken
    down, or let in again."""

    generation: str
    is_new: bool
    files: int = 0
    size_bytes: int = 0
    removals: int = 0


class Follower:
    """Keeps a replica and its ledger in step with a server. `sleep` waits between attempts at a file."""

    def __init__(
        self, source: Source, replica: Replica, ledger: Ledger, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._source = source
        self._replica = replica
        self._ledger = ledger
        self._sleep = sleep
        self._tag = ""
        self._removals: int | None = None

    def step(self) -> Step:
        """Brings the replica to the newest commit of the server; whoever is cut off has changed nothing that is shown.
        Raises FetchError, EngineError."""
        removals = 0
        for _ in range(MAX_STALE):
            told = self._source.commit(self._tag)
            if told is None:
                return self._in_step(Step(self._replica.generation, False))
            removals += self._take_over_removals(told)
            try:
                found = self._take_over_commit(told)
            except FileGone:
                continue
            self._settle()
            self._tag = told.tag
            return self._in_step(replace(found, removals=removals))
        raise FetchError(self._source.url, "its commits come faster than their files can be copied")

    def _in_step(self, step: Step) -> Step:
        self._replica.note(replace(self._replica.state, in_step_at=datetime.now(UTC), problem=""))
        return step

    # --- what was taken down

    def _take_over_removals(self, told: Told) -> int:
        if told.removals == self._removals:
            return 0
        changed = 0
        for removal in self._source.removals(self._replica.state.removed_until):
            changed += self._apply(removal)
            self._replica.note(replace(self._replica.state, removed_until=removal.changed_at))
        self._removals = told.removals
        return changed

    def _apply(self, removal: RemovalThere) -> bool:
        """Has the ledger here say the same of an article; False if it did already."""
        removed = self._ledger.removed
        if removal.undone_at is not None:
            return removed.undo(removal.id, removal.undone_at) is not None
        is_new = removed.of(removal.id) is None
        removed.add([Tombstone(removal.id, removal.address)], removal.reason, removal.at, removal.kind)
        return is_new

    def _settle(self) -> None:
        """Notes of which articles that were taken down no file here has anything any more, so that servers let go of
        the states before."""
        open_ones = [removal.id for removal in self._ledger.removed.unpurged()]
        held = self._replica.held(open_ones)
        if done := [name for name in open_ones if name not in held]:
            self._ledger.removed.mark_purged(done, datetime.now(UTC))
        elif open_ones:
            self._ledger.removed.announce()

    # --- the commit

    def _take_over_commit(self, told: Told) -> Step:
        before = self._replica.generation
        missing = self._replica.receive(told.description)
        travelled = sum(self._fetch(file) for file in missing)
        self._replica.commit()
        now = self._replica.generation
        return Step(now, now != before, len(missing), travelled)

    def _fetch(self, file: MissingFile) -> int:
        """Gets a file whole, however often its connection is cut, as long as each brings something."""
        travelled, idle = 0, 0
        while file.bytes_there() < file.size:
            came = self._source.fetch(file)
            travelled += max(came, 0)
            idle = 0 if came > 0 else idle + 1
            if idle == ATTEMPTS:
                raise FetchError(self._source.url, f"{file.name} does not come")
            if idle:
                self._sleep(backoff(idle))
        self._replica.accept(file)
        return travelled
