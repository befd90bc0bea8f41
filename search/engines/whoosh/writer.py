"""The transaction: Whoosh writes the segment, and replacing the manifest commits it."""

from __future__ import annotations

import shutil
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex
from whoosh.writing import SegmentWriter

from search.document import Document
from search.engines.whoosh.codec import BackfileCodec, PlacesCache
from search.engines.whoosh.errors import damaged, reading, writing
from search.engines.whoosh.lock import DirectoryLock
from search.engines.whoosh.manifest import (
    DATA_PREFIX,
    Manifest,
    new_generation,
    require_writable,
    seal,
    sync_directory,
    write_manifest,
)
from search.engines.whoosh.mapped import read_toc
from search.engines.whoosh.merging import merge_tiers
from search.engines.whoosh.schema import INDEX_NAME, to_fields, whoosh_schema
from search.engines.whoosh.segments import Segment
from search.errors import EngineError, IndexMissing

_MEMORY_MB: Final = 96
"""Postings held in memory, by Whoosh's estimate, before they go to a temporary file."""


class _Transaction(SegmentWriter):  # type: ignore[misc]
    """Whoosh's writer, except that committing leaves the files of the previous commit where they are:
    until the manifest is replaced, that one is the index."""

    def _commit_toc(self, segments: list[Any]) -> None:
        TOC(self.schema, segments, self.generation).write(self.storage, self.indexname)
        self.segments = segments


class WhooshWriter:
    """See `search.engines.base.Writer`."""

    def __init__(self, directory: Path, replace: bool, read_manifest: Any) -> None:
        self._directory = directory
        with writing(directory):
            require_writable(directory)
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = DirectoryLock(directory)
        self._open = True
        try:
            self._begin(replace, read_manifest)
        except BaseException:
            self._end()
            raise

    def _begin(self, replace: bool, read_manifest: Any) -> None:
        try:
            self._previous: Manifest | None = read_manifest()
        except IndexMissing:
            self._previous = None
        except EngineError:
            if not replace:
                raise
            self._previous = None
        with writing(self._directory):
            self._lock.announce()
            sweep(self._directory, self._previous)
        fresh = replace or self._previous is None
        self._changed = fresh
        self._folder = self._directory / (f"{DATA_PREFIX}{new_generation()}" if fresh else self._previous.folder)  # type: ignore[union-attr]
        with reading(self._directory), writing(self._directory):
            self._start_whoosh(fresh)
        self._pending: dict[str, int] = {}

    def _start_whoosh(self, fresh: bool) -> None:
        storage = FileStorage(str(self._folder))
        schema = whoosh_schema()
        if fresh:
            storage.create()
            TOC.create(storage, schema, INDEX_NAME)
        number = 0 if fresh or self._previous is None else self._previous.toc
        self._committed = _read_ids(self._folder, read_toc(self._folder, number))
        index = FileIndex(storage, schema, INDEX_NAME)
        self._whoosh = _Transaction(index, _lk=False, codec=BackfileCodec(), limitmb=_MEMORY_MB)
        if self._whoosh.generation != number + 1:
            raise damaged(self._directory, "an unfinished commit is left over that cannot be removed")

    def add(self, document: Document) -> None:
        self._require_open()
        content = to_fields(document)
        self._forget(document.id)
        with writing(self._directory):
            self._pending[document.id] = self._whoosh.docnum
            self._whoosh.add_document(**content)
        self._changed = True

    def delete(self, id: str) -> bool:
        self._require_open()
        return self._forget(id)

    def _forget(self, name: str) -> bool:
        if (pending := self._pending.pop(name, None)) is not None:
            self._whoosh.newsegment.delete_document(pending)
        elif (committed := self._committed.pop(name, None)) is not None:
            self._whoosh.delete_document(committed)
        else:
            return False
        self._changed = True
        return True

    def __enter__(self) -> Self:
        self._require_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._require_open()
        self._open = False
        try:
            if kind is None and self._changed:
                self._commit()
            else:
                self._cancel()
        finally:
            self._end()

    def _commit(self) -> None:
        try:
            with writing(self._directory):
                self._whoosh.commit(mergetype=merge_tiers)
                manifest = self._manifest()
                write_manifest(self._directory, manifest)
        except BaseException:
            self._abandon()
            raise
        sweep(self._directory, manifest, self._previous)

    def _cancel(self) -> None:
        try:
            with writing(self._directory):
                self._whoosh.cancel()
        finally:
            self._abandon()

    def _abandon(self) -> None:
        with suppress(Exception):  # closes what Whoosh left open when it failed half-way
            self._whoosh._close_segment()
        sweep(self._directory, self._previous)

    def _manifest(self) -> Manifest:
        names = _live_names(self._whoosh.segments, self._whoosh.generation, self._whoosh.storage.list())
        written = self._previous.files if self._previous and self._previous.folder == self._folder.name else {}
        files = {name: written.get(name) or seal(self._folder / name) for name in sorted(names)}
        sync_directory(self._folder)
        return Manifest(
            folder=self._folder.name,
            toc=self._whoosh.generation,
            generation=new_generation(),
            built_at=datetime.now(UTC),
            articles=sum(segment.doc_count() for segment in self._whoosh.segments),
            files=files,
        )

    def _end(self) -> None:
        self._open = False
        self._lock.release()

    def _require_open(self) -> None:
        if not self._open:
            raise EngineError("this writer is closed; open another")


def _read_ids(folder: Path, toc: Any) -> dict[str, int]:
    """The ids of the committed articles with their numbers, which count through all segments."""
    ids: dict[str, int] = {}
    base = 0
    for record in toc.segments:
        with closing(Segment(folder, record, PlacesCache())) as segment:
            deleted = set(record.deleted_docs())
            ids.update((name, base + doc) for doc, name in enumerate(segment.ids) if doc not in deleted)
        base += segment.size
    return ids


def _live_names(segments: list[Any], toc: int, present: list[str]) -> set[str]:
    prefixes = tuple(f"{segment.segment_id()}." for segment in segments)
    return {name for name in present if name.startswith(prefixes)} | {f"_{INDEX_NAME}_{toc}.toc"}


def sweep(directory: Path, current: Manifest | None, previous: Manifest | None = None) -> None:
    """Removes what belongs neither to the current commit nor to the previous one, which others may be opening.

    What cannot be removed now, because a system keeps open files, the next writer removes.
    """
    kept: dict[str, set[str]] = {}
    for manifest in (previous, current):
        if manifest:
            kept.setdefault(manifest.folder, set()).update(manifest.files)
    for folder in directory.glob(f"{DATA_PREFIX}*"):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in kept[folder.name]:
                with suppress(OSError):
                    path.unlink()
