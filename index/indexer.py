"""The run: reads sources, compares with what the index holds, writes what is new or different, and reports."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from index.article import Mark, Skipped, Source, Unchanged, Untouched, Withdrawal, blaming, lists_all
from index.batches import BATCH_ARTICLES, Batches
from index.gate import Gate
from index.held import Held, gone, open_held
from index.identity import MAX_ID, article_id, digest, is_address, source_key
from index.language import Detector
from index.preparing import START_SECONDS, Found, Preparation, Prepared, prepare_all
from index.preparing import Outcome as Item
from index.progress import Progress, Silence
from index.report import Outcome, Report, Tally
from index.sections import SectionMap
from index.state import WHOLE, State, state_beside
from index.suspicious_dates import SuspiciousDates
from index.unchanged import digest_of
from search.batching import in_batches
from search.engines.protocols import Engine
from search.engines.results import Stamp
from search.errors import EngineError, IndexDamaged, IndexMissing, IndexVersionError, SourceError
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.releasing import now_in_utc

LOOKUP_RECORDS: Final = 500
LOOKUP_BYTES: Final = 20_000_000
LOOKUP_SECONDS: Final = 1.0
"""How many articles are compared with the index at once, so that asking costs little, and how long any may wait."""

FEW_GONE: Final = 5
"""So many articles may vanish at once whatever share they are: a small source changes by large shares."""

Notice: TypeAlias = Callable[[str, str], None]

MAX_SOURCE_WARNINGS: Final = 100
"""Different warnings about one source that are reported."""


class Indexer:
    """Brings `engine` up to date with its sources; `language` and `time_zone` are for articles that state none.

    `workers`: how many processes may prepare articles, and as many may build the index; 1 is this one alone. Others
    are started only for work of more than `patience` seconds. A program that asks for more than 1 must guard its own
    start with `if __name__ == "__main__"`, as `multiprocessing` says. `batch`: articles in one transaction, at most.
    `ledger` is that of the archive, else the one in the place that the engine names; `clock` gives the aware time.
    `state` is what earlier runs remember, else what lies beside the ledger. `detector` and `sections` as in
    `index.document.to_document`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        language: str = "en",
        time_zone: str = "UTC",
        batch: int = BATCH_ARTICLES,
        workers: int = 1,
        patience: float = START_SECONDS,
        ledger: Ledger | None = None,
        state: State | None = None,
        clock: Callable[[], datetime] = now_in_utc,
        detector: Detector | None = None,
        sections: SectionMap | None = None,
    ) -> None:
        self._engine = engine
        self._ledger = ledger or open_ledger(engine.ledger_place)
        self._state = state or State(state_beside(self._ledger.place))
        self._clock = clock
        self._preparation = Preparation(language, time_zone, detector, sections or SectionMap())
        self._batch = batch
        self._workers = workers
        self._patience = patience

    def run(
        self,
        sources: Iterable[Source],
        *,
        roots: Sequence[str] = (),
        rebuild: bool = False,
        prune: bool = False,
        dry_run: bool = False,
        most_gone: float = 1.0,
        progress: Progress | None = None,
        notice: Notice | None = None,
    ) -> Report:
        """Indexes every article of `sources`; one that fails is reported and the next goes on.

        `rebuild`: what is read takes the place of the whole index, in one transaction. An engine without transactions
        refuses it with EngineError before anything is read, since a failure half-way would lose the old index.
        `prune`: articles that came from `roots` (paths of files or folders, or addresses) and are no longer in them
        are deleted, for each root that was read to its end without a failure and was not empty. If that is more than
        the share `most_gone` of what came from `roots`, none of them is deleted, and the report has a failure.
        What was taken down is refused, and what must not be shown yet waits in the ledger; what is due is published.
        `dry_run`: counts what would be done and writes nothing. `notice` is told of each article whether it is "added",
        "changed", "unchanged", "waiting", "removed" (taken down before, and refused) or "deleted", and its id.
        An interruption keeps what was committed, discards the open batch, and is in the report.
        Raises EngineError if the index cannot be read or written, and SourceError if a rebuild would lose articles
        only because their source cannot be read, or if there is no article at all. Raises ProcessLost if another
        process was killed; what was committed before is kept.
        """
        if rebuild and "transaction" not in self._engine.capabilities:
            raise EngineError(
                f"{self._engine.url} cannot put a new index in place of the old one at once; "
                "index into a new, empty index instead, and serve that"
            )
        started = time.monotonic()
        progress = progress or Silence()
        sources = list(sources)
        gate = Gate(self._engine, self._ledger, clock=self._clock, dry_run=dry_run)
        batches = Batches(
            self._engine, replace=rebuild, most=self._batch, workers=self._workers, progress=progress,
            between=lambda: run.committed(), is_brief=gate.is_brief,
        )  # fmt: skip
        lost: frozenset[str] | None = None
        if not rebuild:
            gate.release()
        with closing(open_held(self._engine, unreadable_is_empty=rebuild)) as held:
            run = _Run(held, batches, gate, self._state, rebuild, dry_run, most_gone)
            self._state.begin(_generation(self._engine), lambda ids: () if rebuild else held.stamps(ids))
            try:
                found = _find(sources, progress, self._unchanged(rebuild))
                with closing(
                    prepare_all(found, self._preparation, workers=self._workers, patience=self._patience)
                ) as prepared:
                    for group in _groups(prepared, min(LOOKUP_RECORDS, self._batch)):
                        run.take(group, progress)
                run.newest_only = {source_key(source.name) for source in sources if not lists_all(source)}
                run.finish(roots if prune else ())
            except KeyboardInterrupt:
                if batches.loses_deletions:
                    run.tally.deleted = 0
                    run.deleted.clear()
                lost = batches.roll_back()
            except BaseException:
                batches.roll_back()
                raise
            run.close(lost or frozenset())
            if notice:
                run.tell(notice, lost or frozenset())
        if lost is None and not dry_run:
            self._state.end(_generation(self._engine))
        self._state.close()
        return run.tally.report(
            seconds=time.monotonic() - started,
            generation=_generation(self._engine),
            discarded=lost or (),
            interrupted=lost is not None,
            dry_run=dry_run,
        )

    def _unchanged(self, rebuild: bool) -> _Unchanged:
        return _Unchanged(self._state, (repr(self._preparation),), passes_over=not rebuild)


