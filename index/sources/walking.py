"""What is in a folder, and what of it cannot be read: none of that is taken for gone."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from index.paths import kind_of, path_as_text, text_as_path
from index.sources.files import reason_of
from search.errors import SourceError


def walk(folder: Path) -> Iterator[Path | SourceError]:
    """All that is below a folder and is no folder, sorted; each folder once, however links lead to it. For a folder
    that cannot be read, or not all of it, there is the reason."""
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            status = current.stat()
            entries = sorted(entry for entry in current.iterdir() if not _is_hidden(entry.name))
        except FileNotFoundError:
            continue  # it went while its folder was read
        except OSError as error:
            yield _unread_folder(current, error)
            continue
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        folders: list[Path] = []
        failure: OSError | None = None
        for entry in entries:
            try:
                if kind_of(entry) == stat.S_IFDIR:
                    folders.append(entry)
                else:
                    yield entry
            except OSError as error:
                failure = error
        if failure:
            yield _unread_folder(current, failure)
        waiting.extend(reversed(folders))


def _is_hidden(name: str) -> bool:
    """Also what a file system keeps for itself, which only the superuser may read."""
    return name.startswith(".") or name == "lost+found"


def _unread_folder(folder: Path, error: OSError) -> SourceError:
    return unread(path_as_text(folder), error, "; the articles that came from it are kept")


def unread(location: str, error: OSError, then: str = "") -> SourceError:
    """Why a location cannot be read."""
    return SourceError(location, f"cannot be read ({reason_of(error)}){then}")


def failure_in(file: str) -> SourceError | None:
    """Why nothing tells what is in a file: it may be one that was read before. None if it can be read, or is gone."""
    try:
        with text_as_path(file).open("rb") as opened:
            opened.read(1)
    except FileNotFoundError:
        return None
    except OSError as error:
        return unread(file, error)
    return None


def odd_kind(path: Path) -> str:
    """What in a folder is no regular file, in words; "" for one."""
    if path.is_file():
        return ""
    return "pipe, socket or device" if path.exists() else "link that leads nowhere"
