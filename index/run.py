"""One run under way: what was found is taken group by group, and what is gone is deleted in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from index.article import Advice, Mark, Skipped, Unchanged, Untouched, Withdrawal
from index.batches import Batches
from index.finding import Group
from index.gate import Gate
from index.held import Held
from index.identities import Identities
from index.identity import is_address, source_key
from index.learning import Learning
from index.leaving import Leaving
from index.preparing import Found, Prepared
from index.progress import Progress
from index.pruning import refuse_to_lose
from index.report import Tally
from index.seen import Seen
from index.taking import Taking
from search.engines.results import Stamp
from search.errors import SourceError

Notice: TypeAlias = Callable[[str, str], None]


@dataclass(slots=True)
class Run:
    """One run under way. `renamed` has the ids that articles of the group had before: once they are kept under the new
    ones, nothing waits under these."""

    held: Held
    batches: Batches
    gate: Gate
    identities: Identities
    learning: Learning
    leaving: Leaving
    seen: Seen
    tally: Tally
    rebuild: bool
    dry_run: bool
    renamed: list[str] = field(default_factory=list)
    unread: list[tuple[str, SourceError]] = field(default_factory=list)
    taking: Taking = field(init=False)

    def __post_init__(self) -> None:
        self.taking = Taking(
            self.held,
            self.batches,
            self.gate,
            self.learning,
            self.leaving,
            self.seen,
            self.tally,
            self.rebuild,
            self.dry_run,
        )

    def take(self, group: Group, progress: Progress) -> None:
        """Compares a group with the index, and writes what is new or different.

        All of it is in one commit, so that an article whose id changes is there under one of them at any time.
        """
        with self.batches.together():
            self._take_all(self._named(group), progress)

    def _take_all(self, group: Group, progress: Progress) -> None:
        ids = [item.id for _, item in group if isinstance(item, Prepared) and item.id]
        stamps = self.held.stamps(ids)
        self.gate.look_up(ids)
        for found, item in group:
            if isinstance(item, Prepared):
                self._take_article(item, found.key, stamps)
            elif isinstance(item, Withdrawal):
                self.leaving.withdraw(item)
                self.learning.look_again(found.key)
            elif isinstance(item, Mark):
                self.learning.mark(item, found.key)
            elif isinstance(item, Advice):
                self.tally.warn(item.origin, item.text)
            elif isinstance(item, Untouched):
                self._pass_over(item, found.key)
            elif isinstance(item, Unchanged):
                self._leave(self.identities.names_of([item.id])[item.id], found.key)
            else:
                self._take_failure(item, found)
            progress.at(found.position, len(self.seen))
        for name in self.gate.keep():
            self.batches.delete(name)
        for name in self.renamed:
            self.gate.forget(name)
        self.renamed.clear()

    def _named(self, group: Group) -> Group:
        """The group with each article under the id by which it is known; what had it before is taken out."""
        self.identities.look_up(item for _, item in group if isinstance(item, Prepared) and item.id)
        return [
            (found, self._called(item, found.key) if isinstance(item, Prepared) and item.id else item)
            for found, item in group
        ]

    def _called(self, article: Prepared, key: str) -> Prepared:
        name = self.identities.name_of(article, key)
        former = name.before or (article.id if article.id != name.id else "")
        if former:
            stamp = self.held.stamps([former]).get(former)
            if name.before or (stamp and stamp.source == key):
                self.leaving.take_out(former, stamp is not None)
                if name.before:
                    self.renamed.append(former)
                if stamp:
                    self.leaving.moved[name.id] = former
        return article if article.id == name.id else article.called(name.id)

    def finish(self, roots: Sequence[str]) -> None:
        """Deletes what is gone, and commits."""
        for origin, warning in self.taking.dates.warnings():
            self.tally.warn_of_source(origin, warning)
        if self.rebuild:
            refuse_to_lose(self.held, self.seen, self.unread, self.tally.first_failure)
            self.tally.deleted = max(0, self.held.articles - self.taking.known)
        else:
            self.leaving.replace()
            self.leaving.prune(roots)
        if not self.dry_run:
            self.batches.commit()
        if self.rebuild:
            for name in list(self.seen.unseen(self.gate.waiting_ids())):
                self.gate.forget(name)

    def tell(self, notice: Notice, lost: frozenset[str]) -> None:
        """Says what became of each article, but for those in `lost`."""
        for name, outcome in self.seen.outcomes():
            if name not in lost:
                notice("postponed" if outcome == "waiting" and name in self.taking.postponed else outcome, name)
        for name in self.seen.deleted:
            notice("deleted", name)
        for name in self.leaving.gone:
            notice("gone", name)

    def committing(self) -> None:
        """What was taken so far goes into the index now."""
        self.learning.keep_what_is_held()

    def committed(self) -> None:
        """All that was taken so far is in the index now."""
        self.gate.release()
        self.learning.keep({self.seen.source_of(name) for name in self.batches.refused})

    def _leave(self, name: str, key: str) -> None:
        self.seen.read_from.add(key)
        self.learning.count(key)
        self.leaving.answers.published(name)
        if self.seen.see_first(name, key):
            self.seen.judge(name, "unchanged")

    def _pass_over(self, source: Untouched, key: str) -> None:
        self.seen.untouched.add(key)
        self.seen.read_from.add(key)
        for name in source.refused:
            if self.seen.source_of(name) != key:
                self.learning.refuse(key, name)
            self.seen.see_first(name, key)
            if self.seen.outcome(name) is None:
                self.seen.judge(name, "removed")
        self.tally.pass_over(max(0, source.articles - len(source.refused)))

    def close(self) -> None:
        """Frees what the run kept on the disk."""
        self.seen.close()
        self.identities.close()
        self.learning.close()
        self.leaving.answers.close()

    def settle(self, lost: frozenset[str]) -> None:
        """Finishes what can be done only when everything is committed; `lost` are articles of a discarded batch."""
        self.gate.finish(lost)
        if not lost:
            self.gate.purge(self.tally.fail)
        for name, reason in self.batches.refused.items():
            self.seen.judge(name, None)
            self.tally.fail(self.seen.source_of(name) or "", f"{name!r} could not be indexed: {reason}")

    def _take_article(self, article: Prepared, key: str, stamps: Mapping[str, Stamp]) -> None:
        for warning in article.warnings:
            self.tally.warn(article.origin, warning)
        self.tally.warn_once(key, article.origin, article.source_warnings)
        if article.failure:
            self._fail(key, SourceError(article.origin, article.failure), whole=False)
        else:
            self.taking.take(article, key, stamps)

    def _take_failure(self, error: SourceError, found: Found) -> None:
        if isinstance(error, Skipped):
            self.tally.skip(error.origin, error.reason, error.files, whole=found.whole)
            return
        self._fail(found.key, error, whole=found.whole)

    def _fail(self, key: str, error: SourceError, *, whole: bool) -> None:
        self.learning.look_again(key, failed_at=error.origin)
        self.tally.fail(error.origin, error.reason)
        if is_address(error.origin) and error.origin != key and not whole:
            # Its article is known by the address, so it can be kept, and the others may be pruned.
            for name in self.learning.ids_at(key, error.origin):
                self.seen.see_first(name, key)
        else:
            self.seen.failed_in.add(key)
        if whole or source_key(error.origin) == key:  # the whole source, not a line of it
            self.unread.append((key, error))
