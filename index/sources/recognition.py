"""Which format an input is of, by its name and its first bytes: one function for each row of `index.sources.FORMATS`.

A name alone says too little: many formats are called .xml or .json, and crawlers save pages under any name. What reads
the formats is not imported here, because most runs meet one or two of them, and many read nothing that has not changed.
Each function is given a location and the first bytes of what is there, decompressed; they are empty if nothing can be
read.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Final

from index.sources.csv_splitting import delimiter_of, first_line
from index.sources.encoding import is_binary
from index.sources.files import HEAD, STANDARD_INPUT
from index.sources.markup import first_element
from index.sources.wordpress.stream import begins_export
from search.named import Named

EXPORT: Final = (".wxr",)
WEB_ARCHIVE: Final = (".warc", ".arc")
JSON_LINES: Final = (".jsonl", ".ndjson")
FEED: Final = (".rss", ".atom")
NINJS: Final = (".ninjs",)
NITF: Final = (".nitf",)
JSON: Final = (".json",)
SQLITE: Final = (".sqlite", ".sqlite3", ".db")
CSV: Final = (".csv", ".tsv", ".tab")
MARKDOWN: Final = (".md", ".markdown", ".mdown", ".mkd")
HTML: Final = (".html", ".htm", ".xhtml")
TEXT: Final = (".txt",)

_BOM: Final = b"\xef\xbb\xbf"


def _is_called(location: str, extensions: tuple[str, ...]) -> bool:
    return location.lower().removesuffix(".gz").endswith(extensions)


# --- WordPress

# Whatever a post has, beside texts in several forms.
_RENDERED: Final = re.compile(rb'"(?:content|title|guid|excerpt)"\s*:\s*\{\s*"(?:rendered|raw|protected)"\s*:')
_OF_POSTS: Final = re.compile(rb'"(?:date_gmt|modified_gmt|_links|comment_status|ping_status|featured_media)"\s*:')


def is_export(_: str, head: bytes) -> bool:
    """RSS with the namespace of WordPress's exports."""
    return begins_export(head)


def is_posts(location: str, head: bytes) -> bool:
    """A JSON object or array that begins as posts of the REST API do."""
    begins = head.removeprefix(_BOM).lstrip()[:1] in (b"{", b"[")
    return begins and not _is_called(location, JSON_LINES) and bool(_RENDERED.search(head) and _OF_POSTS.search(head))


# --- JSON

