"""The transaction: new segments and deletions are written aside; replacing the manifest commits them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace as with_changes
from datetime import UTC, datetime
from pathlib import Path

from search.document import Document
from search.durability import make_directory
from search.engines.disk.errors import refused, writing
from search.engines.disk.format.directory import DirectoryLock, highest_number, sweep, sweep_all_but, sweep_leftovers
from search.engines.disk.format.manifest import (
    PREVIOUS_NAME,
    Manifest,
    SegmentEntry,
    new_generation,
    read_manifest,
    require_writable,
    write_manifest,
)
from search.engines.disk.whoosh_codec import write_toc
from search.engines.disk.writing.merge_policy import SegmentSize, find_forced_merges, find_merges
from search.engines.disk.writing.merge_scheduler import run_merges
from search.engines.disk.writing.new_articles import NewArticles
from search.engines.disk.writing.pending_segment import PendingSegment
from search.engines.disk.writing.pipeline import BuilderPool, Pipeline
from search.engines.disk.writing.vector_writer import carry_vectors
from search.engines.protocols import Phase, WriterProgress
from search.engines.transaction import Transaction
from search.errors import EngineError, IndexMissing
from search.packed import Packed


class DiskWriter(Transaction):
    """See `search.engines.protocols.Writer`. With `condense` the commit merges all segments, whether or not it pays.

    `whoosh_toc`: whether the commit has a table of contents for Whoosh programs; None if it is as the one before.

    `purged`: the commit deletes the articles with these ids, and writes each segment anew whose file has them. Then it
    removes all that does not belong to it; see `swept`.
    """

    def __init__(
        self,
        directory: Path,
        builders: BuilderPool,
        *,
        replace: bool = False,
        condense: bool = False,
        purged: Collection[str] = (),
        workers: int = 1,
        whoosh_toc: bool | None = None,
        progress: WriterProgress | None = None,
    ) -> None:
        self._directory = directory
        self._builders = builders
        self._workers = max(1, workers)
        self._choose = find_forced_merges if condense else find_merges
        self._purged = frozenset(purged)
        self._whoosh_toc = whoosh_toc
        self.deleted = 0
        """How many of the purged articles were there."""
        self.rewritten = 0
        """How many segments were written anew because of them."""
        self.swept: tuple[int, tuple[str, ...]] = (0, ())
        """How many files a purge removed, and the names of those that the system did not let go."""
        self._progress: WriterProgress = progress or _tell_nobody
        with writing(directory):
            require_writable(directory)
            make_directory(directory)
            self._lock = DirectoryLock(directory)
        try:
            self._begin(replace, condense)
        except BaseException:
            self._end()
            raise

    def _begin(self, replace: bool, condense: bool) -> None:
        self._previous = self._read_previous(replace)
        self._replaces = replace
        with writing(self._directory):
            self._lock.announce()
            sweep_leftovers(self._directory)
        fresh = replace or self._previous is None
        entries = () if fresh or self._previous is None else self._previous.segments
        self._committed = [PendingSegment(self._directory, entry) for entry in entries]
        for segment in self._committed:
            segment.require_there()  # better now than at the end of a long import
        had_toc = self._previous is not None and self._previous.toc is not None
        self._has_toc = had_toc if self._whoosh_toc is None else self._whoosh_toc
        self._changed = (fresh and not self._purged) or condense or self._has_toc != had_toc
        self._pipeline = Pipeline(self._directory, self._builders, self._workers)
        self._new = NewArticles(self._directory, self._pipeline)
        self._is_building = False
        self._holding = frozenset(
            number for number, segment in enumerate(self._committed) if self._purged and segment.holds(self._purged)
        )
        self.deleted = sum(self.delete(name) for name in self._purged)
        self._changed |= bool(self._holding)

    def _read_previous(self, replace: bool) -> Manifest | None:
        try:
            return read_manifest(self._directory)
        except IndexMissing:
            return None
        except EngineError:
            if not replace:
                raise
            return None

    def add(self, document: Document) -> None:
        self.add_any(document)

    def add_any(self, document: Document | Packed) -> None:
        """See `search.engines.protocols.PassingOn`."""
        self._require_open()
        self._is_building = True
        try:  # `writing` does the same, but a generator for each article shows in the time of an import
            number = self._pipeline.add(document)
        except OSError as error:
            raise refused(self._directory, error) from error
        self._new.add(document.id, number)
        self._changed = True

    def delete(self, id: str) -> bool:
        self._require_open()
        # An article that this transaction has replaced is there twice until the commit: delete both.
        found = [self._new.delete(id), *(segment.delete_id(id) for segment in self._committed)]
        self._changed = self._changed or any(found)
        return any(found)

    def commit(self) -> None:
        self._close(self._commit if self._changed else self._purge_leftovers if self._purged else self._give_up)

    def rollback(self) -> None:
        self._close(self._give_up)

    def _close(self, last: Callable[[], None]) -> None:
        if not self._open:
            return
        self._open = False
        try:
            last()
        finally:
            self._end()

    def _commit(self) -> None:
        try:
            with writing(self._directory):
                manifest = self._written()
                keep_previous = self._previous is not None and not self._purged
                write_manifest(self._directory, manifest, keep_previous=keep_previous)
                if self._previous is None:  # a commit before that could not be read either is of no use to a repair
                    (self._directory / PREVIOUS_NAME).unlink(missing_ok=True)
                self.step = self._previous.generation if self._previous else "", manifest.generation
        except BaseException:
            self._give_up()
            raise
        if self._purged:
            self.swept = sweep_all_but(self._directory, manifest)
        else:
            sweep(self._directory, manifest)
        self._progress("committing", len(list(manifest.files())), len(list(manifest.files())))

    def _give_up(self) -> None:
        if self._is_building:  # even if no article was taken: half of one may have been
            self._pipeline.discard()
        sweep_leftovers(self._directory)

    def _purge_leftovers(self) -> None:
        """The newest commit has nothing of what is purged; what was left by others may have."""
        self.swept = sweep_all_but(self._directory, self._previous)

    def _written(self) -> Manifest:
        """The manifest of the commit, all of whose files are on the disk."""
        new = self._new.finish(lambda done, total: self._progress("building", done, total))
        for segment in self._committed:
            for newer in new:
                segment.delete_replaced_by(newer)
        number = self._number()
        entries = self._with_vectors(self._merged([*self._committed, *new], number), number)
        self._progress("committing", 0, len(entries))
        manifest = Manifest(number, new_generation(), datetime.now(UTC), entries)
        return with_changes(manifest, toc=write_toc(self._directory, manifest)) if self._has_toc else manifest

    def _merged(self, segments: Sequence[PendingSegment], number: int) -> tuple[SegmentEntry, ...]:
        """The segments of the commit: a merged one comes where its first part was; those without live articles are left
        out."""
        sizes = [segment.size() for segment in segments]
        groups = self._choose(sizes) if not self._purged else self._worn_by_purge(sizes)
        merged = run_merges(
            self._directory,
            [[segments[index] for index in group] for group in groups],
            self._workers,
            lambda done, total: self._progress("merging", done, total),
        )
        entries = dict(zip((group[0] for group in groups), merged, strict=True))
        kept = set(range(len(segments))).difference(*groups)
        entries |= {index: segments[index].entry_for(number) for index in kept if sizes[index].live}
        return tuple(entry for _, entry in sorted(entries.items()))

    def _worn_by_purge(self, sizes: Sequence[SegmentSize]) -> list[tuple[int, ...]]:
        self.rewritten = len(self._holding)
        return [(number,) for number in sorted(self._holding) if sizes[number].live]

    def _with_vectors(self, entries: tuple[SegmentEntry, ...], number: int) -> tuple[SegmentEntry, ...]:
        """The segments with the vectors that the commit before had of their articles."""
        try:
            return carry_vectors(self._directory, self._previous, entries, number) if self._previous else entries
        except EngineError:
            if not self._replaces:
                raise
            return entries  # an index is also built anew because the old one cannot be read

    def _number(self) -> int:
        return max(self._previous.number if self._previous else 0, highest_number(self._directory)) + 1

    def _end(self) -> None:
        self._open = False
        self._lock.release()


def _tell_nobody(phase: Phase, done: int, total: int) -> None:
    """The progress function of a writer without one."""
