"""A directory that takes over the commits of another index: files come aside, are checked, and put in place at once.

    archive/
    ├── backfile.replica.json     says so: see `search.engines.disk.format.replica_state`
    └── backfile.incoming/        files on their way, as far as they have come

Files of a commit have the same names here as there, so that what did not change is never moved.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace as with_changes
from pathlib import Path
from typing import Final

from search.durability import make_directory
from search.engines.disk.check import check_container
from search.engines.disk.commit_files import KINDS
from search.engines.disk.errors import damaged, reading, writing
from search.engines.disk.format.container import Container
from search.engines.disk.format.directory import DirectoryLock, is_file_of_commits, sweep_all_but, sweep_leftovers
from search.engines.disk.format.manifest import (
    NAME,
    PREVIOUS_NAME,
    File,
    Manifest,
    parse_manifest,
    read_manifest,
    require_writable,
    write_manifest,
)
from search.engines.disk.format.replica_state import read_state, write_state
from search.engines.disk.writing.pending_segment import PendingSegment
from search.engines.replicas import MissingFile, ReplicaState
from search.errors import EngineError, IndexDamaged

INCOMING: Final = "backfile.incoming"
LEAST_FREE_BYTES: Final = 50_000_000
"""What must be left on the disk once all files have come."""
MAX_FILES: Final = 20_000
"""Of one commit."""


class DirectoryReplica:
    """See `search.engines.replicas.Replica`."""

    def __init__(self, directory: Path, of: str, *, replace: bool) -> None:
        self._directory = directory
        self._incoming = directory / INCOMING
        self._trusts = not replace
        self._left: tuple[str, ...] = ()
        self._received: tuple[Manifest, tuple[File, ...]] | None = None
        with writing(directory):
            require_writable(directory)
            make_directory(directory)
            self._lock = DirectoryLock(directory, follows=True)
        try:
            self.state = self._begun(of, replace)
            self._current = _current(directory)
        except BaseException:
            self._lock.release()
            raise

    def _begun(self, of: str, replace: bool) -> ReplicaState:
        directory = self._directory
        known = _known(directory, replace)
        if not replace and (known.of != of if known else (directory / NAME).exists()):
            was = f"a replica of {known.of}" if known else "an index that was written here"
            raise EngineError(f"{directory} is {was}; to put that of {of} in its place, say so with --replace")
        state = known if known and known.of == of else ReplicaState(of)
        with writing(directory):
            self._lock.announce(f"following {of}")
            write_state(directory, state)
            sweep_leftovers(directory)
        return state

    @property
    def generation(self) -> str:
        return self._current.generation if self._current else ""

    def note(self, state: ReplicaState) -> None:
        with writing(self._directory):
            write_state(self._directory, state)
        self.state = state

    def receive(self, description: bytes) -> Sequence[MissingFile]:
        manifest = with_changes(parse_manifest(description, f"what {self.state.of} sent"), toc=None)
        _require_usable(manifest)
        self._require_no_other(manifest)
        missing = tuple(file for file in manifest.files() if not self._has(file))
        with writing(self._directory):
            self._incoming.mkdir(exist_ok=True)
            self._forget_others(missing)
            wanted = [MissingFile(file.name, file.size, self._incoming / file.name) for file in missing]
            self._require_space(sum(file.size - file.bytes_there() for file in wanted))
        self._received = manifest, missing
        return wanted

    def _require_no_other(self, manifest: Manifest) -> None:
        """Raises IndexDamaged if a file would take the place of another that the commit here needs."""
        here = {file.name: file for file in self._current.files()} if self._current and self._trusts else {}
        for file in manifest.files():
            if here.get(file.name, file) != file:
                raise IndexDamaged(
                    f"{file.name} of {self.state.of} is another file than the one of that name here; the two indexes "
                    "have gone different ways: follow anew with --replace"
                )

    def _has(self, file: File) -> bool:
        if not self._trusts:
            return not any(check_container(self._directory, file, _kind(file.name)))
        try:
            with reading(self._directory):
                found = Container(self._directory / file.name, _kind(file.name))
        except EngineError:
            return False
        return (found.size, found.crc32) == (file.size, file.crc32)

    def _forget_others(self, missing: Sequence[File]) -> None:
        sizes = {file.name: file.size for file in missing}
        for path in list(self._incoming.iterdir()):
            if path.stat().st_size > sizes.get(path.name, -1):
                path.unlink()

    def _require_space(self, needed: int) -> None:
        free = shutil.disk_usage(self._directory).free
        if needed + LEAST_FREE_BYTES > free:
            raise EngineError(
                f"the newest commit of {self.state.of} has {needed / 1e6:,.1f} MB more than this replica, and "
                f"{self._directory} has {free / 1e6:,.1f} MB free; free some space"
            )

    def accept(self, file: MissingFile) -> None:
        committed = next(each for each in self._wanted() if each.name == file.name)
        for problem in check_container(self._incoming, committed, _kind(file.name)):
            with suppress(FileNotFoundError):
                file.path.unlink()
            raise damaged(self._directory, f"{file.name} did not arrive as it was committed: {problem.message}")
        with writing(self._directory), file.path.open("rb+") as stream:
            os.fsync(stream.fileno())

    def commit(self) -> None:
        manifest, missing = self._require_received()
        with writing(self._directory):
            if missing or manifest != self._current:
                self._switch(manifest, missing)
            self._received, self._trusts = None, True
            _, self._left = sweep_all_but(self._directory, manifest)  # no other file has what was taken down

    def _switch(self, manifest: Manifest, missing: Sequence[File]) -> None:
        for file in missing:
            (self._incoming / file.name).replace(self._directory / file.name)
        for entry in manifest.segments:
            PendingSegment(self._directory, entry).require_there()
        write_manifest(self._directory, manifest, keep_previous=False)
        self._current = manifest

    def held(self, ids: Collection[str]) -> set[str]:
        if not self._current:
            return set()
        segments = [PendingSegment(self._directory, entry) for entry in self._current.segments]
        is_swept = not (self._directory / PREVIOUS_NAME).exists() and not self._left
        return {name for name in ids if not is_swept or any(segment.holds([name]) for segment in segments)}

    def _wanted(self) -> tuple[File, ...]:
        return self._require_received()[1]

    def _require_received(self) -> tuple[Manifest, tuple[File, ...]]:
        if self._received is None:
            raise EngineError(f"the replica at {self._directory} has received no commit")
        return self._received

    def __enter__(self) -> DirectoryReplica:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _known(directory: Path, replace: bool) -> ReplicaState | None:
    try:
        return read_state(directory)
    except EngineError:
        if not replace:
            raise
        return None


def _current(directory: Path) -> Manifest | None:
    try:
        return read_manifest(directory)
    except EngineError:  # the next commit takes its place
        return None


def _kind(name: str) -> str:
    return KINDS[Path(name).suffix]


def _require_usable(manifest: Manifest) -> None:
    """Raises IndexDamaged if a stranger's manifest names what no writer of ours would."""
    for reason in _oddities(manifest):
        raise IndexDamaged(f"the commit that was sent cannot be used: {reason}")


def _oddities(manifest: Manifest) -> Iterator[str]:
    files = list(manifest.files())
    names = [file.name for file in files]
    if len(files) > MAX_FILES:
        yield f"it has more than {MAX_FILES:,} files"
    if len(set(names)) < len(names):
        yield "it names a file twice"
    yield from (f"no file of a commit is called {name[:80]!r}" for name in names if not is_file_of_commits(name))
    yield from (f"{file.name} cannot have {file.size:,} bytes" for file in files if not 0 < file.size < 1 << 44)
