"""`backfile.json`: which files of an index directory are the committed state, and which articles are deleted.

    archive/
    ├── backfile.json             this file; replacing it is the commit
    ├── backfile.previous.json    the commit before, which `check --repair` can go back to
    ├── backfile.lock             held by the writer; names it
    ├── NAME.segment              articles, see `search.engines.disk.format.layout`; never changed once committed
    ├── NAME.3.deleted            what commit 3 took out of that segment
    ├── NAME.4.vectors            vectors of its articles, as far as commit 4 had them
    └── _MAIN_3.toc               the same commit for programs that open the index with Whoosh alone; we never read it

The manifest is written aside, synced and renamed over the old one, so that a reader sees one commit or the other whole.
"""

from __future__ import annotations

import json
import os
import secrets
import zlib
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from search.durability import sync_directory
from search.engines.disk.errors import damaged, reading
from search.engines.disk.format.kinds import DELETIONS_SUFFIX, SEGMENT_SUFFIX, VECTORS_SUFFIX, VERSION, version_problem
from search.errors import EngineError, IndexDamaged, IndexMissing, IndexVersionError

FORMAT: Final = "backfile-index"
NAME: Final = "backfile.json"
PREVIOUS_NAME: Final = "backfile.previous.json"
LOCK_NAME: Final = "backfile.lock"
_MAX_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A file of a commit as it was written. `crc32` is that of all its bytes, but of a container that of its
    directory."""

    name: str
    size: int
    crc32: int


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A segment in a commit. Its file has `articles`, of which `deleted` are listed in the file `deletions`, and some
    or all have vectors in the file `vectors`."""

    file: File
    articles: int
    deletions: File | None = None
    deleted: int = 0
    vectors: File | None = None

    @property
    def live(self) -> int:
        """How many articles the commit counts."""
        return self.articles - self.deleted

    def files(self) -> Iterator[File]:
        """The segment's own file, its deletions and its vectors."""
        yield self.file
        if self.deletions:
            yield self.deletions
        if self.vectors:
            yield self.vectors


@dataclass(frozen=True, slots=True)
class Manifest:
    """One commit. `number` goes up by one with each; `generation` is a name that is never used again."""

    number: int
    generation: str
    built_at: datetime
    segments: tuple[SegmentEntry, ...]
    toc: File | None = None

    @property
    def articles(self) -> int:
        """How many articles the commit counts."""
        return sum(segment.live for segment in self.segments)

    def files(self) -> Iterator[File]:
        """Every file that belongs to the commit, besides the manifest itself."""
        for segment in self.segments:
            yield from segment.files()
        if self.toc:
            yield self.toc

    def size_bytes(self) -> int:
        return sum(file.size for file in self.files())


def new_generation() -> str:
    """A name that no commit has had before."""
    return secrets.token_hex(8)


def is_ours(directory: Path) -> bool:
    """Whether a directory has an index of ours, even an unfinished one."""
    return (directory / NAME).exists() or (directory / LOCK_NAME).exists()


def require_writable(directory: Path) -> None:
    """Raises EngineError if the directory has other files: nothing is written among them."""
    if directory.exists() and not directory.is_dir():
        raise EngineError(f"{directory} is a file; name a directory for the index")
    if directory.is_dir() and not is_ours(directory) and any(directory.iterdir()):
        raise EngineError(f"{directory} is not empty and is no index; name another directory for the index")


def read_manifest(
    directory: Path, name: str = NAME, *, signed: bool = True, versions: Collection[int] = (VERSION,)
) -> Manifest:
    """The newest commit, or with PREVIOUS_NAME the one before, in a format of one of these versions; its checksum must
    be right if `signed`.

    Raises IndexMissing, IndexVersionError or IndexDamaged.
    """
    with reading(directory):
        raw = _read_bytes(directory, name)
        try:
            content = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise damaged(directory, f"{name} is not JSON") from error
        _require_version(directory, name, content, versions)
        if content.pop("crc32", None) != _checksum(content) and signed:
            raise damaged(directory, f"{name} is not what was written: its checksum differs")
        return _from_content(content)


def parse_manifest(raw: bytes, what: str) -> Manifest:
    """The commit that `raw`, the content of such a file, describes; `what` names it in errors. Raises IndexVersionError
    or IndexDamaged."""
    try:
        content = json.loads(raw) if len(raw) <= _MAX_BYTES else None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise IndexDamaged(f"{what} is no commit of an index")
        if content.get("version") != VERSION:
            raise IndexVersionError(
                f"{what} has format version {str(content.get('version'))[:20]}, this program reads version {VERSION}; "
                "run the same version of Backfile on both sides"
            )
        if content.pop("crc32", None) != _checksum(content):
            raise IndexDamaged(f"{what} was damaged on its way: its checksum differs")
        return _from_content(content)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise IndexDamaged(f"{what} is no commit of an index ({error})"[:300]) from error


