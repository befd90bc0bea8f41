"""A commit as files: held while they are copied elsewhere, and put in the place of another from a folder beside it.

Files of a commit never change, but a writer that commits twice removes them. Whoever has them open can still read them.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import BinaryIO, Final

from search.durability import make_directory
from search.engines.commit_files import CommitFile
from search.engines.disk.check import check_container
from search.engines.disk.errors import damaged, reading, writing
from search.engines.disk.format.container import Container
from search.engines.disk.format.directory import STAGING, DirectoryLock, highest_number, sweep_all_but, sweep_leftovers
from search.engines.disk.format.kinds import (
    DELETIONS,
    DELETIONS_SUFFIX,
    SEGMENT,
    SEGMENT_SUFFIX,
    VECTORS,
    VECTORS_SUFFIX,
)
from search.engines.disk.format.manifest import (
    NAME,
    PREVIOUS_NAME,
    File,
    Manifest,
    SegmentEntry,
    manifest_bytes,
    new_generation,
    read_manifest,
    require_size,
    require_writable,
    write_manifest,
)
from search.engines.disk.whoosh_codec import write_toc
from search.errors import EngineError, IndexDamaged

_PATIENCE: Final = 5.0
"""Seconds during which the newest commit is looked up again if its files vanish while being opened."""
KINDS: Final = {SEGMENT_SUFFIX: SEGMENT, DELETIONS_SUFFIX: DELETIONS, VECTORS_SUFFIX: VECTORS}
"""By the end of its name, what a file of a commit holds."""


@dataclass(frozen=True, slots=True)
class HeldFiles:
    """See `search.engines.commit_files.HeldCommit`."""

    directory: Path
    manifest: Manifest
    files: Sequence[CommitFile]

    @property
    def generation(self) -> str:
        return self.manifest.generation

    @property
    def articles(self) -> int:
        return self.manifest.articles

    def description(self) -> tuple[str, bytes]:
        return NAME, manifest_bytes(self.manifest)

    def is_same(self, file: CommitFile, place: Path) -> bool:
        try:
            with reading(place):
                found = Container(place / file.name, KINDS[Path(file.name).suffix])
        except EngineError:
            return False
        return (found.size, found.crc32) == (file.size, file.crc32)

    def require_sound(self, file: CommitFile, place: Path) -> None:
        committed, kind = File(file.name, file.size, file.crc32), KINDS[Path(file.name).suffix]
        with reading(place):
            for problem in check_container(place, committed, kind):
                raise damaged(self.directory, f"{file.name}: {problem.message}")


@contextmanager
def held_commit(directory: Path) -> Iterator[HeldFiles]:
    """See `search.engines.commit_files.CommitFiles`."""
    patience = monotonic() + _PATIENCE
    with ExitStack() as stack:
        while True:
            manifest = read_manifest(directory)
            try:
                with ExitStack() as opening:
                    files = tuple(_opened(directory, file, opening) for file in _lasting(manifest))
                    stack.push(opening.pop_all())
                break
            except IndexDamaged:
                if monotonic() > patience or read_manifest(directory).generation == manifest.generation:
                    raise
        yield HeldFiles(directory, replace(manifest, toc=None), files)


def _lasting(manifest: Manifest) -> Iterator[File]:
    """The files of a commit but for the table of contents, which is written anew wherever the commit is put."""
    yield from (file for segment in manifest.segments for file in segment.files())


def _opened(directory: Path, file: File, stack: ExitStack) -> CommitFile:
    require_size(directory, file)
    path = directory / file.name
    with reading(directory):
        stream: BinaryIO = stack.enter_context(path.open("rb"))
    return CommitFile(file.name, file.size, file.crc32, path, stream)


def committed_file(directory: Path, name: str) -> CommitFile | None:
    """See `search.engines.commit_files.CommitFiles`."""
    for manifest in (read_manifest(directory), _read_or_none(directory, PREVIOUS_NAME)):
        for file in _lasting(manifest) if manifest else ():
            if file.name == name:
                path = directory / name
                try:
                    return CommitFile(name, file.size, file.crc32, path, path.open("rb"))
                except FileNotFoundError:  # a writer that was faster has removed it
                    return None
    return None


class DirectoryReplacement:
    """See `search.engines.commit_files.Replacement`."""

    def __init__(self, directory: Path, *, replace: bool) -> None:
        self._directory = directory
        self._is_new = not directory.exists()
        self.staging = directory / STAGING
        with writing(directory):
            require_writable(directory)
            make_directory(directory)
            self._lock = DirectoryLock(directory)
        try:
            if not replace:
                _require_none(directory)
            with writing(directory):
                self._lock.announce("restoring")
                sweep_leftovers(directory)
                shutil.rmtree(self.staging, ignore_errors=True)
                self.staging.mkdir()
        except BaseException:
            self.close()
            raise

    def commit(self) -> str:
        directory = self._directory
        staged = read_manifest(self.staging)
        before = _read_or_none(directory)
        number = max(before.number if before else 0, highest_number(directory), staged.number) + 1
        with writing(directory):
            entries = tuple(self._moved(entry, number) for entry in staged.segments)
            manifest = Manifest(number, new_generation(), datetime.now(UTC), entries)
            if before and before.toc:
                manifest = replace(manifest, toc=write_toc(directory, manifest))
            write_manifest(directory, manifest, keep_previous=False)
            sweep_all_but(directory, manifest)  # what was there may be damaged, or hold what was taken down
        return manifest.generation

    def _moved(self, entry: SegmentEntry, number: int) -> SegmentEntry:
        """Gives the files of a segment names that no file in the directory has had: one of the old names may be that of
        a damaged file, or of another one, if the archive was copied and both have changed since."""
        name = secrets.token_hex(8)
        deletions = self._renamed(entry.deletions, f"{name}.{number}{DELETIONS_SUFFIX}") if entry.deletions else None
        vectors = self._renamed(entry.vectors, f"{name}.{number}{VECTORS_SUFFIX}") if entry.vectors else None
        file = self._renamed(entry.file, f"{name}{SEGMENT_SUFFIX}")
        return replace(entry, file=file, deletions=deletions, vectors=vectors)

    def _renamed(self, file: File, name: str) -> File:
        (self.staging / file.name).rename(self._directory / name)
        return replace(file, name=name)

    def close(self) -> None:
        shutil.rmtree(self.staging, ignore_errors=True)
        self._lock.release()
        if self._is_new and not (self._directory / NAME).exists():
            with suppress(OSError):  # nothing was made
                shutil.rmtree(self._directory)

    def __enter__(self) -> DirectoryReplacement:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _require_none(directory: Path) -> None:
    if (directory / NAME).exists():
        raise EngineError(
            f"there is an index at {directory} already; to put another in its place, say so with --replace"
        )


def _read_or_none(directory: Path, name: str = NAME) -> Manifest | None:
    try:
        return read_manifest(directory, name)
    except EngineError:
        return None
