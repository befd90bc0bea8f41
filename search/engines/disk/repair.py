"""Brings a damaged index back to an undamaged commit, and says what that cost.

It tries in this order, so that as little as possible is lost:

1. A manifest with a wrong checksum is written anew if all files that it names are undamaged; otherwise the commit
   before replaces it.
2. A damaged header or directory of a file is restored: the file has its directory twice, and the manifest has the
   checksum. Damaged vectors are left out, since `backfile encode` makes them again.
3. A damaged segment is rebuilt from its stored articles. Those that cannot be read are counted; the next indexing run
   adds them again, as they are no longer in the index.
4. A segment of which nothing can be read is left out, unless the commit before is undamaged and has more articles.

Nothing is removed before the repaired commit is on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from search.document import Document
from search.engines.disk.check import check_container, check_directory, check_segment, check_vectors
from search.engines.disk.errors import UNREADABLE, damaged, writing
from search.engines.disk.format.container import Container, DamagedFile, restore_directory
from search.engines.disk.format.directory import DirectoryLock, highest_number, sweep
from search.engines.disk.format.entries import entry_of, live_articles, new_segment_path, write_deletions
from search.engines.disk.format.kinds import DELETIONS, SEGMENT, SEGMENT_SUFFIX
from search.engines.disk.format.layout import Strings
from search.engines.disk.format.manifest import (
    NAME,
    PREVIOUS_NAME,
    File,
    Manifest,
    SegmentEntry,
    new_generation,
    read_manifest,
    write_manifest,
)
from search.engines.disk.format.stored import decode_article
from search.engines.disk.whoosh_codec import write_toc
from search.engines.disk.writing.segment_writer import SegmentWriter
from search.engines.protocols import Repair
from search.errors import BackfileError, EngineError, IndexDamaged, IndexMissing

_AGAIN: Final = "run `backfile index` over their sources to bring them back"


def repair_directory(directory: Path) -> list[Repair]:
    """Repairs an index and says what was done; nothing if it is undamaged. Raises IndexMissing, IndexLocked,
    IndexVersionError, EngineError, and IndexDamaged if there is no commit left to go back to."""
    if not list(check_directory(directory)):
        return []
    with writing(directory):
        lock = DirectoryLock(directory)
        try:
            lock.announce()
            return _RepairRun(directory).run()
        finally:
            lock.release()


@dataclass(slots=True)
class _RepairRun:
    """One repair under way. `done` says what was done; `doubtful` are the segments whose deletions are lost."""

    directory: Path
    done: list[Repair] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)

    def run(self) -> list[Repair]:
        manifest = self._manifest()
        repaired = [self._segment(entry) for entry in manifest.segments]
        entries: Sequence[SegmentEntry] = [entry for entries in repaired for entry in entries]
        if not all(repaired):
            manifest, entries = self._richer(manifest, entries)
        self._commit(manifest, entries)
        return self.done

    def _say(self, name: str, message: str, lost: int = 0) -> None:
        self.done.append(Repair(str(self.directory / name), message, lost))

    # The manifest

    def _manifest(self) -> Manifest:
        try:
            return read_manifest(self.directory)
        except (IndexDamaged, IndexMissing):  # `check` has seen that there is an index
            pass
        if (found := self._unsigned()) is not None:
            self._say(NAME, "its checksum was wrong, but all its files are undamaged: written anew")
            return found
        try:
            before = read_manifest(self.directory, PREVIOUS_NAME)
        except EngineError as error:
            raise damaged(self.directory, "neither the newest commit nor the one before can be read") from error
        lost = self._only_in_the_newest(before)
        cost = f"; {lost:,} added after it are lost; {_AGAIN}" if lost else ""
        self._say(
            NAME, f"it cannot be read: the commit before, of {before.articles:,} articles, takes its place{cost}", lost
        )
        return before

    def _only_in_the_newest(self, before: Manifest) -> int:
        """How many articles are only in files that the commit before does not name, as far as these can be read."""
        named = {entry.file.name for entry in before.segments}
        held, newer = set[str](), set[str]()
        for path in self.directory.glob(f"*{SEGMENT_SUFFIX}"):
            with suppress(BackfileError, FileNotFoundError, *UNREADABLE):
                (held if path.name in named else newer).update(Strings.of(Container(path, SEGMENT), "id").all())
        return len(newer - held)

    def _unsigned(self) -> Manifest | None:
        """The newest manifest whatever its checksum, if all its files are undamaged."""
        try:
            manifest = read_manifest(self.directory, signed=False)
        except BackfileError:
            return None
        return manifest if self._is_whole(manifest) else None

    def _is_whole(self, manifest: Manifest) -> bool:
        return not any(any(check_segment(self.directory, entry, set())) for entry in manifest.segments)

    def _richer(self, manifest: Manifest, entries: Sequence[SegmentEntry]) -> tuple[Manifest, Sequence[SegmentEntry]]:
        """What is left of this commit, or the one before if that has more articles."""
        try:
            before = read_manifest(self.directory, PREVIOUS_NAME)
        except EngineError:
            return manifest, entries
        if before.articles <= sum(entry.live for entry in entries) or not self._is_whole(before):
            return manifest, entries
        self._say(NAME, f"the commit before, of {before.articles:,} articles, takes the place of the newest; {_AGAIN}")
        self.doubtful.clear()
        return before, before.segments

    # Segments

    def _segment(self, entry: SegmentEntry) -> list[SegmentEntry]:
        """What replaces a segment: mostly the segment itself, or nothing if nothing is left of it."""
        self._restore_directory(entry.file, SEGMENT)
        entry = self._with_readable_vectors(self._with_readable_deletions(entry))
        if not any(check_segment(self.directory, entry, set())):
            return [entry]
        return self._rebuilt(entry)

    def _restore_directory(self, file: File, kind: str) -> None:
        path = self.directory / file.name
        try:
            headless = any(not section for section, _ in Container(path, kind).problems())
        except FileNotFoundError:
            return
        except (BackfileError, *UNREADABLE):
            headless = True
        if headless and restore_directory(path, file.size, file.crc32):
            self._say(file.name, "its header or its directory was damaged: written anew")

    def _with_readable_deletions(self, entry: SegmentEntry) -> SegmentEntry:
        if entry.deletions is None:
            return entry
        self._restore_directory(entry.deletions, DELETIONS)
        if not any(check_container(self.directory, entry.deletions, DELETIONS)):
            return entry
        self.doubtful.add(entry.file.name)
        self._say(entry.deletions.name, f"what was deleted cannot be read: {entry.deleted:,} articles may be back")
        return replace(entry, deletions=None, deleted=0)

    def _with_readable_vectors(self, entry: SegmentEntry) -> SegmentEntry:
        if entry.vectors is None or not any(check_vectors(self.directory, entry)):
            return entry
        self._say(entry.vectors.name, "vectors for search by meaning were damaged: left out; run `backfile encode`")
        return replace(entry, vectors=None)

    def _rebuilt(self, entry: SegmentEntry) -> list[SegmentEntry]:
        """New segments of its articles: one, or several if there are more than memory allows."""
        writer, built = SegmentWriter(), list[SegmentEntry]()
        try:
            for document in _stored_articles(self.directory, entry):
                if writer.is_full:
                    built.append(self._written(writer))
                if document is not None:
                    writer.add(document)
        except (BackfileError, FileNotFoundError, *UNREADABLE):
            pass  # what has been read is kept
        if writer.articles:
            built.append(self._written(writer))
        kept = sum(new.articles for new in built)
        lost = entry.live - kept
        if not built:
            self._say(entry.file.name, f"none of its {lost:,} articles can be read: they are lost; {_AGAIN}", lost)
            return []
        cost = f"; {lost:,} cannot be read and are lost; {_AGAIN}" if lost else ""
        self._say(entry.file.name, f"built anew from {kept:,} stored articles{cost}", lost)
        if entry.file.name in self.doubtful:
            self.doubtful.update(new.file.name for new in built)
        return built

    def _written(self, writer: SegmentWriter) -> SegmentEntry:
        path = new_segment_path(self.directory)
        writer.write(path)
        return entry_of(path)

    # The commit

    def _without_doubles(self, entries: Sequence[SegmentEntry], number: int) -> Iterator[SegmentEntry]:
        """Deletes the articles of doubtful segments that another segment has too: they had been replaced by those."""
        elsewhere: set[str] = set()
        if self.doubtful:
            for entry in entries:
                if entry.file.name not in self.doubtful:
                    elsewhere.update(_live_ids(self.directory, entry).values())
        for entry in entries:
            if entry.file.name not in self.doubtful:
                yield entry
                continue
            own = _live_ids(self.directory, entry)
            doubles = [doc for doc, name in own.items() if name in elsewhere]
            elsewhere.update(own.values())
            yield write_deletions(self.directory, entry, np.array(doubles, np.uint32), number) if doubles else entry

    def _commit(self, manifest: Manifest, entries: Sequence[SegmentEntry]) -> None:
        number = max(manifest.number, highest_number(self.directory)) + 1
        kept = tuple(self._without_doubles(entries, number))
        repaired = Manifest(number, new_generation(), datetime.now(UTC), kept)
        if manifest.toc:
            repaired = replace(repaired, toc=write_toc(self.directory, repaired))
        if not self.done:
            self._say("", "what is not needed for searching was damaged: written anew")
        write_manifest(self.directory, repaired, keep_previous=False)
        (self.directory / PREVIOUS_NAME).unlink(missing_ok=True)
        sweep(self.directory, repaired)


def _live_ids(directory: Path, entry: SegmentEntry) -> dict[int, str]:
    ids = Strings.of(Container(directory / entry.file.name, SEGMENT), "id")
    return {doc: ids[doc] for doc in np.flatnonzero(live_articles(directory, entry)).tolist()}


def _stored_articles(directory: Path, entry: SegmentEntry) -> Iterator[Document | None]:
    """The live articles of a damaged segment, in order; None for each that is not as it was added."""
    container = Container(directory / entry.file.name, SEGMENT)
    damage = {name for name, _ in container.problems()}
    articles = Strings.of(container, "article")
    hashes = None if "content_hashes" in damage else container.array("content_hashes").reshape(-1, 16)
    if hashes is None and not damage.isdisjoint({"article.bytes", "article.starts"}):
        raise DamagedFile("neither the articles nor their checksums are what was written")
    for doc in np.flatnonzero(live_articles(directory, entry)).tolist():
        try:
            document = decode_article(articles.raw(doc))
            sound = hashes is None or document.content_hash() == hashes[doc].tobytes().hex()
        except UNREADABLE:
            sound = False
        yield document if sound else None
