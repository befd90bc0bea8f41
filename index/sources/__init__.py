"""Finds what can be indexed under paths and addresses, and matches each file with the format that reads it.

To add a format, write its module beside the others and give it a row in `FORMATS`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final
from zoneinfo import ZoneInfo

from index.article import Record, Skipped, Source
from index.fetching import Fetcher
from index.identity import is_address, written_location
from index.paths import path_as_text
from index.sources import (
    csv_file,
    feeds,
    html,
    json_file,
    jsonl,
    markdown_file,
    ninjs,
    nitf,
    sitemaps,
    sqlite_file,
    text,
    warc,
)
from index.sources.files import STANDARD_INPUT, local_path, read_head
from index.sources.pages import pages_read_by
from index.sources.reading import Reading, say_nothing
from index.sources.repeated_pages import FeedBesidePages, Pages, Repetitions
from index.sources.unpacked_file import unpacked_read_by
from index.sources.web import WebSource, is_web_address
from index.sources.wordpress import export, objects
from index.state import State
from search.errors import SourceError

__all__ = ["FORMATS", "Format", "find_sources"]


@dataclass(frozen=True, slots=True)
class Format:
    """One input format: its name for people, its usual file extensions (".gz" may follow each), and its reader.

    `accepts` is given a location and the first bytes of what is there, decompressed (see `index.sources.files.HEAD`);
    the bytes are empty if nothing can be read. `open` is given a location and how it is to be read.
    """

    name: str
    extensions: tuple[str, ...]
    accepts: Callable[[str, bytes], bool]
    open: Callable[[str, Reading], Source]


_FEEDS: Final = Format("RSS, Atom and JSON Feed", feeds.EXTENSIONS, feeds.accepts, feeds.Feed)
_TABLES: Final = Format("CSV", csv_file.EXTENSIONS, csv_file.accepts, unpacked_read_by(csv_file.read_rows))
_PAGES: Final = Format("HTML pages", html.EXTENSIONS, html.accepts, pages_read_by(html.read_html_file))

FORMATS: tuple[Format, ...] = (
    Format("WordPress exports", export.EXTENSIONS, export.accepts, unpacked_read_by(export.read_export)),
    Format("WordPress posts", objects.EXTENSIONS, objects.accepts, objects.ObjectsFile),
    Format("web archives", warc.EXTENSIONS, warc.accepts, warc.WebArchive),
    Format("JSON Lines", jsonl.EXTENSIONS, jsonl.accepts, unpacked_read_by(jsonl.read_lines)),
    _FEEDS,
    Format("site maps", sitemaps.EXTENSIONS, sitemaps.accepts, sitemaps.SiteMap),
    Format("ninjs", ninjs.EXTENSIONS, ninjs.accepts, unpacked_read_by(ninjs.read_items)),
    Format("NITF", nitf.EXTENSIONS, nitf.accepts, nitf.NitfFile),
    Format("JSON", json_file.EXTENSIONS, json_file.accepts, unpacked_read_by(json_file.read_elements)),
    Format("SQLite", sqlite_file.EXTENSIONS, sqlite_file.accepts, sqlite_file.SqliteFile),
    _TABLES,
    Format(
        "Markdown", markdown_file.EXTENSIONS, markdown_file.accepts, pages_read_by(markdown_file.read_markdown_file)
    ),
    _PAGES,
    Format("page captures", text.EXTENSIONS, text.accepts, pages_read_by(text.read_text_page)),
)
"""The first that accepts a file reads it."""

# Browsers and crawlers save these beside the pages. In a folder they are passed over without a word.
COMPANIONS = frozenset((
    ".css", ".js", ".mjs", ".map", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".ico", ".bmp", ".woff",
    ".woff2", ".ttf", ".eot", ".otf", ".mp3", ".mp4", ".webm",
))  # fmt: skip

Location = str | os.PathLike[str]


def find_sources(
    locations: Location | Iterable[Location],
    *,
    time_zone: str = "UTC",
    mapping: Mapping[str, str] | None = None,
    types: Sequence[str] = ("post",),
    table: str = "",
    fetcher: Fetcher | None = None,
    pages: bool = False,
    say: Callable[[str, str], None] = say_nothing,
    state: State | None = None,
) -> list[Source]:
    """A source for each file at `locations` (paths of files or folders, addresses, or "-"), in order and each once.

    Folders are searched through, sorted, without hidden files. Sources are called by the text of their paths; see
    `index.paths`. A location that is missing, of no known format or of an unknown scheme becomes a source that says so
    when it is read. Times that state no zone are in `time_zone`.
    `mapping` has for keys of the input our names. `types` are the post types of WordPress that are articles. `table`
    names one of a file of tables. `fetcher`, `pages`, `say` and `state` are for addresses of the web, which are asked
    when they are read; see `index.sources.reading.Reading`.
    """
    named = [locations] if isinstance(locations, str | os.PathLike) else list(locations)
    reading = Reading(
        ZoneInfo(time_zone),
        mapping=mapping or {},
        types=tuple(types),
        table=table,
        fetcher=fetcher,
        pages=pages,
        say=say,
        state=state,
    )
    given = dict.fromkeys(map(_plain, named))
    return [source for location in given for source in _sources_at(location, reading)]


def _plain(location: Location) -> str:
    text = os.fspath(location)
    return text if is_address(text) else written_location(str(PurePath(text)))


def _sources_at(location: str, reading: Reading) -> list[Source]:
    if location == STANDARD_INPUT:
        return [_opened(location, reading)]
    if is_web_address(location):
        return [WebSource(location, reading)]
    try:
        path = local_path(location)
    except SourceError as error:
        return [Unreadable(error)]
    if path.is_dir():
        return _sources_in(location, path, reading.below(path_as_text(path)))
    if not path.is_file():
        reason = "not a file or folder" if path.exists() else "there is no such file or folder"
        return [Unreadable(SourceError(location, reason))]
    return [_opened(location, reading)]


def _opened(location: str, reading: Reading) -> Source:
    row = _format_of(location, reading) or _format_called(location)
    if row is None and location == STANDARD_INPUT:
        return _unrecognised(reading)
    return row.open(location, reading) if row else Unreadable(SourceError(location, f"not a known format; {_known()}"))


def _unrecognised(reading: Reading) -> Source:
    """Standard input that no format accepts. With a mapping a table is one whatever its columns are called."""
    head = read_head(STANDARD_INPUT)
    if head and reading.mapping and csv_file.is_table(head):
        return _TABLES.open(STANDARD_INPUT, reading)
    reason = f"not a known format; {_known()}" if head else "standard input is empty"
    return Unreadable(SourceError(STANDARD_INPUT, reason))


def _sources_in(location: str, folder: Path, reading: Reading) -> list[Source]:
    found: list[tuple[Format, str]] = []
    unknown: Counter[str] = Counter()
    empty = True
    for file in map(path_as_text, _walk(folder)):
        empty = False
        suffix = PurePath(file).suffix.lower()
        if suffix in COMPANIONS:
            continue
        if row := _format_of(file, reading):
            found.append((row, file))
        else:
            unknown[suffix or "no extension"] += 1
    if empty:
        return [Unreadable(SourceError(location, "the folder holds no files"))]
    sources = _without_repetitions(location, found, reading)
    if unknown:
        sources.append(Unreadable(_skipped(location, unknown)))
    return sources


def _without_repetitions(location: str, found: list[tuple[Format, str]], reading: Reading) -> list[Source]:
    """The sources of a folder. Where feeds stand beside pages, they come last, without the entries that are pages."""
    pages = Pages([file for row, file in found if row is _PAGES], reading)
    beside = [file for row, file in found if row is _FEEDS] if any(row is _PAGES for row, _ in found) else []
    sources = [row.open(file, reading) for row, file in found if not (beside and row is _FEEDS)]
    sources += [FeedBesidePages(feeds.Feed(file, reading), pages) for file in beside]
    return [*sources, Repetitions(location, pages)] if beside else sources


def _format_of(location: str, reading: Reading) -> Format | None:
    head = read_head(location)
    found = next((row for row in FORMATS if row.accepts(location, head)), None)
    # With a mapping, the keys of the input are not the ones by which a format is recognised.
    return found or (_format_called(location) if reading.mapping else None)


def _format_called(location: str) -> Format | None:
    """The format that has the extension of a file: what is named by a person is taken at its word."""
    name = location.lower().removesuffix(".gz")
    return next((row for row in FORMATS if name.endswith(row.extensions)), None)


def _skipped(location: str, unknown: Counter[str]) -> Skipped:
    kinds = ", ".join(f"{kind}: {count}" for kind, count in unknown.most_common())
    total = unknown.total()
    what = f"{total} files in it are" if total > 1 else "1 file in it is"
    return Skipped(location, f"{what} of no known format ({kinds}); {_known()}", total)


def _known() -> str:
    formats = (f"{row.name} ({', '.join(row.extensions)})" if row.extensions else row.name for row in FORMATS)
    return f"known are {', '.join(formats)}, each also as .gz"


def _walk(folder: Path) -> Iterator[Path]:
    """Every regular file below a folder, sorted; each folder once, however links lead to it."""
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
    """A location at which there is nothing to read; reading it raises the reason."""

    size = 0

    def __init__(self, reason: SourceError) -> None:
        self.name = reason.origin
        self._reason = reason

    def records(self) -> Iterator[Record | SourceError]:
        """Raises SourceError, or Skipped for files that are merely of no known format."""
        raise self._reason
