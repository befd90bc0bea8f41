"""Removes what earlier writers left behind: files of older commits, and of transactions that never came to an end."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from search.engines.disk.files.layout import DELETIONS_SUFFIX, SEGMENT_SUFFIX
from search.engines.disk.files.manifest import NAME, PREVIOUS_NAME, Manifest, read_manifest
from search.errors import EngineError, IndexMissing

_OURS: Final = re.compile(
    rf"[0-9a-f]{{16}}(?:{re.escape(SEGMENT_SUFFIX)}|\.\d+{re.escape(DELETIONS_SUFFIX)})"
    rf"|_MAIN_\d+\.toc(?:\.[\d.]+)?|(?:{re.escape(NAME)}|{re.escape(PREVIOUS_NAME)})\.new"
)
_NUMBERED: Final = re.compile(rf"[0-9a-f]{{16}}\.(\d{{1,18}}){re.escape(DELETIONS_SUFFIX)}|_MAIN_(\d{{1,18}})\.toc")
_OLD_FOLDER: Final = re.compile(r"data-[0-9a-f]{16}")
"""Where format version 1 kept its files."""


def sweep(directory: Path, *kept: Manifest | None) -> None:
    """Removes what belongs neither to the manifests given nor to the commit before the newest, which readers may be
    opening. To be called by who holds the lock.

    What cannot be removed now, because a system keeps open files, the next writer removes.
    """
    listed = {file.name for manifest in (*kept, _commit_before(directory)) if manifest for file in manifest.files()}
    with suppress(OSError):
        for path in list(directory.iterdir()):
            if _OLD_FOLDER.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)
            elif _OURS.fullmatch(path.name) and path.name not in listed:
                with suppress(OSError):
                    path.unlink()


def sweep_leftovers(directory: Path) -> None:
    """Removes what belongs to no commit; nothing at all where the newest cannot be read, since `check --repair` may
    need it."""
    try:
        sweep(directory, read_manifest(directory))
    except IndexMissing:
        sweep(directory)
    except EngineError:
        return


def _commit_before(directory: Path) -> Manifest | None:
    try:
        return read_manifest(directory, PREVIOUS_NAME)
    except EngineError:
        return None


def highest_number(directory: Path) -> int:
    """The highest number of a commit that a file in the directory is named after, 0 if none is."""
    found = (_NUMBERED.fullmatch(path.name) for path in directory.iterdir())
    return max((int(match[1] or match[2]) for match in found if match), default=0)