_OBJECT: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{")
_OF_ARTICLES: Final = (re.compile(rb'"title"\s*:'), re.compile(rb'"body"\s*:'))
_ID: Final = re.compile(rb'"(?:uri|guid)"\s*:')
_OF_NINJS: Final = re.compile(
    rb'"(?:pubstatus|versioncreated)"\s*:|"(?:bodies|headlines)"\s*:\s*\[|"body_[a-z0-9_]+"\s*:|"ninjs"', re.IGNORECASE
)


def is_json_lines(location: str, head: bytes) -> bool:
    """A file called JSON Lines, or one whose first line is an article with title and body.

    What begins with an object on standard input is taken at its word, since only a part may have come by then.
    """
    if location == STANDARD_INPUT:
        return head.lstrip().startswith(b"{")
    if _is_called(location, JSON_LINES):
        return True
    line, end, _ = head.removeprefix(_BOM).lstrip().partition(b"\n")
    if not line.startswith(b"{") or not end:
        return False
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and {"title", "body"} <= value.keys()


def is_ninjs(location: str, head: bytes) -> bool:
    """A file called ninjs, or JSON that begins as an item or an array of items does."""
    if _is_called(location, NINJS):
        return True
    if location == STANDARD_INPUT or _OBJECT.match(head) is None:
        return False
    return _ID.search(head) is not None and _OF_NINJS.search(head) is not None


def is_json(location: str, head: bytes) -> bool:
    """A file that begins with an object, or an array of objects, with title and body: most JSON is something else."""
    if location == STANDARD_INPUT and head.lstrip().startswith(b"["):
        return True
    return _OBJECT.match(head) is not None and all(key.search(head) for key in _OF_ARTICLES)


# --- XML

SITE_MAP_ROOTS: Final = frozenset({"urlset", "sitemapindex"})
WEB_ADDRESS: Final = re.compile(r"https?://\S{1,8000}", re.IGNORECASE)

_JSON_FEED: Final = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/version\\?/1')


def is_feed(location: str, head: bytes) -> bool:
    """A file called a feed, or whatever begins as RSS, Atom or JSON Feed."""
    name, tag = first_element(head)
    if _is_called(location, FEED) or name == "rss":
        return True
    if name == "RDF":
        return b"purl.org/rss/" in head or b"my.netscape.com/rdf" in head
    is_atom = name == "feed" and ("xmlns=" not in tag or "Atom" in tag or "purl.org/atom" in tag)
    return is_atom or is_json_feed(head)


def is_json_feed(head: bytes) -> bool:
    """The first bytes are those of a JSON Feed."""
    return head.removeprefix(_BOM).lstrip().startswith(b"{") and _JSON_FEED.search(head) is not None


def is_site_map(_: str, head: bytes) -> bool:
    """Whatever begins as a site map, in XML or as lines of addresses; the name says nothing."""
    if first_element(head)[0] in SITE_MAP_ROOTS:
        return True
    lines = [line.strip() for line in head.decode("utf-8-sig", "replace").splitlines() if line.strip()]
    if len(head) >= HEAD and len(lines) > 1:
        lines.pop()  # it may be cut
    return bool(lines) and all(WEB_ADDRESS.fullmatch(line) for line in lines)


def is_nitf(location: str, head: bytes) -> bool:
    """A file called NITF, or XML whose first element is <nitf>."""
    return _is_called(location, NITF) or first_element(head)[0] == "nitf"


# --- tables

_SQLITE: Final = b"SQLite format 3\0"
_columns_in: Final = Named("index.sources.csv_file:columns_in")


def is_sqlite(location: str, head: bytes) -> bool:
    """A database of SQLite. One that is called so and cannot be read is reported by its source."""
    return head.startswith(_SQLITE) or (not head and _is_called(location, SQLITE))


def is_csv(location: str, head: bytes) -> bool:
    """A table whose header names a title or a body and something else that we know; under any other name than CSV, a
    title and a body."""
    is_called_so = _is_called(location, CSV)
    if not head:
        return is_called_so
    line = first_line(head)
    # Rows of a table may have a stray NUL. What is called CSV is judged by its header, as when it is read.
    if is_binary(line.encode("utf-8", "replace") if is_called_so else head):
        return False
    delimiter = delimiter_of(line)
    if delimiter not in line:
        return False
    columns = _columns_in(line, delimiter)
    if location == STANDARD_INPUT or is_called_so:
        return bool(columns.are_of_articles and len(columns.mapping) > 1)
    return bool(columns.has("title", "body"))


def is_table(head: bytes) -> bool:
    """The first line may be the header of a table, whatever its columns are called."""
    line = first_line(head)
    return not is_binary(head) and delimiter_of(line) in line


# --- pages

_NOT_ARTICLES: Final = frozenset((
    "readme", "license", "licence", "contributing", "changelog", "code_of_conduct", "security", "authors", "notice",
    "support", "governance", "maintainers", "_index", "404",
))  # fmt: skip
"""Files of a repository, and the pages of sections, by name without extension and language."""

# A document type or a root element, after a byte order mark, an XML declaration and comments.
_PAGE: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--(?>(?s:.{0,2000}?)-->)\s*){0,5}<(?:!doctype\s+html|html)[\s>]",
    re.IGNORECASE,
)


def is_web_archive(location: str, head: bytes) -> bool:
    """A file called WARC or ARC, or one that begins as they do."""
    return _is_called(location, WEB_ARCHIVE) or head.startswith((b"WARC/", b"filedesc://"))


def is_markdown(location: str, _: bytes) -> bool:
    """A file called Markdown, unless its name says that it is about the repository or a list of pages."""
    name = PurePosixPath(location.lower().replace("\\", "/").removesuffix(".gz")).name
    return name.endswith(MARKDOWN) and name.partition(".")[0].replace("-", "_") not in _NOT_ARTICLES


def is_html(location: str, head: bytes) -> bool:
    """A file called HTML, or one that begins as an HTML page does: crawlers save pages under any name."""
    return _is_called(location, HTML) or _PAGE.match(head) is not None


def is_text(location: str, _: bytes) -> bool:
    """A file called text; the content of a text file does not tell an article from a note."""
    return _is_called(location, TEXT)
