"""Finds what can be indexed under paths and addresses, and matches each file with the format that reads it.

To add a format, write its module beside the others, a function in `index.sources.recognition` by which it is known, and
a row in `FORMATS`.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final
from zoneinfo import ZoneInfo

from index.article import Record, Skipped, Source
from index.fetching import Fetcher
from index.identity import is_address, is_web_address, written_location
from index.paths import kind_of, path_as_text, text_as_path
from index.sources import recognition as known
from index.sources.files import STANDARD_INPUT, local_path, read_head
from index.sources.pages import pages_read_by
from index.sources.reading import Reading, say_nothing
from index.sources.unpacked_file import unpacked_read_by
from index.sources.walking import failure_in, odd_kind, unread, walk
from index.state import State
from search.errors import SourceError
from search.named import Named

__all__ = ["FORMATS", "Format", "find_sources"]


@dataclass(frozen=True, slots=True)
class Format:
    """One input format: its name for people, its usual file extensions (".gz" may follow each), and its reader.

    `accepts` is given a location and the first bytes of what is there, decompressed (see `index.sources.files.HEAD`);
    the bytes are empty if nothing can be read. `open` is given a location and how it is to be read; what reads the
    format is named, and imported when a file of it is met.
    """

    name: str
    extensions: tuple[str, ...]
    accepts: Callable[[str, bytes], bool]
    open: Callable[[str, Reading], Source]


_FEEDS: Final = Format("RSS, Atom and JSON Feed", known.FEED, known.is_feed, Named("index.sources.feeds:Feed"))
_TABLES: Final = Format("CSV", known.CSV, known.is_csv, unpacked_read_by(Named("index.sources.csv_file:read_rows")))
_PAGES: Final = Format(
    "HTML pages", known.HTML, known.is_html, pages_read_by(Named("index.sources.html:read_html_file"))
)

FORMATS: tuple[Format, ...] = (
    Format(
        "WordPress exports",
        known.EXPORT,
        known.is_export,
        unpacked_read_by(Named("index.sources.wordpress.export:read_export")),
    ),
    Format("WordPress posts", (), known.is_posts, Named("index.sources.wordpress.objects:ObjectsFile")),
    Format("web archives", known.WEB_ARCHIVE, known.is_web_archive, Named("index.sources.warc:WebArchive")),
    Format(
        "JSON Lines",
        known.JSON_LINES,
        known.is_json_lines,
        unpacked_read_by(Named("index.sources.jsonl:read_lines")),
    ),
    _FEEDS,
    Format("site maps", (), known.is_site_map, Named("index.sources.sitemaps:SiteMap")),
    Format("ninjs", known.NINJS, known.is_ninjs, unpacked_read_by(Named("index.sources.ninjs:read_items"))),
    Format("NITF", known.NITF, known.is_nitf, Named("index.sources.nitf:NitfFile")),
    Format("JSON", known.JSON, known.is_json, unpacked_read_by(Named("index.sources.json_file:read_elements"))),
    Format("SQLite", known.SQLITE, known.is_sqlite, Named("index.sources.sqlite_file:SqliteFile")),
    _TABLES,
    Format(
        "Markdown",
        known.MARKDOWN,
        known.is_markdown,
        pages_read_by(Named("index.sources.markdown_file:read_markdown_file")),
    ),
    _PAGES,
    Format("page captures", known.TEXT, known.is_text, pages_read_by(Named("index.sources.text:read_text_page"))),
)
"""The first that accepts a file reads it."""

_WEB: Final = Named("index.sources.web:WebSource")

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
        return [_WEB(location, reading)]
    try:
        path = local_path(location)
    except SourceError as error:
        return [Unreadable(error)]
    try:
        kind = kind_of(path)
    except OSError as error:
        return [Unreadable(unread(location, error))]
    if kind == stat.S_IFDIR:
        return _sources_in(location, path, reading.below(path_as_text(path)))
    if kind != stat.S_IFREG:
        reason = "not a file or folder" if kind else "there is no such file or folder"
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
    if head and reading.mapping and known.is_table(head):
        return _TABLES.open(STANDARD_INPUT, reading)
    reason = f"not a known format; {_known()}" if head else "standard input is empty"
    return Unreadable(SourceError(STANDARD_INPUT, reason))


def _sources_in(location: str, folder: Path, reading: Reading) -> list[Source]:
    found: list[tuple[Format, str]] = []
    unknown: Counter[str] = Counter()
    failed: list[SourceError] = []
    empty = True
    for each in walk(folder):
        empty = False
        if isinstance(each, SourceError):
            failed.append(each)
            continue
        file = path_as_text(each)
        if odd := odd_kind(text_as_path(file)):
            unknown[odd] += 1
            continue
        suffix = PurePath(file).suffix.lower()
        if suffix in COMPANIONS:
            continue
        if row := _format_of(file, reading):
            found.append((row, file))
        elif error := failure_in(file):
            failed.append(error)
        else:
            unknown[suffix or "no extension"] += 1
    if empty:
        return [Unreadable(SourceError(location, "the folder holds no files"))]
    sources = [*_without_repetitions(location, found, reading), *map(Unreadable, failed)]
    if unknown:
        sources.append(Unreadable(_skipped(location, unknown)))
    return sources


def _without_repetitions(location: str, found: list[tuple[Format, str]], reading: Reading) -> list[Source]:
    """The sources of a folder. Where feeds stand beside pages, they come last, without the entries that are pages."""
    beside = [file for row, file in found if row is _FEEDS] if any(row is _PAGES for row, _ in found) else []
    if not beside:
        return [row.open(file, reading) for row, file in found]
    from index.sources.repeated_pages import feeds_beside_pages  # with all that reads feeds

    pages = [file for row, file in found if row is _PAGES]
    others = [row.open(file, reading) for row, file in found if row is not _FEEDS]
    return [*others, *feeds_beside_pages(location, beside, pages, reading)]


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


class Unreadable:
    """A location at which there is nothing to read; reading it raises the reason."""

    size = 0

    def __init__(self, reason: SourceError) -> None:
        self.name = reason.origin
        self._reason = reason

    def records(self) -> Iterator[Record | SourceError]:
        """Raises SourceError, or Skipped for files that are merely of no known format."""
        raise self._reason
