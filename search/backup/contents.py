"""`backup.json`: what a backup holds, with the sum of every file, and one of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from search.errors import EngineError

NAME: Final = "backup.json"
INDEX: Final = "index"
LEDGER: Final = "ledger"
STATE: Final = "state"
_FORMAT: Final = "backfile-backup"
_VERSION: Final = 1
_MAX_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BackupFile:
    """A file of a backup: its path in it, with "/", its size in bytes, and its SHA-256 in hex digits."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: the commit of that `generation`, with so many articles, as it was at the aware time
    `taken_at`."""

    number: int
    taken_at: datetime
    generation: str
    articles: int
    files: tuple[BackupFile, ...]

    def file(self, path: str) -> BackupFile | None:
        """The file with that path, None if the backup has none."""
        return next((file for file in self.files if file.path == path), None)

    def size_bytes(self) -> int:
        return sum(file.size for file in self.files)


def contents_bytes(backup: Backup) -> bytes:
    """The content of the file that says what a backup holds."""
    content = {"format": _FORMAT, "version": _VERSION} | asdict(backup) | {"taken_at": backup.taken_at.isoformat()}
    return json.dumps(content | {"sha256": _sum(content)}, indent=1).encode()


def read_contents(folder: Path) -> Backup:
    """What the backup in a folder holds. Raises EngineError if that cannot be read, or is not what was written."""
    try:
        with (folder / NAME).open("rb") as stream:
            raw = stream.read(_MAX_BYTES + 1)
        return _backup(_checked(raw))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise EngineError(f"the backup {folder} cannot be read: {NAME} is not what was written ({error})") from error


def _checked(raw: bytes) -> dict[str, Any]:
    if len(raw) > _MAX_BYTES:
        raise ValueError("it is too large")
    content: dict[str, Any] = json.loads(raw)
    if content["format"] != _FORMAT or content["version"] != _VERSION:
        raise ValueError("another program wrote it, or another version of this one")
    if content.pop("sha256", None) != _sum(content):
        raise ValueError("its sum differs")
    return content


def _sum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _backup(content: dict[str, Any]) -> Backup:
    return Backup(
        number=int(content["number"]),
        taken_at=datetime.fromisoformat(content["taken_at"]).astimezone(UTC),
        generation=str(content["generation"]),
        articles=int(content["articles"]),
        files=tuple(_file(row) for row in content["files"]),
    )


def _file(row: dict[str, Any]) -> BackupFile:
    path, name = str(row["path"]), str(row["path"]).removeprefix(f"{INDEX}/")
    if path not in (LEDGER, STATE) and (path == name or Path(name).name != name or name in ("", ".", "..")):
        raise ValueError(f"the file {path[:80]!r} is out of place")
    return BackupFile(path, int(row["size"]), str(row["sha256"]))
