"""One run under way: each article is compared with the index, and what is new or different is written."""

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
from index.identity import MAX_ID, digest, is_address, source_key
from index.learning import Learning
from index.leaving import Leaving
from index.paths import text_as_path
from index.preparing import Found, Prepared
from index.progress import Progress
from index.pruning import refuse_to_lose
from index.report import Outcome, Tally
from index.seen import Seen
from index.suspicious_dates import SuspiciousDates
from search.engines.results import Stamp
from search.errors import SourceError

Notice: TypeAlias = Callable[[str, str], None]


@dataclass(slots=True)
class Run:
    """One run under way. `known` counts the ids seen that the index holds."""

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
    known: int = 0
    unread: list[tuple[str, SourceError]] = field(default_factory=list)
    dates: SuspiciousDates = field(default_factory=SuspiciousDates)

    def take(self, group: Group, progress: Progress) -> None:
        """Compares a group with the index, and writes what is new or different."""
        group = self._named(group)
        ids = [item.id for _, item in group if isinstance(item, Prepared) and item.id]
        stamps = self.held.stamps(ids)
        self.gate.look_up(ids)
        for found, item in group:
            if isinstance(item, Prepared):
                self._take(item, found.key, stamps)
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
                    self.gate.forget(former)
                if stamp:
                    self.leaving.moved[name.id] = former
        return article if article.id == name.id else article.called(name.id)

    def finish(self, roots: Sequence[str]) -> None:
        """Deletes what is gone, and commits."""
        for origin, warning in self.dates.warnings():
            self.tally.warn_of_source(origin, warning)
        if self.rebuild:
            refuse_to_lose(self.held, self.seen, self.unread, self.tally.first_failure)
            self.tally.deleted = max(0, self.held.articles - self.known)
        else:
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
                notice(outcome, name)
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
        if self.seen.see_first(name, key):
            self.seen.judge(name, "unchanged")

    def _pass_over(self, source: Untouched, key: str) -> None:
        self.seen.untouched.add(key)
        self.seen.read_from.add(key)
        self.tally.pass_over(source.articles)

    def close(self) -> None:
        """Frees what the run kept on the disk."""
        self.seen.close()
        self.identities.close()
        self.learning.close()

    def settle(self, lost: frozenset[str]) -> None:
        """Finishes what can be done only when everything is committed; `lost` are articles of a discarded batch."""
        self.gate.finish(lost)
        if not lost and (step := self.gate.purge(self.tally.fail)):
            self.batches.steps.append(step)
        for name, reason in self.batches.refused.items():
            self.seen.judge(name, None)
            self.tally.fail(self.seen.source_of(name) or "", f"{name!r} could not be indexed: {reason}")

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

    def _take(self, article: Prepared, key: str, stamps: Mapping[str, Stamp]) -> None:
        for warning in article.warnings:
            self.tally.warn(article.origin, warning)
        self.tally.warn_once(key, article.origin, article.source_warnings)
        if article.failure:
            self._fail(key, SourceError(article.origin, article.failure), whole=False)
            return
        self.learning.count(key)
        self.dates.see(key, article.day)
        stamp = stamps.get(article.id)
        if article.origin_is_id and self._is_another_file(article.id, key, stamp):
            article = article.called(f"{article.id[: MAX_ID - 11]}-{digest(key)}")
            stamp = self.held.stamps([article.id]).get(article.id)
        self.learning.name(article.origin, article.id)
        self.seen.read_from.add(key)
        if reason := self.gate.refusal(article, is_held=stamp is not None):
            self.learning.look_again(key)
            self._refuse(article, key, stamp, reason)
            return
        if article.is_excerpt and (self.seen.source_of(article.id) or key) != key:
            return  # what another source had in this run is the article itself, or as little of it
        if article.version and self._is_superseded(article.id, article.version, key, stamp):
            self.tally.leave_out("superseded by a later version")
            return
        is_early = self.gate.is_early(article)
        is_moved = _is_moved(article, key, stamp)
        is_copy = not is_early and not is_moved and self._is_copy(article, key, stamp)
        self._note(article, key, stamp, is_meant=is_copy or is_moved)
        if stamp and is_moved:
            self.learning.forget_whole(stamp.source)
        if is_early:
            self.learning.look_again(key)
            self._hold(article, stamp)
        elif is_copy:
            self.seen.judge(article.id, "unchanged")
        else:
            self.gate.let_in(article.id)
            self._compare(article, stamp, is_moved=is_moved)

    def _refuse(self, article: Prepared, key: str, stamp: Stamp | None, reason: str) -> None:
        self.seen.see(article.id, key)
        self.known += stamp is not None
        self.seen.judge(article.id, "removed")
        self.tally.warn(article.origin, reason)
        self.leaving.take_out(article.id, stamp is not None)

    def _hold(self, article: Prepared, stamp: Stamp | None) -> None:
        self.seen.judge(article.id, "waiting")
        self.gate.hold(article)
        self.leaving.take_out(article.id, stamp is not None)

    def _is_another_file(self, name: str, key: str, stamp: Stamp | None) -> bool:
        """A file at the same place below another folder has the id. One that was only moved is not there any more."""
        earlier = self.seen.source_of(name) or (stamp.source if stamp else key)
        return earlier != key and text_as_path(earlier).is_file()

    def _is_superseded(self, name: str, version: tuple[str, int], key: str, stamp: Stamp | None) -> bool:
        """Whether a later version was read in this run, or is in the index from a file that is still there."""
        is_there = (
            stamp is not None and stamp.source != key and not self.rebuild and text_as_path(stamp.source).is_file()
        )
        other = stamp.source if stamp and is_there else ""
        if not self.learning.is_superseded(name, version, key, other):
            return False
        self.seen.see_first(name, other or key)
        return True

    def _compare(self, article: Prepared, stamp: Stamp | None, *, is_moved: bool) -> None:
        """Writes an article that differs. One whose file has moved has not changed, but its source is another now; one
        whose address has moved has."""
        name = article.id
        is_held = stamp == Stamp(article.content_hash, article.source)
        leaving = self.leaving
        outcome: Outcome = (
            "unchanged" if is_held or is_moved else "changed" if stamp or name in leaving.moved else "added"
        )
        is_there = is_held and not self.rebuild and name not in leaving.taken_out
        is_there = is_there and (self.batches.forget(name) or not self.seen.is_written(name))
        is_written = not (self.dry_run or is_there)
        self.seen.judge(name, outcome, is_written=is_written)
        if is_written:
            leaving.put_back(name)
            self.batches.add(article.content())

    def _is_copy(self, article: Prepared, key: str, stamp: Stamp | None) -> bool:
        """Whether another source has the article, and this one has nothing to add."""
        if article.id in self.leaving.taken_out:
            return False
        if stamp is None or stamp.source == key or self.rebuild or article.id in self.seen:
            return False
        return self.learning.is_copy(article, key, stamp)

    def _note(self, article: Prepared, key: str, stamp: Stamp | None, *, is_meant: bool) -> None:
        """Remembers where the id was read, and warns if it was another article's before.

        A later version is meant to replace an earlier one, and a rebuild what is in the index, wherever it came from.
        """
        earlier = self.seen.see(article.id, key)
        if earlier is not None:
            if article.version is None:
                self.tally.share(earlier, key, article.origin, article.id, in_this_run=True)
            return
        self.known += stamp is not None
        if stamp and stamp.source != key and not (self.rebuild or is_meant or article.version):
            self.tally.share(stamp.source, key, article.origin, article.id, in_this_run=False)


def _is_moved(article: Prepared, key: str, stamp: Stamp | None) -> bool:
    """Whether the index has the same text from a path at which there is nothing any more."""
    if stamp is None or stamp.source == key or stamp.content_hash != article.content_hash:
        return False
    return not (is_address(stamp.source) or text_as_path(stamp.source).exists())
