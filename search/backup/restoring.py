"""Puts a backup in the place of an archive. What was taken down stays down, whichever of the two is newer.

The index is made ready beside the one that is there: its files are verified, and what the ledgers of both say may not
be shown is taken out and purged. Then it becomes the newest commit of the archive, so that a server shows it at once,
and whoever is cut off before that moment has changed nothing that is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from search.backup.contents import INDEX, LEDGER, STATE, Backup, BackupFile
from search.backup.files import copy_synced, is_linked, put_database, refusals_told, remove_database, sum_of
from search.backup.folder import path_of, read_backup
from search.durability import sync_directory
from search.engines import open_engine
from search.engines.commit_files import CommitFiles
from search.engines.protocols import Engine, Purging, Rebuilding
from search.errors import EngineError, IndexVersionError
from search.ledger.ledger import Ledger
from search.takedown import PATIENCE_SECONDS, finish

Progress = Callable[[int, int], None]
"""Is told how many bytes are done, of how many."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to: the `backup`, the generation that it has now, how many articles it has, and how many of
    those in the backup were left out, since they were taken down or wait for their moment."""

    backup: Backup
    generation: str
    articles: int
    left_out: int
    seconds: float


def restore_backup(
    target: Path,
    number: int | None,
    files: CommitFiles,
    engine: Engine,
    ledger: Ledger,
    state: Path,
    *,
    replace: bool = False,
    links: bool = True,
    progress: Progress | None = None,
) -> Restored:
    """Restores the backup with that number, or the newest one, as the archive of `engine` (`files` is the same), whose
    ledger is `ledger` and whose memory of runs is in `state`.

    A ledger that is there stays, and learns which articles that of the backup has as taken down, waiting or renamed.
    Unless `replace`, there may be no index yet.
    With `links` files are shared with the backup where that can be done.
    Raises ConfigError, IndexLocked, IndexVersionError, IndexDamaged, LedgerError, EngineError.
    """
    started = time.monotonic()
    backup = read_backup(target, number)
    folder = path_of(target, backup.number)
    with refusals_told(target), files.replacement(replace=replace) as place:
        _put_index(folder, backup, place.staging, links, progress)
        _put_ledger(folder, backup, place.staging, ledger)
        with closing(open_engine(f"whoosh:{place.staging}")) as staged:
            _bring_up_to_date(staged)
            left_out = _taken_out(staged, ledger)
            articles = _articles(staged)
        if articles + left_out != backup.articles:
            raise EngineError(
                f"the backup {folder} has {articles + left_out:,} articles, {backup.articles:,} were backed up; "
                "nothing was changed"
            )
        remove_database(state)  # what runs have learned of a newer index would keep its articles out
        generation = place.commit()
    ledger.note_step(backup.generation, generation)
    if kept := backup.file(STATE):
        put_database(_sound(folder, kept), state)
    if unpurged := ledger.removed.unpurged():
        finish(engine, ledger, [removal.id for removal in unpurged], patience=PATIENCE_SECONDS)
    return Restored(backup, engine.generation(), articles, left_out, time.monotonic() - started)


# --- files ---------------------------------------------------------------------------------------------------------


def _put_index(folder: Path, backup: Backup, staging: Path, links: bool, progress: Progress | None) -> None:
    """Puts the files of the index where it is made ready. Each is read to its end and is what was written."""
    done, total = 0, backup.size_bytes()
    for file in backup.files:
        if file.path.startswith(f"{INDEX}/"):
            _put_file(folder, file, staging / Path(file.path).name, links)
        done += file.size
        if progress:
            progress(done, total)
    sync_directory(staging)


def _put_file(folder: Path, file: BackupFile, place: Path, links: bool) -> None:
    with _opened(folder, file).open("rb") as stream:
        is_shared = links and is_linked(folder / file.path, place, stream)
        found = sum_of(stream) if is_shared else copy_synced(stream, place)
    _require(folder, file, found)


def _sound(folder: Path, file: BackupFile) -> Path:
    """The path of a file of a backup that is what was written."""
    with _opened(folder, file).open("rb") as stream:
        _require(folder, file, sum_of(stream))
    return folder / file.path


def _opened(folder: Path, file: BackupFile) -> Path:
    path = folder / file.path
    if path.is_symlink() or not path.is_file():
        raise EngineError(f"the backup is damaged: {path} is missing; restore another, see `backfile backup --list`")
    return path


def _require(folder: Path, file: BackupFile, found: tuple[str, int]) -> None:
    if found != (file.sha256, file.size):
        raise EngineError(
            f"the backup is damaged: {folder / file.path} is not what was written; restore another with --as-of"
        )


def _bring_up_to_date(staged: Engine) -> None:
    """Builds an index of an older format anew."""
    try:
        staged.generation()
    except IndexVersionError:
        if not isinstance(staged, Rebuilding):
            raise
        staged.rebuild()


# --- what may not be shown -----------------------------------------------------------------------------------------


def _put_ledger(folder: Path, backup: Backup, staging: Path, ledger: Ledger) -> None:
    """Has the ledger know what that of the backup knows. One that is there stays, since it is mostly the newer one."""
    if (file := backup.file(LEDGER)) is None:
        return
    source = _sound(folder, file)
    if not Path(ledger.place).exists():
        put_database(source, Path(ledger.place))
        return
    copy = staging.parent / f"{staging.name}.ledger"
    remove_database(copy)
    try:
        with source.open("rb") as stream:
            copy_synced(stream, copy)
        with closing(Ledger(str(copy))) as known:
            ledger.take_over_articles(known)
    finally:
        remove_database(copy)


def _taken_out(staged: Engine, ledger: Ledger) -> int:
    """Takes out of an index what was taken down, with every word of it, and what waits; gives how many that were."""
    before = _articles(staged)
    down = set(_names_down(ledger))
    with staged.searcher() as searcher:
        down |= {name for url in _addresses_down(ledger) if (name := searcher.id_of_url(url)) is not None}
    waits = [name for name, _ in ledger.waiting.sources() if name not in down]
    if waits:
        with staged.writer() as writer:
            for name in waits:
                writer.delete(name)
    if down and isinstance(staged, Purging):
        staged.purge(down)
    return before - _articles(staged)


def _names_down(ledger: Ledger) -> Iterator[str]:
    """The ids of what was taken down, and those that it had before."""
    for removal in ledger.removed.in_force():
        yield removal.id
        yield from ledger.moved_from(removal.id)


def _addresses_down(ledger: Ledger) -> Collection[str]:
    return [each.tombstone.address for each in ledger.removed.in_force() if each.tombstone.address]


def _articles(engine: Engine) -> int:
    with engine.searcher() as searcher:
        return searcher.status().articles
