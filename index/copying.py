"""Copies an archive into another engine: what is there as it should be is left alone, so that a run goes on where
another one was cut.

Articles are read in the order of their ids from one snapshot, and compared with the stamps of the other archive, a
batch at a time. Vectors follow when readers can find the articles already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from typing import Any, Final

from index.batches import BATCH_ARTICLES, BATCH_SECONDS, Batches
from index.progress import Progress, Silence
from index.refusals import Refusals
from index.report import EXIT_DONE, EXIT_INTERRUPTED
from search.batching import in_batches
from search.document import Document
from search.engines.protocols import Engine, Searcher
from search.engines.results import Stamp
from search.errors import ConfigError, EngineError, IndexMissing
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.meaning.commits import VectorCommits
from search.takedown import PATIENCE_SECONDS, finish

LOOKUP_ARTICLES: Final = 500
LOOKUP_CHARACTERS: Final = 20_000_000
"""How many articles are compared with the other archive at once."""

Show = Callable[[str], Progress]
"""Makes the progress bar of one step, which it is given the name of."""
Confirm = Callable[[int], bool]
"""Is asked whether so many articles may be deleted."""


@dataclass(slots=True)
class Copied:
    """What a run did. Counts are of articles; those that an interruption discarded are not among them.

    `removed`: the ids of those that were left out because they had been taken down. `superfluous`: how many are only in
    the other archive and were left there. `vectors`: how many have vectors now and had none. `generation` is the other
    archive's after the run, "" if there is none.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    superfluous: int = 0
    vectors: int = 0
    seconds: float = 0.0
    generation: str = ""
    interrupted: bool = False
    removed: frozenset[str] = frozenset()

    @property
    def articles(self) -> int:
        """How many articles of the first archive are now in the other."""
        return self.added + self.changed + self.unchanged

    @property
    def exit_code(self) -> int:
        """0 if all went well, 130 if interrupted."""
        return EXIT_INTERRUPTED if self.interrupted else EXIT_DONE

    def as_json(self) -> dict[str, Any]:
        """Every field and the number of articles, as JSON values."""
        return asdict(self) | {"articles": self.articles, "removed": len(self.removed)}

    def summary(self) -> str:
        """One line: "added 12, changed 0, unchanged 3, deleted 0 in 0.4 s (38 articles a second)"."""
        counts = (
            f"added {self.added:,}, changed {self.changed:,}, unchanged {self.unchanged:,}, deleted {self.deleted:,}"
        )
        rate = self.articles / self.seconds if self.seconds > 0 else 0.0
        counts += f", left out {len(self.removed):,} taken down" if self.removed else ""
        line = f"{counts} in {self.seconds:,.1f} s ({rate:,.0f} articles a second)"
        return f"interrupted; what was committed before is kept: {line}" if self.interrupted else line


def copy_archive(
    source: Engine,
    target: Engine,
    *,
    exact: bool = False,
    confirm: Confirm = lambda _: True,
    workers: int = 1,
    batch: int = BATCH_ARTICLES,
    seconds: float = BATCH_SECONDS,
    show: Show = lambda _: Silence(),
    ledgers: tuple[Ledger, Ledger] | None = None,
) -> Copied:
    """Brings every article of `source` into `target`, and its vectors where both engines can keep them.

    `exact`: articles that are only in `target` are deleted in the end, if `confirm` says so; else they are counted.
    A batch is committed when it has `batch` articles or is `seconds` old; an interruption keeps what was committed and
    is in the result. `workers`: processes that the other engine may use. `ledgers` are those of both archives, else the
    ones in the places that the engines name: the other learns what the first one knows, and what was taken down is not
    copied.
    Raises ConfigError if both are the same archive, EngineError if an index cannot be read or written, and if an exact
    copy would leave nothing.
    """
    require_two(source, target)
    started = time.monotonic()
    ledger = _joined(ledgers or (open_ledger(source.ledger_place), open_ledger(target.ledger_place)))
    done = Copied()
    with source.searcher() as reader:
        total = reader.status().articles
        if exact and not total:
            raise EngineError(f"{source.url} holds no article; an exact copy would leave {target.url} empty")
        try:
            with show("") as progress:
                batches = Batches(target, most=batch, seconds=seconds, workers=workers, progress=progress)
                progress.begin(total)
                _copy_articles(reader, target, batches, done, progress, Refusals(ledger.removed.in_force()))
            if unpurged := ledger.removed.unpurged():
                finish(target, ledger, [removal.id for removal in unpurged], patience=PATIENCE_SECONDS)
            _delete(reader, target, done, confirm if exact else lambda _: False)
            if "meaning" in source.capabilities & target.capabilities:
                done.vectors = _copy_vectors(reader, target, show)
        except KeyboardInterrupt:
            done.interrupted = True
    with suppress(IndexMissing):
        done.generation = target.generation()
    done.seconds = time.monotonic() - started
    return done


