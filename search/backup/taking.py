"""Takes a backup while others search and write.

The order matters. What runs have learned of their sources comes first, then the ledger, then the index: so nothing that
the copies of these two say is ahead of the copy of the index. Articles that were taken down in between are added to the
copy of the ledger.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from search.backup.contents import INDEX, LEDGER, NAME, STATE, Backup, BackupFile, contents_bytes, read_contents
from search.backup.files import (
    copy_database,
    copy_synced,
    is_linked,
    refusals_told,
    remove_database,
    sum_of,
    write_synced,
)
from search.backup.folder import DRAFT, numbers_in, path_of, remove_oldest, working_in
from search.durability import sync_directory
from search.engines.commit_files import CommitFile, CommitFiles, HeldCommit
from search.errors import ConfigError, EngineError, LedgerError
from search.ledger.ledger import Ledger

Progress = Callable[[int, int], None]
"""Is told how many bytes are done, of how many."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was taken. Of its bytes so many were `copied`; the others are shared with the index or with the
    backup before. `removed` are the numbers of older ones that had to go."""

    backup: Backup
    copied: int
    seconds: float
    removed: tuple[int, ...] = ()


@dataclass(slots=True)
class _Draft:
    """A backup that is being made. `before` is the newest whole one, with the sums of its files by their paths."""

    folder: Path
    before: Path | None
    known: Mapping[str, BackupFile]
    links: bool
    progress: Progress | None
    total: int = 0
    done: int = 0
    copied: int = 0
    files: list[BackupFile] = field(default_factory=list)

    def keep(self, path: str, size: int, sha256: str) -> None:
        self.files.append(BackupFile(path, size, sha256))
        self.done += size
        if self.progress:
            self.progress(self.done, max(self.done, self.total))


def take_backup(
    engine: CommitFiles,
    ledger: Ledger,
    target: Path,
    databases: Mapping[str, Path],
    *,
    keep: int | None = None,
    links: bool = True,
    progress: Progress | None = None,
) -> Taken:
    """Copies the newest commit, and the SQLite files `databases`, in their order and by the names that they have in a
    backup, into a new backup in the folder `target`. Of all backups the newest `keep` stay.

    Every file that is not in the backup before is read to its end and compared with the sums of its commit. Without
    `links` it shares no file with the index, only with earlier backups. If anything goes wrong, or the process ends,
    the backups that were there stay as they were.
    Raises ConfigError, IndexMissing, IndexDamaged, IndexLocked, LedgerError, EngineError.
    """
    started = time.monotonic()
    with working_in(target), refusals_told(target):
        numbers = numbers_in(target)
        number = max(numbers, default=0) + 1
        draft = _begun(target, number, numbers, links, progress)
        try:
            backup = _filled(draft, number, engine, ledger, databases)
            write_synced(draft.folder / NAME, contents_bytes(backup))
            for folder in (draft.folder / INDEX, draft.folder):
                sync_directory(folder)
            draft.folder.rename(path_of(target, number))
        except BaseException:
            shutil.rmtree(draft.folder, ignore_errors=True)
            raise
        sync_directory(target)
        removed = remove_oldest(target, keep) if keep else []
    return Taken(backup, draft.copied, time.monotonic() - started, tuple(removed))


def _begun(target: Path, number: int, numbers: list[int], links: bool, progress: Progress | None) -> _Draft:
    folder = path_of(target, number).with_suffix(DRAFT)
    (folder / INDEX).mkdir(parents=True)
    for last in reversed(numbers):
        before = path_of(target, last)
        try:
            known = {file.path: file for file in read_contents(before).files}
        except EngineError:  # it is of no use, and whoever verifies it is told
            continue
        return _Draft(folder, before, known, links, progress)
    return _Draft(folder, None, {}, links, progress)


def _filled(draft: _Draft, number: int, engine: CommitFiles, ledger: Ledger, databases: Mapping[str, Path]) -> Backup:
    taken_at = datetime.now(UTC)
    version = ledger.removed.version()
    for name, place in databases.items():
        _copy(name, place, draft.folder / name)
    with engine.held_commit() as held:
        draft.total = sum(file.size for file in held.files)
        _complete_ledger(draft.folder / LEDGER, ledger, version)
        for file in held.files:
            _put(draft, held, file)
        described, raw = held.description()
        write_synced(draft.folder / INDEX / described, raw)
        generation, articles = held.generation, held.articles
    for path in (f"{INDEX}/{described}", *databases):
        if (draft.folder / path).exists():
            _put_own(draft, path)
    return Backup(number, taken_at, generation, articles, tuple(draft.files))


def _copy(name: str, place: Path, copy: Path) -> None:
    """Copies a SQLite file. A memory of runs that is damaged is left out: without it, more is read again."""
    try:
        copy_database(place, copy)
    except LedgerError:
        if name != STATE:
            raise
        remove_database(copy)


def _complete_ledger(copy: Path, ledger: Ledger, version: int) -> None:
    """What was taken down after the ledger was copied may be gone from the commit already: its copy has to know. What
    readers asked on a day whose counts are not settled must not be kept."""
    is_newer = ledger.removed.version() != version
    if not copy.exists() and not is_newer:
        return
    whole, plain = copy.with_name(f"{copy.name}.whole"), copy.with_name(f"{copy.name}.plain")
    if copy.exists():
        copy.rename(whole)
    with closing(Ledger(f"{whole}")) as known:
        if is_newer:
            known.take_over_articles(ledger)
        known.forget_unsettled()
    copy_database(whole, plain)
    remove_database(whole)
    plain.replace(copy)


def _put(draft: _Draft, held: HeldCommit, file: CommitFile) -> None:
    """Puts a file of the commit into the backup."""
    path = f"{INDEX}/{file.name}"
    place, known = draft.folder / path, draft.known.get(path)
    if known and _is_shared(draft, known, place):
        if held.is_same(file, place.parent):
            draft.keep(path, known.size, known.sha256)
            return
        place.unlink()
    if draft.links and is_linked(file.path, place, file.stream):
        sha256, size = sum_of(file.stream)
    else:
        sha256, size = copy_synced(file.stream, place)
        draft.copied += size
    held.require_sound(file, place.parent)
    draft.keep(path, size, sha256)


def _put_own(draft: _Draft, path: str) -> None:
    """Sums a file that was made for the backup."""
    with (draft.folder / path).open("rb") as stream:
        sha256, size = sum_of(stream)
    draft.copied += size
    draft.keep(path, size, sha256)


def _is_shared(draft: _Draft, known: BackupFile, place: Path) -> bool:
    """Shares a file with the backup before, if it is still as long as it was."""
    if draft.before is None:
        return False
    before = draft.before / known.path
    try:
        with before.open("rb") as stream:
            return before.stat().st_size == known.size and is_linked(before, place, stream)
    except FileNotFoundError:
        return False


def require_files(engine: object, url: str) -> CommitFiles:
    """The engine as one whose commits are files. Raises ConfigError for another, with what to do instead."""
    if isinstance(engine, CommitFiles):
        return engine
    if url.startswith("opensearch"):
        raise ConfigError(f"{url} is on a cluster, which keeps its own backups; use `backfile cluster snapshot`")
    raise ConfigError(f"{url} has no files; backups are for an index on disk")
