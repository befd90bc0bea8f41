"""Web archives (WARC and ARC): the newest capture of each page, read as a saved page is.

A file is read twice: once to learn which capture of each address is the newest, once to give those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from index.article import Article, Record, Skipped
from index.identity import article_url
from index.sources import html
from index.sources.encoding import decode, is_binary
from index.sources.files import MAX_PAGE, file_digest, file_size
from index.sources.http_payload import BadPayload, charset, decoded
from index.sources.members import Members, open_members
from index.sources.reading import Reading
from index.sources.recognition import is_html
from index.sources.warc_captures import Captures
from index.sources.warc_records import ArchiveRecord, BrokenRecord, Head, read_records
from search.errors import SourceError

MAX_KINDS: Final = 50
"""Kinds of records that are counted apart in the line about what was left out."""

_HTML: Final = ("text/html", "application/xhtml+xml")
_ABOUT: Final = ("warcinfo", "request", "metadata", "arc_header")

Kind = tuple[str, str]
"""What is left out, in the singular and in the plural."""

_MEDIA: Final[dict[str, Kind]] = {
    "image": ("image", "images"),
    "font": ("font", "fonts"),
    "audio": ("sound", "sounds"),
    "video": ("film", "films"),
    "text/css": ("style sheet", "style sheets"),
    "text/javascript": ("script", "scripts"),
    "application/javascript": ("script", "scripts"),
    "application/x-javascript": ("script", "scripts"),
    "application/pdf": ("PDF file", "PDF files"),
    "": ("record without a media type", "records without a media type"),
}


@dataclass(frozen=True, slots=True)
class Capture:
    """A page as it was captured; see `index.article.Record`. `payload` and `headers` are those of the response."""

    origin: str
    address: str
    date: int
    payload: bytes
    headers: dict[str, str]
    warnings: tuple[str, ...]
    time_zone: ZoneInfo

    @property
    def weight(self) -> int:
        """Bytes of its payload."""
        return len(self.payload)

    def read(self) -> Article:
        """The article on the page. Raises SourceError."""
        article = html.read_html_page(self._page(), self.origin, self.time_zone)
        stated = article_url(article.url)
        return replace(
            article,
            url=stated or self.address,
            place=self.address,
            version=("capture", self.date),
            warnings=(*self.warnings, *article.warnings),
        )

    def _page(self) -> bytes:
        try:
            data = decoded(self.payload, self.headers, MAX_PAGE)
        except BadPayload as error:
            raise SourceError(self.origin, str(error)) from error
        if not data.strip():
            raise SourceError(self.origin, "the page is empty")
        text = decode(data, markup=True, stated=charset(self.headers))
        if is_binary(data) and "\0" in text:
            raise SourceError(self.origin, "a binary file, not a page")
        return text.encode("utf-8", "replace")


class WebArchive:
    """A file of captures; see `index.article.Source`."""

    def __init__(self, location: str, reading: Reading) -> None:
        self.name = location
        self._reading = reading

    @property
    def size(self) -> int | None:
        """Bytes on disk; None if the file is packed, since then nobody knows."""
        try:
            with open_members(self.name) as members:
                return None if members.packed else file_size(self.name)
        except SourceError:
            return 0

    def digest(self) -> str | None:
        """See `index.unchanged.Digested`."""
        return file_digest(self.name, type(self).__name__, *self._reading.told(self.name))

    def records(self) -> Iterator[Record | SourceError]:
        """The newest capture of each page, broken records as their SourceError, at last what was left out.

        Raises SourceError if the file is missing or holds no record, or if it cannot be read any further.
        """
        left_out: Counter[Kind] = Counter()
        with closing(Captures()) as newest:
            self._find_newest(newest)
            with open_members(self.name) as members:
                yield from self._captures(members, newest, left_out)
        if left_out:
            yield Skipped(self.name, f"left out {listed(left_out)}", files=0)

    def _find_newest(self, newest: Captures) -> None:
        with open_members(self.name) as members:
            for item in read_records(members):
                if isinstance(item, ArchiveRecord) and (is_page(item) or item.head.kind == "revisit"):
                    newest.add(item.head)
        newest.choose()

    def _captures(self, members: Members, newest: Captures, left_out: Counter[Kind]) -> Iterator[Record | SourceError]:
        empty = True
        for item in read_records(members, newest):
            empty = False
            if isinstance(item, BrokenRecord):
                yield SourceError(f"{self.name} (record {item.number})", item.reason)
            elif (seen := newest.seen(item.head.number)) is not None:
                yield self._capture(item, seen)
            else:
                kind = why_left_out(item)
                left_out[kind if kind in left_out or len(left_out) < MAX_KINDS else ("other", "others")] += 1
        if empty:
            reason = "the file holds no record of a web archive" if file_size(self.name) else "the file is empty"
            raise SourceError(self.name, reason)

    def _capture(self, item: ArchiveRecord, date: int) -> Capture:
        head = item.head
        cut = head.record.get("warc-truncated")
        warnings = (*item.warnings, f"the crawler cut the page off ({cut[:20]})") if cut else item.warnings
        headers = head.http or {"content-type": head.record.get("content-type", "")}
        origin = f"{self.name} ({head.address})"
        return Capture(origin, head.address, date, item.payload, headers, warnings, self._reading.time_zone)


def is_page(record: ArchiveRecord) -> bool:
    """A web page that was answered with all of its content."""
    head = record.head
    if not _is_web(head.address) or head.kind not in ("response", "resource"):
        return False
    if head.kind == "response" and head.status != 200:
        return False
    return head.media_type in _HTML or (not head.media_type and is_html("", record.begins))


def why_left_out(record: ArchiveRecord) -> Kind:
    """What a record is that gives no article."""
    head = record.head
    if head.kind in _ABOUT:
        return "record about the crawl", "records about the crawl"
    if head.kind == "revisit":
        return "revisit of something unchanged", "revisits of things unchanged"
    if not head.address:
        return "record without a target address", "records without a target address"
    if head.kind not in ("response", "resource") or not _is_web(head.address):
        return "record that is no response from the web", "records that are no responses from the web"
    if head.kind == "response" and head.status != 200:
        return _by_status(head.status)
    return ("older capture of a page", "older captures of pages") if is_page(record) else _by_media_type(head)


def listed(left_out: Counter[Kind]) -> str:
    """The counts in a sentence, most first: "12 images, 3 redirects"."""
    return ", ".join(f"{count:,} {kind[count > 1]}" for kind, count in left_out.most_common())


def _by_status(status: int) -> Kind:
    if not status:
        return "response without a status", "responses without a status"
    if 300 <= status < 400:
        return "redirect", "redirects"
    return f"response with status {status}", f"responses with status {status}"


def _by_media_type(head: Head) -> Kind:
    kind = head.media_type
    known = _MEDIA.get(kind) or _MEDIA.get(kind.partition("/")[0])
    return known or (f"file of type {kind[:60]!r}", f"files of type {kind[:60]!r}")


def _is_web(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))