_Group = list[tuple[Found, Item]]


@dataclass(slots=True)
class _Run:
    """One run under way.

    `seen` has the source in which each id was read last; `written` the ids that went to `batches`.
    `known` counts the ids seen that the index holds.
    """

    held: Held
    batches: Batches
    gate: Gate
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

    def take(self, group: _Group, progress: Progress) -> None:
        """Compares a group with the index, and writes what is new or different."""
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
                self._leave(item, found.key)
            else:
                self._take_failure(item, found)
            progress.at(found.position, len(self.seen))
        for name in self.gate.keep():
            self.batches.delete(name)

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

    def _mark(self, mark: Mark, key: str) -> None:
        if mark.unless_failed in self.failed_at:
            return
        if mark.key == WHOLE:
            if key in self.imperfect or key in self.failed_in:
                return
            mark = replace(mark, value=[mark.value, self.articles_in[key]])
        self.marks.append(mark)

    def _leave(self, article: Unchanged, key: str) -> None:
        self.read_from.add(key)
        self.articles_in[key] += 1
        if article.id not in self.seen:
            self.seen[article.id] = key
            self.tally.outcomes[article.id] = "unchanged"

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
            self.seen.setdefault(article_id("", error.origin, error.origin), key)
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
        self._note(article, key, stamp)
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
        name = article_id(withdrawal.id, withdrawal.url, withdrawal.place or withdrawal.origin)
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

    def _note(self, article: Prepared, key: str, stamp: Stamp | None) -> None:
        """Remembers where the id was read, and warns if it was another article's before.

        A rebuild is meant to replace what is in the index, wherever that came from.
        """
        earlier = self.seen.get(article.id)
        self.seen[article.id] = key
        if earlier is not None:
            self.tally.share(earlier, key, article.origin, article.id, in_this_run=True)
            return
        self.known += stamp is not None
        if stamp and stamp.source != key and not self.rebuild:
            self.tally.share(stamp.source, key, article.origin, article.id, in_this_run=False)

    def _warn_of_source(self, article: Prepared, key: str) -> None:
        if not article.source_warnings:
            return
        said = self.source_warnings.setdefault(key, set())
        for warning in article.source_warnings:
            if warning not in said and len(said) < MAX_SOURCE_WARNINGS:
                said.add(warning)
                self.tally.warn(article.origin, warning)


def _groups(prepared: Iterable[tuple[Found, Item]], most: int) -> Iterator[_Group]:
    """What was prepared, in groups that are compared with the index at once."""
    group: _Group = []
    weight = 0
    begun = time.monotonic()
    for found, item in prepared:
        group.append((found, item))
        weight += 0 if isinstance(found.item, SourceError) else found.item.weight
        if len(group) >= most or weight >= LOOKUP_BYTES or time.monotonic() - begun >= LOOKUP_SECONDS:
            yield group
            group, weight, begun = [], 0, time.monotonic()
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class _Unchanged:
    """Which sources need not be read again; `told` is what the run says about reading all of them."""

    state: State
    told: tuple[str, ...]
    passes_over: bool

    def digest(self, source: Source) -> str | None:
        """See `index.unchanged.digest_of`."""
        return digest_of(source, *self.told)

    def found(self, key: str, digest: str | None) -> Untouched | None:
        """The source as a run left it that read it to its end, if it is still that."""
        kept = self.state.get(key, WHOLE) if digest and self.passes_over else None
        return Untouched(kept[1]) if kept and kept[0] == digest else None


def _find(sources: Sequence[Source], progress: Progress, unchanged: _Unchanged) -> Iterator[Found]:
    """What each source yields; for one that cannot be read (any further), the reason comes last."""
    sizes = [source.size for source in sources]
    progress.begin(None if None in sizes else sum(size or 0 for size in sizes))
    done = 0
    for source, size in zip(sources, sizes, strict=True):
        key = source_key(source.name)
        read = 0
        try:
            with blaming(source.name):
                digest = unchanged.digest(source)
                if passed := unchanged.found(key, digest):
                    yield Found(key, passed, done)
                else:
                    for item in source.records():
                        read += 0 if isinstance(item, SourceError) else item.weight
                        yield Found(key, item, done + read)
                    if digest:
                        yield Found(key, Mark(key, WHOLE, digest), done + read)
        except SourceError as error:
            yield Found(key, error, done + read, whole=True)
        done += read if size is None else size


def _generation(engine: Engine) -> str:
    try:
        return engine.generation()
    except (IndexMissing, IndexVersionError, IndexDamaged):
        return ""
