"""How articles leave the index in a run: withdrawn by their source, under another id, or not there any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from index.article import Withdrawal
from index.batches import Batches
from index.gate import Gate
from index.held import Held
from index.identities import Identities
from index.identity import article_id
from index.learning import Learning
from index.pruning import gone, objection
from index.report import Tally
from index.seen import Seen
from index.vanished import Asking, ask_for, still_there
from search.batching import in_batches
from search.spilling import NOTHING

_BATCH: Final = 500


@dataclass(slots=True)
class Leaving:
    """What leaves the index in one run.

    `most_gone`: the share of what came from the roots that may be deleted at once. `askers` are the sources, by their
    keys, that can be asked for what is gone. `taken_out` has the ids that the index held and that were deleted, `moved`
    for articles with a new id the one that they had, and `gone` what is not deleted since it would be too much at once.
    """

    held: Held
    batches: Batches
    gate: Gate
    identities: Identities
    learning: Learning
    seen: Seen
    tally: Tally
    rebuild: bool
    dry_run: bool
    most_gone: float
    askers: Mapping[str, Asking] = field(default_factory=dict)
    taken_out: set[str] = field(default_factory=set)
    moved: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def take_out(self, name: str, is_held: bool) -> bool:
        """Makes sure that an article is not in the index after this run; returns whether it was before."""
        if self.dry_run:
            return is_held
        self.batches.forget(name)
        if is_held:
            self.taken_out.add(name)
        was_written = self.seen.take_back(name)
        return (was_written or (is_held and not self.rebuild)) and self.batches.delete(name)

    def put_back(self, name: str) -> None:
        """What was withdrawn earlier in this run is published later in it, and not deleted after all."""
        if name in self.taken_out and self.seen.deleted.pop(name) is not None:
            self.tally.deleted -= 1

    def withdraw(self, withdrawal: Withdrawal) -> None:
        """Takes an article out that its source has withdrawn, or counts it if it was never there."""
        own = article_id(withdrawal.id, withdrawal.url, withdrawal.place or withdrawal.origin)
        names = self.identities.known_as(own, withdrawal.url, withdrawal.guid)
        if withdrawal.kind == "killed" and not (withdrawal.known_only and not self._knows(names)):
            names = self.gate.kill(
                withdrawal.reason, id=names[0], url=withdrawal.url, guid=withdrawal.guid, at=withdrawal.at
            )
        taken_out = [each for each in names if self._withdraw_named(each)]
        for each in taken_out:
            self._deleted(each)
        if not taken_out:
            self.tally.leave_out(withdrawal.reason)

    def _knows(self, names: Sequence[str]) -> bool:
        """One of them is in the index, goes into it or waits."""
        return bool(self.held.stamps(names)) or any(map(self.seen.is_written, names)) or self.gate.waits(names)

    def _withdraw_named(self, name: str) -> bool:
        waited = self.gate.forget(name)
        self.seen.judge(name, None)
        return self.take_out(name, name in self.held.stamps([name])) or waited

    def prune(self, roots: Sequence[str]) -> None:
        """Deletes what came from one of `roots` and is not there any more, unless that is too much."""
        moved = set(self.moved.values())
        found = gone(self.held, roots, self.seen, self.tally.warn_of_source)
        names = self._really_gone([name for name in found if name not in moved and name not in self.seen.deleted])
        if reason := objection(names, self.held, roots, self.most_gone):
            self.tally.fail(", ".join(roots), reason)
            self.gone = names
            return
        self._forget_sources_of(names)
        for name in names:
            if self.dry_run or self.batches.delete(name):
                self._deleted(name)
        for name in list(gone(self.gate, roots, self.seen, lambda *_: None)):
            if self.gate.forget(name):
                self._deleted(name)

    def _really_gone(self, names: Sequence[str]) -> list[str]:
        """Those of the articles that are gone, after asking for them; what has moved or was killed is taken out."""
        if not names or not self.askers:
            return list(names)
        if not self.dry_run:
            self.batches.commit()  # asking takes time
        now = self.gate.now()
        found = ask_for(names, self.held, self.askers, self.learning.state, now)
        for withdrawal in found.killed:
            self.withdraw(withdrawal)
        for name, url in found.moved:
            if not self.identities.follows(name, url, self._is_there):
                source = self.held.sources_of([name])[name]
                self.learning.mark(still_there(name, source, now), source)
            elif self.take_out(name, is_held=True):
                self._deleted(name)
        for mark in found.marks:
            self.learning.mark(mark, mark.source)
        for origin, text in found.remarks:
            self.tally.warn(origin, text)
        return found.gone

    def _is_there(self, ids: Sequence[str]) -> list[str]:
        return [name for name in ids if name in self.seen or name in self.held.stamps([name])]

    def _forget_sources_of(self, names: Iterable[str]) -> None:
        """A source that is not there any more may come back, with the same articles."""
        for batch in in_batches(names, _BATCH):
            for source in set(self.held.sources_of(batch).values()) - self.seen.read_from:
                self.learning.forget_whole(source)

    def _deleted(self, name: str) -> None:
        if name not in self.seen.deleted:
            self.tally.deleted += 1
            self.seen.deleted.put(name, NOTHING)
        self.learning.forget(name)
