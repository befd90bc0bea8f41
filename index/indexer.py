"""The run: reads sources, compares with what the index holds, writes what is new or different, and reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from index.article import Skipped, Source
from index.batches import BATCH_ARTICLES, Batches
from index.identity import source_key
from index.preparing import START_SECONDS, Found, Preparation, Prepared, prepare_all
from index.progress import Progress, Silence
from index.prune import gone, is_below
from index.report import Outcome, Report, Tally
from search.engines.protocols import Engine
from search.errors import IndexDamaged, IndexMissing, IndexVersionError, SourceError


class Indexer:
    """Brings `engine` up to date with its inputs; `language` and `time_zone` are for articles that state none.

    `workers`: how many processes may prepare articles, and as many may build the index; 1 is this one alone. Others
    are started only for work of more than `patience` seconds. A program that asks for more than 1 must guard its own
    start with `if __name__ == "__main__"`, as `multiprocessing` says. `batch`: articles in one transaction, at most.
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
    ) -> None:
        self._engine = engine
        self._preparation = Preparation(language, time_zone)
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
        progress: Progress | None = None,
    ) -> Report:
        """Indexes every article of `sources`; one that fails is reported and the next goes on.

        `rebuild`: what is read takes the place of the whole index, in one transaction.
        `prune`: articles that came from `roots` (paths of files or folders) and are no longer in them are deleted,
        for each root that was read to its end without a failure and was not empty.
        `dry_run`: counts what would be done and writes nothing.
        An interruption keeps what was committed, throws the open batch away, and is in the report.
        Raises EngineError where the index cannot be read or written, and SourceError where a rebuild would lose
        articles only because their input cannot be read, or because there is no article at all. Raises ProcessLost
        where another process was killed; what was committed before is kept.
        """
        started = time.monotonic()
        progress = progress or Silence()
        batches = Batches(self._engine, replace=rebuild, most=self._batch, workers=self._workers, progress=progress)
        run = _Run(_held(self._engine, rebuild), batches, rebuild, dry_run)
        lost: frozenset[str] | None = None
        try:
            found = _find(list(sources), progress)
            with closing(
                prepare_all(found, self._preparation, workers=self._workers, patience=self._patience)
            ) as prepared:
                run.read(prepared, progress)
            run.finish(roots if prune else ())
        except KeyboardInterrupt:
            run.tally.deleted *= not batches.is_open
            lost = batches.roll_back()
        except BaseException:
            batches.roll_back()
            raise
        return run.tally.report(
            seconds=time.monotonic() - started,
            generation=_generation(self._engine),
            thrown_away=lost or (),
            interrupted=lost is not None,
            dry_run=dry_run,
        )


@dataclass(frozen=True, slots=True)
class Held:
    """What the index holds before the run: content hash and source of each article, by id."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Run:
    """One run under way. `places` says where each id was read, `touched` which ids went to `batches`."""

    held: Held
    batches: Batches
    rebuild: bool
    dry_run: bool
    tally: Tally = field(default_factory=Tally)
    places: dict[str, str] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    read_from: set[str] = field(default_factory=set)
    failed_in: set[str] = field(default_factory=set)
    unread: list[tuple[str, SourceError]] = field(default_factory=list)

    def read(self, items: Iterable[tuple[Found, Prepared | SourceError]], progress: Progress) -> None:
        for found, item in items:
            if isinstance(item, Prepared):
                self._take(item, found.key)
            else:
                self._take_failure(item, found)
            progress.at(found.position, len(self.places))

    def finish(self, roots: Sequence[str]) -> None:
        """Deletes what is gone and commits."""
        if self.rebuild:
            self._refuse_to_lose()
            self.tally.deleted = len(self.held.hashes.keys() - self.places.keys())
        else:
            self._prune(roots)
        if not self.dry_run:
            self.batches.commit()

    def _refuse_to_lose(self) -> None:
        """Raises SourceError if the index would lose articles only because their input cannot be read."""
        if not self.places:
            raise SourceError("the input", "holds no article that can be read; the index is left as it was")
        absent = self.held.hashes.keys() - self.places.keys()
        for key, error in self.unread:
            lost = sum(is_below(self.held.sources.get(name, ""), key) for name in absent)
            if lost:
                raise SourceError(
                    error.place, f"{error.reason}; {lost:,} articles would be lost, so nothing was changed"
                )

    def _prune(self, roots: Sequence[str]) -> None:
        absent = gone(roots, self.held.sources, self.places, self.read_from, self.failed_in, self.tally.warn)
        for name in dict.fromkeys(absent):
            self.tally.deleted += self.dry_run or self.batches.delete(name)

    def _take_failure(self, error: SourceError, found: Found) -> None:
        if isinstance(error, Skipped):
            self.tally.warn(error.place, error.reason)
            return
        self._fail(found.key, error)
        if found.whole:
            self.unread.append((found.key, error))

    def _fail(self, key: str, error: SourceError) -> None:
        self.failed_in.add(key)
        self.tally.fail(error.place, error.reason)
        if Path(error.place).is_file():  # a whole file or the rest of one, not a line of it
            self.unread.append((source_key(error.place), error))

    def _take(self, article: Prepared, key: str) -> None:
        warn = partial(self.tally.warn, article.place)
        for warning in article.warnings:
            warn(warning)
        if article.failure:
            self._fail(key, SourceError(article.place, article.failure))
            return
        self._warn_of_same_id(article, warn)
        self.places[article.id] = article.place
        self.read_from.add(key)
        self._compare(article)

    def _compare(self, article: Prepared) -> None:
        name, held = article.id, self.held
        is_held = held.hashes.get(name) == article.content_hash and held.sources.get(name) == article.source
        outcome: Outcome = "unchanged" if is_held else "changed" if name in held.hashes else "added"
        self.tally.outcomes[name] = outcome
        if self.dry_run:
            return
        if is_held and not self.rebuild and (self.batches.forget(name) or name not in self.touched):
            self.touched.discard(name)
            return
        self.touched.add(name)
        self.batches.add(article.document())

    def _warn_of_same_id(self, article: Prepared, warn: Callable[[str], None]) -> None:
        earlier = self.places.get(article.id)
        if earlier is not None:
            warn(f"has the same id as {earlier} ({article.id!r}); the later one is kept")
            return
        before = self.held.sources.get(article.id, article.source)
        if before != article.source and article.placed and Path(before).exists():
            warn(f"takes the place of an article with the same id ({article.id!r}) from {before}")


def _find(sources: Sequence[Source], progress: Progress) -> Iterator[Found]:
    """What each source yields; one that cannot be read as a whole yields that last."""
    sizes = [source.size() or 0 for source in sources]
    progress.begin(sum(sizes))
    done = 0
    for source, size in zip(sources, sizes, strict=True):
        key = source_key(source.name)
        try:
            for item in source.pieces():
                yield Found(key, item, done + source.position())
        except SourceError as error:
            yield Found(key, error, done + size, whole=True)
        done += size


def _held(engine: Engine, rebuild: bool) -> Held:
    try:
        with engine.searcher() as searcher:
            return Held(dict(searcher.content_hashes()), dict(searcher.sources()))
    except IndexMissing:
        return Held()
    except (IndexVersionError, IndexDamaged):
        if rebuild:
            return Held()
        raise


def _generation(engine: Engine) -> str:
    try:
        return engine.generation()
    except (IndexMissing, IndexVersionError, IndexDamaged):
        return ""