def require_two(source: Engine, target: Engine) -> None:
    """Raises ConfigError if both engines are of the same archive."""
    if source.identity() == target.identity():
        raise ConfigError(f"{source.url} and {target.url} are the same archive; name two")


def _joined(ledgers: tuple[Ledger, Ledger]) -> Ledger:
    """The ledger of the other archive, which knows all that the first one does."""
    first, other = ledgers
    other.take_over(first)
    return other


# --- articles ------------------------------------------------------------------------------------------------------


def _copy_articles(
    reader: Searcher, target: Engine, batches: Batches, done: Copied, progress: Progress, refusals: Refusals
) -> None:
    seen = 0
    with closing(_Newest(target)) as held:
        try:
            for group in _groups(reader.articles()):
                stamps = held.stamps([document.id for document in group])
                for document in group:
                    if refusals and refusals.find(document.id, document.url, "", 0):
                        done.removed |= {document.id}
                    else:
                        _copy_article(document, stamps.get(document.id), batches, done)
                seen += len(group)
                progress.at(seen, seen)
            batches.commit()
        except KeyboardInterrupt:
            _take_back(batches.roll_back(), held, done)
            raise
        except BaseException:
            batches.roll_back()
            raise
        held.require()


def _copy_article(document: Document, stamp: Stamp | None, batches: Batches, done: Copied) -> None:
    if stamp == Stamp(document.content_hash(), document.source):
        done.unchanged += 1
        return
    done.changed += stamp is not None
    done.added += stamp is None
    batches.add(document)


def _take_back(lost: frozenset[str], held: _Newest, done: Copied) -> None:
    """Counts no longer what was not committed."""
    for names in in_batches(lost, LOOKUP_ARTICLES):
        there = len(held.stamps(names))
        done.changed -= there
        done.added -= len(names) - there


class _Newest:
    """The newest commit of the archive that is written, opened anew with each commit: an engine may keep replaced
    articles for some minutes only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._searcher: Searcher | None = None
        self._generation = ""

    def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        """The stamps of those ids that are there; none if there is no index."""
        try:
            generation = self._engine.generation()
        except IndexMissing:
            return {}
        if self._searcher is None or generation != self._generation:
            self.close()
            self._searcher = self._engine.searcher()
            self._generation = generation
        return self._searcher.stamps(ids)

    def require(self) -> None:
        """Makes an empty index if there is none."""
        try:
            self._engine.generation()
        except IndexMissing:
            with self._engine.writer():
                pass

    def close(self) -> None:
        """Gives the searcher back."""
        if self._searcher is not None:
            self._searcher.close()


def _groups(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """The articles in order, a few at a time."""
    group: list[Document] = []
    characters = 0
    for document in documents:
        group.append(document)
        characters += len(document.body) + len(document.html)
        if len(group) >= LOOKUP_ARTICLES or characters >= LOOKUP_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


# --- what is only in the other archive -----------------------------------------------------------------------------


def _delete(reader: Searcher, target: Engine, done: Copied, confirm: Confirm) -> None:
    """Deletes what the first archive does not have, or counts it."""
    with target.searcher() as found:
        done.superfluous = max(0, found.status().articles - reader.status().articles)
        if not done.superfluous or not confirm(done.superfluous):
            return
        with target.writer() as writer:
            deleted = 0
            for names in in_batches((document.id for document in found.articles()), LOOKUP_ARTICLES):
                wanted = reader.stamps(names)
                deleted += sum(writer.delete(name) for name in names if name not in wanted)
    done.deleted = deleted
    done.superfluous -= done.deleted


# --- vectors -------------------------------------------------------------------------------------------------------


def _copy_vectors(reader: Searcher, target: Engine, show: Show) -> int:
    """Copies the vectors of articles that are the same in both archives; returns how many had none."""
    kept = 0
    for model in reader.vector_models():
        commits = VectorCommits(target, model)
        try:
            with target.searcher() as found, show("vectors") as progress:
                total = sum(1 for _ in found.without_vectors(model))
                held = found.status().articles - total
                progress.begin(total)
                for done, names in enumerate(in_batches(found.without_vectors(model), LOOKUP_ARTICLES)):
                    stamps = reader.stamps(names)
                    for name, vectors in reader.vectors(model, names).items():
                        commits.add(stamps[name].content_hash, vectors, held)
                    progress.at(done * LOOKUP_ARTICLES + len(names), commits.kept)
        finally:
            commits.commit()
        kept += commits.kept
    return kept
