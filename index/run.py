"""One run under way: each article is compared with the index, and what is new or different is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias

from index.article import Mark, Skipped, Unchanged, Untouched, Withdrawal
from index.batches import Batches
from index.finding import LOOKUP_RECORDS, Group
from index.gate import Gate
from index.held import Held, gone
from index.identities import Identities
from index.identity import MAX_ID, article_id, digest, is_address, source_key
from index.preparing import Found, Prepared
from index.progress import Progress
from index.report import Outcome, Tally
from index.state import WHOLE, State, copy_of
from index.suspicious_dates import SuspiciousDates
from search.batching import in_batches
from search.engines.results import Stamp
from search.errors import SourceError

FEW_GONE: Final = 5
"""So many articles may vanish at once whatever share they are: a small source changes by large shares."""

Notice: TypeAlias = Callable[[str, str], None]

MAX_SOURCE_WARNINGS: Final = 100
"""Different warnings about one source that are reported."""


@dataclass(slots=True)
class Run:
    """One run under way.

    `seen` has the source in which each id was read last; `written` the ids that went to `batches`.
    `known` counts the ids seen that the index holds.
    """

    held: Held
    batches: Batches
    gate: Gate
    identities: Identities
    state: State
    rebuild: bool
    dry_run: bool
    most_gone: float = 1.0
    tally: Tally = field(default_factory=Tally)
    seen: dict[str, str] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    known: int = 0
    read_from: set[str] = field(default_factory=set)
    failed_in: set[str] = field(default_factory=set)
    newest_only: set[str] = field(default_factory=set)
    unread: list[tuple[str, SourceError]] = field(default_factory=list)
    source_warnings: dict[str, set[str]] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    articles_in: Counter[str] = field(default_factory=Counter)
    untouched: set[str] = field(default_factory=set)
    imperfect: set[str] = field(default_factory=set)
    failed_at: set[str] = field(default_factory=set)
    deleted: list[str] = field(default_factory=list)
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
                self._withdraw(item)
                self.imperfect.add(found.key)
            elif isinstance(item, Mark):
                self._mark(item, found.key)
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
                self._take_out(former, stamp is not None)
        return article if article.id == name.id else article.called(name.id)

    def finish(self, roots: Sequence[str]) -> None:
        """Deletes what is gone, and commits."""
        for origin, warning in self.dates.warnings():
            self.tally.warn(origin, warning)
        if self.rebuild:
            self._refuse_to_lose()
            self.tally.deleted = max(0, self.held.articles - self.known)
        else:
            for name in self._not_too_many(list(self._gone(roots)), roots):
                if self.dry_run or self.batches.delete(name):
                    self._deleted(name)
            sources = (self.read_from, self.failed_in, self.newest_only)
            for name in gone(self.gate, roots, self.seen, *sources, lambda *_: None):
                self.tally.deleted += self.gate.forget(name)
        if not self.dry_run:
            self.batches.commit()
        if self.rebuild:
            for name in [name for name in self.gate.waiting_ids() if name not in self.seen]:
                self.gate.forget(name)

    def _gone(self, roots: Sequence[str]) -> Iterator[str]:
        """What came from one of `roots` and is not there any more."""
        sources = (self.read_from, self.failed_in, self.newest_only)
        names = gone(self.held, roots, self.seen, *sources, self.tally.warn)
        if not self.untouched:
            yield from names
            return
        for batch in in_batches(names, LOOKUP_RECORDS):
            stamps = self.held.stamps(batch)
            yield from (name for name in batch if name not in stamps or stamps[name].source not in self.untouched)

    def _not_too_many(self, names: list[str], roots: Sequence[str]) -> list[str]:
        """The names, or none with a failure if so many at once look like a mistake."""
        if len(names) <= FEW_GONE or self.most_gone >= 1.0:
            return names
        held = sum(1 for root in roots for _ in self.held.ids_from(source_key(root)))
        if len(names) <= self.most_gone * held:
            return names
        self.tally.fail(
            ", ".join(roots),
            f"{len(names):,} of its {held:,} articles would vanish at once, which is more than {self.most_gone:.0%}; "
            "none was deleted. If that is right, allow it once with --allow-gone",
        )
        return []

    def _deleted(self, name: str) -> None:
        self.tally.deleted += 1
        self.deleted.append(name)

    def tell(self, notice: Notice, lost: frozenset[str]) -> None:
        """Says what became of each article, but for those in `lost`."""
        for name, outcome in self.tally.outcomes.items():
            if name not in lost:
                notice(outcome, name)
        for name in self.deleted:
            notice("deleted", name)

    def committed(self) -> None:
        """All that was taken so far is in the index now."""
        self.gate.release()
        refused = {self.seen[name] for name in self.batches.refused}
        self.state.keep(mark for mark in self.marks if mark.key != WHOLE or mark.source not in refused)
        self.marks.clear()
        self.state.forget_copies(self.deleted)
        self.identities.keep()

    def _mark(self, mark: Mark, key: str) -> None:
        if mark.unless_failed in self.failed_at:
            return
        if mark.key == WHOLE:
            if key in self.imperfect or key in self.failed_in:
                return
            mark = replace(mark, value=[mark.value, self.articles_in[key]])
        self.marks.append(mark)

    def _leave(self, name: str, key: str) -> None:
        self.read_from.add(key)
        self.articles_in[key] += 1
        if name not in self.seen:
            self.seen[name] = key
            self.tally.outcomes[name] = "unchanged"

    def _pass_over(self, source: Untouched, key: str) -> None:
        self.untouched.add(key)
        self.read_from.add(key)
        self.tally.pass_over(source.articles)

    def close(self, lost: frozenset[str]) -> None:
        """Finishes what can be done only when everything is committed; `lost` are articles of a discarded batch."""
        self.gate.finish(lost)
        if not lost:
            self.gate.purge(self.tally.fail)
        for name, reason in self.batches.refused.items():
            self.tally.outcomes.pop(name, None)
            self.tally.fail(self.seen[name], f"{name!r} could not be indexed: {reason}")

    def _refuse_to_lose(self) -> None:
        """Raises SourceError if the index would lose articles only because their source cannot be read."""
        if not self.seen:
            first = self.tally.first_failure
            cause = f"; the first failure is {first}" if first else ""
            raise SourceError("the input", f"holds no article that can be read; the index is left as it was{cause}")
        for key, error in self.unread:
            lost = sum(name not in self.seen for name in self.held.ids_from(key))
            if lost:
                raise SourceError(
                    error.origin, f"{error.reason}; {lost:,} articles would be lost, so nothing was changed"
                )

    def _take_failure(self, error: SourceError, found: Found) -> None:
        if isinstance(error, Skipped):
            self.tally.skip(error.origin, error.reason, error.files)
            return
        self._fail(found.key, error, whole=found.whole)

    def _fail(self, key: str, error: SourceError, *, whole: bool) -> None:
        if is_address(error.origin) and error.origin != key and not whole:
            # Its article is known by the address, so it can be kept, and the others may be pruned.
            failed = article_id("", error.origin, error.origin)
            self.seen.setdefault(self.identities.names_of([failed])[failed], key)
            self.imperfect.add(key)
        else:
            self.failed_in.add(key)
        self.failed_at.add(error.origin)
        self.tally.fail(error.origin, error.reason)
        if whole or source_key(error.origin) == key:  # the whole source, not a line of it
            self.unread.append((key, error))

    def _take(self, article: Prepared, key: str, stamps: Mapping[str, Stamp]) -> None:
        for warning in article.warnings:
            self.tally.warn(article.origin, warning)
        self._warn_of_source(article, key)
        if article.failure:
            self._fail(key, SourceError(article.origin, article.failure), whole=False)
            return
        self.articles_in[key] += 1
        self.dates.see(key, article.day)
        stamp = stamps.get(article.id)
        if article.origin_is_id and self._is_another_file(article.id, key, stamp):
            article = article.called(f"{article.id[: MAX_ID - 11]}-{digest(key)}")
            stamp = self.held.stamps([article.id]).get(article.id)
        self.read_from.add(key)
        if reason := self.gate.refusal(article, is_held=stamp is not None):
            self.imperfect.add(key)
            self._refuse(article, key, stamp, reason)
            return
        is_copy = self._is_copy(article, key, stamp)
        self._note(article, key, stamp, is_copy=is_copy)
        if is_copy:
            self.tally.outcomes[article.id] = "unchanged"
            return
        if self.gate.is_early(article):
            self.imperfect.add(key)
            self._hold(article, stamp)
            return
        self.gate.let_in(article.id)
        self._compare(article, stamp)

    def _refuse(self, article: Prepared, key: str, stamp: Stamp | None, reason: str) -> None:
        self.seen[article.id] = key
        self.known += stamp is not None
        self.tally.outcomes[article.id] = "removed"
        self.tally.warn(article.origin, reason)
        self._take_out(article.id, stamp is not None)

    def _hold(self, article: Prepared, stamp: Stamp | None) -> None:
        self.tally.outcomes[article.id] = "waiting"
        self.gate.hold(article)
        self._take_out(article.id, stamp is not None)

    def _take_out(self, name: str, is_held: bool) -> bool:
        """Makes sure that an article is not in the index after this run; returns whether it was before."""
        if self.dry_run:
            return is_held
        self.batches.forget(name)
        was_written = name in self.written
        self.written.discard(name)
        return (was_written or (is_held and not self.rebuild)) and self.batches.delete(name)

    def _withdraw(self, withdrawal: Withdrawal) -> None:
        """Takes an article out that its source has withdrawn, or counts it if it was never there."""
        own = article_id(withdrawal.id, withdrawal.url, withdrawal.place or withdrawal.origin)
        name = self.identities.names_of([own])[own]
        names = [name]
        if withdrawal.kind == "killed":
            names = self.gate.kill(withdrawal.reason, id=name, url=withdrawal.url, guid=withdrawal.guid)
        taken_out = [each for each in names if self._withdraw_named(each)]
        for each in taken_out:
            self._deleted(each)
        if not taken_out:
            self.tally.leave_out(withdrawal.reason)

    def _withdraw_named(self, name: str) -> bool:
        waited = self.gate.forget(name)
        self.tally.outcomes.pop(name, None)
        return self._take_out(name, name in self.held.stamps([name])) or waited

    def _is_another_file(self, name: str, key: str, stamp: Stamp | None) -> bool:
        """A file at the same place below another folder has the id. One that was only moved is not there any more."""
        earlier = self.seen.get(name) or (stamp.source if stamp else key)
        return earlier != key and Path(earlier).is_file()

    def _compare(self, article: Prepared, stamp: Stamp | None) -> None:
        name = article.id
        is_held = stamp == Stamp(article.content_hash, article.source)
        outcome: Outcome = "unchanged" if is_held else "changed" if stamp else "added"
        self.tally.outcomes[name] = outcome
        if self.dry_run:
            return
        if is_held and not self.rebuild and (self.batches.forget(name) or name not in self.written):
            self.written.discard(name)
            return
        self.written.add(name)
        self.batches.add(article.document())

    def _is_copy(self, article: Prepared, key: str, stamp: Stamp | None) -> bool:
        """Whether the index has the article from another source, and this one has nothing newer to say: only an
        excerpt, or what it said before."""
        if stamp is None or stamp.source == key or self.rebuild or article.id in self.seen:
            return False
        said = self.state.get(key, copy_of(article.id))
        self.marks.append(Mark(key, copy_of(article.id), article.content_hash))
        self.marks.append(Mark(stamp.source, copy_of(article.id), stamp.content_hash))
        return article.is_excerpt or said == article.content_hash

    def _note(self, article: Prepared, key: str, stamp: Stamp | None, *, is_copy: bool) -> None:
        """Remembers where the id was read, and warns if it was another article's before.

        A rebuild is meant to replace what is in the index, wherever that came from.
        """
        earlier = self.seen.get(article.id)
        self.seen[article.id] = key
        if earlier is not None:
            self.tally.share(earlier, key, article.origin, article.id, in_this_run=True)
            return
        self.known += stamp is not None
        if stamp and stamp.source != key and not self.rebuild and not is_copy:
            self.tally.share(stamp.source, key, article.origin, article.id, in_this_run=False)

    def _warn_of_source(self, article: Prepared, key: str) -> None:
        if not article.source_warnings:
            return
        said = self.source_warnings.setdefault(key, set())
        for warning in article.source_warnings:
            if warning not in said and len(said) < MAX_SOURCE_WARNINGS:
                said.add(warning)
                self.tally.warn(article.origin, warning)