def read_newest(directory: Path) -> Manifest:
    """The newest commit, as `read_manifest` reads it, once its segments are seen to be there in their full size: that
    shows most damage, and opens none of them."""
    while True:
        manifest = read_manifest(directory)
        try:
            for segment in manifest.segments:
                for file in segment.files():
                    require_size(directory, file)
        except IndexDamaged:
            if read_manifest(directory).generation == manifest.generation:
                raise
        else:
            return manifest


def require_size(directory: Path, file: File) -> None:
    """Raises IndexDamaged if a file is not there, or not of the size that was committed."""
    with reading(directory):
        size = (directory / file.name).stat().st_size
    if size != file.size:
        raise damaged(directory, f"{file.name} has {size:,} bytes instead of {file.size:,}")


def _read_bytes(directory: Path, name: str) -> bytes:
    try:
        with (directory / name).open("rb") as stream:
            raw = stream.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        if writer := _first_writer(directory):
            raise IndexMissing(
                f"the index at {directory} has no commit yet; {writer} is making the first one: try again shortly, "
                "or index again if that process has ended"
            ) from error
        if any(directory.glob(f"*{SEGMENT_SUFFIX}")):
            raise damaged(directory, f"{name} is missing") from error
        raise IndexMissing(
            f"there is no index at {directory}; make one with `backfile index SOURCE… --index {directory}`"
        ) from error
    if len(raw) > _MAX_BYTES:
        raise damaged(directory, f"{name} is too large")
    return raw


def _first_writer(directory: Path) -> str:
    """Who is making the first commit, or ended without releasing the lock; "" if nobody. `DirectoryLock` writes it."""
    try:
        text = (directory / LOCK_NAME).read_bytes()[:4096]
    except OSError:
        return ""
    try:
        holder = json.loads(text)
        return f"process {holder['pid']} on {holder['host']}, since {holder['since']},"
    except (ValueError, KeyError, TypeError):
        return "another process" if text else ""


def _require_version(directory: Path, name: str, content: Any, versions: Collection[int]) -> None:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise damaged(directory, f"{name} is not the file of an index")
    if (version := content.get("version")) not in versions:
        raise IndexVersionError(version_problem(f"the index at {directory}", version))


def _checksum(content: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


def _from_content(content: dict[str, Any]) -> Manifest:
    return Manifest(
        number=int(content["number"]),
        generation=str(content["generation"]),
        built_at=datetime.fromisoformat(content["built_at"]).astimezone(UTC),
        segments=tuple(map(_segment, content["segments"])),
        toc=_file(content["toc"], ".toc") if content["toc"] else None,
    )


def _segment(row: dict[str, Any]) -> SegmentEntry:
    deletions = _file(row["deletions"], DELETIONS_SUFFIX) if row["deletions"] else None
    file, articles, deleted = _file(row["file"], SEGMENT_SUFFIX), int(row["articles"]), int(row["deleted"])
    if not 0 <= deleted <= articles <= file.size:  # an article takes far more than a byte
        raise ValueError(f"the file {file.name!r} cannot hold {articles} articles, {deleted} of them deleted")
    vectors = _file(row["vectors"], VECTORS_SUFFIX) if row.get("vectors") else None
    return SegmentEntry(file, articles, deletions, deleted, vectors)


def _file(row: dict[str, Any], suffix: str) -> File:
    name = str(row["name"])
    if Path(name).name != name or not name.endswith(suffix):
        raise ValueError(f"the file {name[:80]!r} is out of place")
    return File(name, int(row["size"]), int(row["crc32"]))


def manifest_bytes(manifest: Manifest) -> bytes:
    """The content of the file of a commit."""
    content = {"format": FORMAT, "version": VERSION} | asdict(manifest) | {"built_at": manifest.built_at.isoformat()}
    return json.dumps(content | {"crc32": _checksum(content)}, indent=1).encode()


def write_manifest(directory: Path, manifest: Manifest, *, keep_previous: bool = True) -> None:
    """Makes this the newest commit: in the end it is on the disk, or nothing has changed. The content of its files must
    be synced already; their names are synced first."""
    sync_directory(directory)
    raw = manifest_bytes(manifest)
    if keep_previous and (directory / NAME).exists():
        _replace(directory, PREVIOUS_NAME, (directory / NAME).read_bytes())
    _replace(directory, NAME, raw)
    sync_directory(directory)


def _replace(directory: Path, name: str, raw: bytes) -> None:
    temporary = directory / f"{name}.new"
    with temporary.open("wb") as stream:
        stream.write(raw)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(directory / name)
