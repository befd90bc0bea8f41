"""How articles leave the index in a run: withdrawn by their source, under another id, or not there any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from index.answers import Answers
from index.article import Withdrawal
from index.batches import Batches
from index.gate import Gate
from index.held import Held
from index.identities import Identities
from index.identity import article_id
from index.kept import Kept
from index.learning import Learning
from index.pruning import articles_from, from_elsewhere, gone, objection
from index.replacing import Replaced, replaced
from index.report import Tally
from index.seen import Seen
from index.vanished import Asking, ask_for, still_there
from search.batching import in_batches
from search.spilling import NOTHING

_BATCH: Final = 500


@dataclass(slots=True)
class Leaving:
    """What leaves the index in one run.

    `most_gone`: the share of what came from the roots that may be deleted at once. `prunes`: what is gone from the
    roots is deleted in the end. `askers` are the sources, by their keys, that can be asked for what is gone,
    `replaced` those whose articles yield to others, and
    `answers` what pages said of themselves that may be too much at once. `taken_out` has the ids that the index held
    and that were deleted, `moved` for articles with a new id the one that they had, and `gone` what is not deleted
    since it would be too much at once.
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
    prunes: bool = False
    askers: Mapping[str, Asking] = field(default_factory=dict)
    replaced: Mapping[str, Replaced] = field(default_factory=dict)
    taken_out: set[str] = field(default_factory=set)
    moved: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    answers: Answers = field(default_factory=Answers)

    @property
    def kept(self) -> Kept:
        """What the archive has, shown or waiting."""
        return Kept(self.held, self.gate)

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
        if not (withdrawal.is_answer and self._is_weighed(withdrawal, names)):
            self._withdraw(withdrawal, names)

    def _is_weighed(self, withdrawal: Withdrawal, names: Sequence[str]) -> bool:
        """Whether that much may not leave at once, so that it is decided in the end: then this is kept until then."""
        if self.rebuild or not self.prunes or self.most_gone >= 1.0:
            return False
        known = [name for name in names if self._knows([name])]
        for name in known:
            self.answers.hold(name, withdrawal)
        if not known and withdrawal.kind == "killed" and not self.gate.is_down(names[0], withdrawal.url):
            self.answers.hold(names[0], withdrawal, is_known=False)
        return bool(known) or names[0] in self.answers

    def _withdraw(self, withdrawal: Withdrawal, names: Sequence[str]) -> None:
        waited = self.gate.sources_of(names)  # a kill ends the waiting itself
        if withdrawal.kind == "killed" and not (withdrawal.known_only and not self._knows(names)):
            names = self.gate.kill(
                withdrawal.reason, id=names[0], url=withdrawal.url, guid=withdrawal.guid, at=withdrawal.at
            )
            self.learning.refused_from_now_on(self._sources_of(names))
        taken_out = [each for each in names if self._withdraw_named(each) or each in waited]
        for each in taken_out:
            self._deleted(each)
        if not taken_out:
            self.tally.leave_out(withdrawal.reason)

    def _sources_of(self, names: Sequence[str]) -> set[str]:
        """The sources that the articles came from that are in the index or go there in this run."""
        written = (self.seen.source_of(name) for name in names if self.seen.is_written(name))
        return {stamp.source for stamp in self.held.stamps(names).values()}.union(filter(None, written))

    def _knows(self, names: Sequence[str]) -> bool:
        """One of them is in the index, goes into it or waits."""
        return bool(self.held.stamps(names)) or any(map(self.seen.is_written, names)) or self.gate.waits(names)

    def _withdraw_named(self, name: str) -> bool:
        waited = self.gate.forget(name)
        if self.seen.outcome(name) != "removed":
            self.seen.judge(name, None)
        return self.take_out(name, name in self.held.stamps([name])) or waited

    def replace(self) -> None:
        """Takes out what came from a feed and has a page of its own now."""
        for name, other in list(replaced(self.replaced, self.kept, self.seen, self.identities)):
            self.identities.joins(name, other)
            if self._withdraw_named(name):
                self._deleted(name)

    def prune(self, roots: Sequence[str]) -> None:
        """Deletes what came from one of `roots` and is not there any more, and what pages answered is gone, unless that
        is too much."""
        for name in self.moved.values():
            self.answers.forget(name)
        names = self._really_gone(self._unlisted(roots))
        if reason := self._objection(names, roots):
            self.tally.fail(", ".join(roots), reason)
            self.gone = [*names, *self.answers.known()]
            return
        self._forget_sources_of(names)
        self._delete(names)
        for withdrawal in self.answers.withdrawals():
            self._withdraw(withdrawal, [withdrawal.id])

    def _delete(self, names: Sequence[str]) -> None:
        for batch in in_batches(names, _BATCH):
            shown, waiting = self.held.stamps(batch), self.gate.sources_of(batch)
            for name in batch:
                waited = name in waiting and self.gate.forget(name)
                if (name in shown and (self.dry_run or self.batches.delete(name))) or waited:
                    self._deleted(name)

    def _unlisted(self, roots: Sequence[str]) -> list[str]:
        """What came from the roots and was not seen, nor answered for."""
        known = set(self.moved.values())
        found = gone(self.kept, roots, self.seen, self.tally.warn_of_source)
        return [name for name in found if not (name in known or name in self.seen.deleted or name in self.answers)]

    def _objection(self, names: Sequence[str], roots: Sequence[str]) -> str:
        """Why this and what pages answered is too much at once; "" if it is not. What would be killed and was never
        here counts by itself: if all of a site's pages fail, none is refused for ever."""
        reasons, unknown = self.answers.reasons(), self.answers.unknown()

        def all_of_them() -> int:
            return articles_from(self.kept, roots) + from_elsewhere(self.answers.known(), self.kept, roots)

        return objection(len(names) + reasons.total(), all_of_them, self.most_gone, reasons) or objection(
            unknown, lambda: unknown + len(self.seen), self.most_gone
        )

    def _really_gone(self, names: Sequence[str]) -> list[str]:
        """Those of the articles that are gone, after asking for them; what has moved or was killed is taken out."""
        if not names or not self.askers:
            return list(names)
        if not self.dry_run:
            self.batches.commit()  # asking takes time
        now = self.gate.now()
        found = ask_for(names, self.kept, self.askers, self.learning.state, now)
        for withdrawal in found.killed:
            self.answers.hold(withdrawal.id, withdrawal)
        for name, url in found.moved:
            if not self.identities.follows(name, url, self._is_there):
                source = self.kept.sources_of([name])[name]
                self.learning.mark(still_there(name, source, now), source)
            elif self._withdraw_named(name):
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
            for source in set(self.kept.sources_of(batch).values()) - self.seen.read_from:
                self.learning.forget_whole(source)

    def _deleted(self, name: str) -> None:
        if name not in self.seen.deleted:
            self.tally.deleted += 1
            self.seen.deleted.put(name, NOTHING)
        self.learning.forget(name)
