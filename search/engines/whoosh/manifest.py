"""`backfile.json`: which state of an index directory is the committed one.

    archive/
    ├── backfile.json       this file; replacing it is the commit
    ├── backfile.lock       held by the writer; names it
    └── data-…/             what Whoosh wrote: one table of contents and its segments

It is written aside, synced and renamed over the old one, so that a reader sees either commit whole.
"""

from __future__ import annotations

import json
import os
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from search.engines.whoosh.errors import damaged, reading
from search.errors import EngineError, IndexMissing, IndexVersionError

FORMAT: Final = "backfile-index"
VERSION: Final = 1
NAME: Final = "backfile.json"
LOCK_NAME: Final = "backfile.lock"
DATA_PREFIX: Final = "data-"
_MAX_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A file of a commit, as it was written."""

    size: int
    crc32: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One commit. `folder` holds its files, `toc` is the number of Whoosh's table of contents in it."""

    folder: str
    toc: int
    generation: str
    built_at: datetime
    articles: int
    files: Mapping[str, File]

    def size_bytes(self) -> int:
        return sum(file.size for file in self.files.values())


def new_generation() -> str:
    """A name no commit had before."""
    return secrets.token_hex(8)


def is_ours(directory: Path) -> bool:
    """Whether a directory holds an index of ours, even one that is not finished."""
    return (directory / NAME).exists() or (directory / LOCK_NAME).exists()


def require_writable(directory: Path) -> None:
    """Raises EngineError where something else lives: nothing is written between other people's files."""
    if directory.exists() and not directory.is_dir():
        raise EngineError(f"{directory} is a file; name a directory for the index")
    if directory.is_dir() and not is_ours(directory) and any(directory.iterdir()):
        raise EngineError(f"{directory} is not empty and is no index; name another directory for the index")


def read_manifest(directory: Path) -> Manifest:
    """The newest commit; raises IndexMissing, IndexVersionError or IndexDamaged."""
    with reading(directory):
        raw = _read_bytes(directory)
        try:
            content = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise damaged(directory, f"{NAME} is not JSON") from error
        _require_version(directory, content)
        return _from_content(content)


def _read_bytes(directory: Path) -> bytes:
    try:
        with (directory / NAME).open("rb") as stream:
            raw = stream.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        if any(directory.glob(f"{DATA_PREFIX}*/*.toc")) and not _is_being_made(directory):
            raise damaged(directory, f"{NAME} is missing") from error
        raise IndexMissing(
            f"there is no index at {directory}; make one with `backfile index SOURCE… --index {directory}`"
        ) from error
    if len(raw) > _MAX_BYTES:
        raise damaged(directory, f"{NAME} is too large")
    return raw


def _is_being_made(directory: Path) -> bool:
    """Whether a writer is at work, or ended without letting the lock go: what lies about is its own."""
    try:
        return (directory / LOCK_NAME).stat().st_size > 0
    except OSError:
        return False


def _require_version(directory: Path, content: Any) -> None:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise damaged(directory, f"{NAME} is not the file of an index")
    if (version := content.get("version")) != VERSION:
        raise IndexVersionError(
            f"the index at {directory} has format version {str(version)[:20]}, this program reads version {VERSION}; "
            "make it anew with `backfile index SOURCE… --rebuild`"
        )


def _from_content(content: dict[str, Any]) -> Manifest:
    folder, generation = str(content["folder"]), str(content["generation"])
    if Path(folder).name != folder or not folder.startswith(DATA_PREFIX):
        raise ValueError(f"folder {folder[:80]!r} is out of place")
    return Manifest(
        folder=folder,
        toc=int(content["toc"]),
        generation=generation,
        built_at=datetime.fromisoformat(content["built_at"]).astimezone(UTC),
        articles=int(content["articles"]),
        files={str(name): File(int(file["size"]), int(file["crc32"])) for name, file in content["files"].items()},
    )


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Makes this the newest commit: afterwards it is on the disk, or nothing has changed."""
    content = {"format": FORMAT, "version": VERSION} | asdict(manifest) | {"built_at": manifest.built_at.isoformat()}
    temporary = directory / f"{NAME}.new"
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(directory / NAME)
    sync_directory(directory)


def seal(path: Path) -> File:
    """Puts a file on the disk for good and takes its size and checksum."""
    size = crc = 0
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            size += len(block)
            crc = zlib.crc32(block, crc)
        os.fsync(stream.fileno())
    return File(size, crc)


def sync_directory(directory: Path) -> None:
    """Puts the names in a directory on the disk, where the system can do that."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
