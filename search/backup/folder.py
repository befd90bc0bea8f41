"""The folder that backups are in: one process works in it at a time, and what was cut off is cleared away."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from search.backup.contents import Backup, read_contents
from search.backup.files import refusals_told
from search.durability import sync_directory
from search.errors import ConfigError, EngineError, IndexLocked
from search.locking import try_lock

MARK: Final = "backfile.backups"
DRAFT: Final = ".new"
GONE: Final = ".gone"
_NUMBER: Final = re.compile(r"\d{6,12}")


def path_of(target: Path, number: int) -> Path:
    """The folder of a backup."""
    return target / f"{number:06}"


def numbers_in(target: Path) -> list[int]:
    """The numbers of the backups in a folder, ascending. Raises ConfigError if it is not one of backups."""
    if not (target / MARK).is_file():
        raise ConfigError(f"{target} holds no backups; make one with `backfile backup {target}`")
    with refusals_told(target):
        return sorted(int(path.name) for path in target.iterdir() if _NUMBER.fullmatch(path.name))


def backups_in(target: Path) -> list[Backup]:
    """The backups in a folder, the oldest first. Raises ConfigError, and EngineError if one cannot be read."""
    return [read_backup(target, number) for number in numbers_in(target)]


def read_backup(target: Path, number: int | None) -> Backup:
    """The backup with that number, or the newest one. Raises ConfigError if there is none, EngineError if it cannot be
    read."""
    numbers = numbers_in(target)
    if not numbers:
        raise ConfigError(f"{target} holds no whole backup; make one with `backfile backup {target}`")
    wanted = numbers[-1] if number is None else number
    if wanted not in numbers:
        known = ", ".join(map(str, numbers[-20:]))
        raise ConfigError(f"{target} has no backup {wanted}; there are {known}")
    found = read_contents(path_of(target, wanted))
    if found.number != wanted:
        raise EngineError(f"the backup {path_of(target, wanted)} says that it is number {found.number}")
    return found


@contextmanager
def working_in(target: Path) -> Iterator[None]:
    """Nobody else changes the backups in the block. The folder is made if there is none, and what was cut off before is
    removed. Raises ConfigError if it holds something else, IndexLocked if another process is at work in it."""
    with refusals_told(target):
        target.mkdir(parents=True, exist_ok=True)
        mark = target / MARK
        if not mark.exists() and any(target.iterdir()):
            raise ConfigError(f"{target} is not empty and holds no backups; name another folder for them")
        with mark.open("ab") as stream:
            if not try_lock(stream):
                raise IndexLocked(f"another process is at work on the backups in {target}; wait until it is done")
            for path in list(target.iterdir()):
                if path.suffix in (DRAFT, GONE) and _NUMBER.fullmatch(path.stem):
                    shutil.rmtree(path)
            yield


def remove_oldest(target: Path, keep: int) -> list[int]:
    """Removes all backups but the newest `keep`, in a block of `working_in`; gives their numbers."""
    removed = numbers_in(target)[:-keep]
    with refusals_told(target):
        for number in removed:
            path = path_of(target, number)
            path.rename(path.with_suffix(GONE))  # from now on it is not taken for a whole one
        sync_directory(target)
        for number in removed:
            shutil.rmtree(path_of(target, number).with_suffix(GONE))
    return removed
