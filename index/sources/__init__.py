"""Finding what can be indexed: a path or many, files or folders, each matched to its reader by one table.

To add a format, write its reader beside the others and give it a row in `FORMATS`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from index.article import Article, Skipped, Source
from index.sources.html import read_html_page
from index.sources.jsonl import JsonLines
from index.sources.pages import PageReader, Pages
from index.sources.text import read_text_page
from search.errors import SourceError

__all__ = ["FORMATS", "Format", "find_sources"]


@dataclass(frozen=True, slots=True)
class Format:
    """One input format: its name for people, its file extensions (".gz" may follow each), and what reads it.

    `open` gets the path the person named, the files of this format under it, and the archive's time zone.
    """

    name: str
    extensions: tuple[str, ...]
    open: Callable[[Path, list[Path], ZoneInfo], list[Source]]


def _json_lines(_: Path, files: list[Path], time_zone: ZoneInfo) -> list[Source]:
    return [JsonLines(file, time_zone) for file in files]


def _pages(read: PageReader) -> Callable[[Path, list[Path], ZoneInfo], list[Source]]:
    return lambda path, files, time_zone: [Pages(path, files, time_zone, read)]


FORMATS: tuple[Format, ...] = (
    Format("JSON Lines", (".jsonl", ".ndjson"), _json_lines),
    Format("HTML pages", (".html", ".htm", ".xhtml"), _pages(read_html_page)),
    Format("page captures", (".txt",), _pages(read_text_page)),
)

# What a saved page brings along: in a folder of pages these are no failures.
COMPANIONS = frozenset((
    ".css", ".js", ".mjs", ".map", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".ico", ".bmp", ".woff",
    ".woff2", ".ttf", ".eot", ".otf", ".mp3", ".mp4", ".webm",
))  # fmt: skip


def find_sources(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, time_zone: str = "UTC"
) -> list[Source]:
    """A source for each input under `paths`, in order; folders are searched through, sorted, without hidden files.

    A path that is missing or of no known format becomes a source that reports exactly that when it is read.
    Times in an input that state no zone are in `time_zone`.
    """
    named = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    zone = ZoneInfo(time_zone)
    return [source for path in dict.fromkeys(map(Path, named)) for source in _sources_of(path, zone)]


def _sources_of(path: Path, zone: ZoneInfo) -> list[Source]:
    if path.is_dir():
        files = list(_walk(path))
        if not files:
            return [Unreadable(path, "the folder holds no files")]
    elif path.is_file():
        files = [path]
    else:
        return [Unreadable(path, "not a file or folder" if path.exists() else "there is no such file or folder")]
    found = [
        source for row in FORMATS if (own := [f for f in files if _is(row, f)]) for source in row.open(path, own, zone)
    ]
    unknown = [file for file in files if not any(_is(row, file) for row in FORMATS)]
    if path.is_dir() and found:
        unknown = [file for file in unknown if file.suffix.lower() not in COMPANIONS]
    if not unknown:
        return found
    return [*found, Unreadable(path, _unknown_reason(path, unknown), Skipped if found else SourceError)]


def _is(row: Format, file: Path) -> bool:
    return file.name.lower().removesuffix(".gz").endswith(row.extensions)


def _unknown_reason(path: Path, unknown: list[Path]) -> str:
    known = ", ".join(f"{row.name} ({', '.join(row.extensions)})" for row in FORMATS)
    if path.is_file():
        return f"not a known format; known are {known}, each also as .gz"
    kinds = Counter(file.suffix.lower() or "no extension" for file in unknown).most_common(5)
    listed = ", ".join(f"{kind}: {count}" for kind, count in kinds)
    return f"{len(unknown)} files in it are of no known format ({listed}); known are {known}, each also as .gz"


def _walk(folder: Path) -> Iterator[Path]:
    """Every regular file under a folder, sorted, each folder once however the links run."""
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            status = current.stat()
            entries = sorted(entry for entry in current.iterdir() if not entry.name.startswith("."))
        except OSError:
            continue
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        yield from (entry for entry in entries if entry.is_file())
        waiting.extend(reversed([entry for entry in entries if entry.is_dir()]))


class Unreadable:
    """A path nothing can be read from; reading it says why."""

    def __init__(self, path: Path, reason: str, kind: type[SourceError] = SourceError) -> None:
        self.name = str(path)
        self._reason = reason
        self._kind = kind

    def size(self) -> int:
        """Nothing to read."""
        return 0

    def position(self) -> int:
        """Nothing was read."""
        return 0

    def pieces(self) -> Iterator[Article | SourceError]:
        """Raises SourceError with the reason; Skipped where there is more in the folder that can be read."""
        raise self._kind(self.name, self._reason)

    articles = pieces
