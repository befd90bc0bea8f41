"""RSS, Atom and JSON Feed, from files and from addresses: each entry is an article."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, partial
from zoneinfo import ZoneInfo

from index.article import Article, Record
from index.fetching import Fetcher
from index.identity import article_url
from index.sources.feed_entry import Entry
from index.sources.feed_splitting import Rest, cut_feed
from index.sources.files import CUT_AS_A_WHOLE, HEAD, MAX_PAGE, Input, file_digest, open_input, unpacked_size
from index.sources.json_feed import json_entries
from index.sources.reading import Reading
from index.sources.recognition import is_json_feed
from index.sources.web_page import Known, WebPage, fetch_page
from search.errors import SourceError

Opened = Callable[[], AbstractContextManager[Input]]


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """An entry of a feed, as a small feed of its own or read already; see `index.article.Record`."""

    origin: str
    place: str
    time_zone: ZoneInfo
    found: Entry | bytes
    address: str = ""
    source_warnings: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """Its bytes, or the characters of its text."""
        if isinstance(self.found, bytes):
            return len(self.found)
        return len(self.found.content.value) + len(self.found.summary.value)

    def entry(self) -> Entry:
        """The entry. Raises SourceError."""
        if not isinstance(self.found, bytes):
            return self.found
        found = _entries(self.found, self.address, self.origin)
        if not found:
            raise SourceError(self.origin, "no entry could be made out")
        return found[0]

    def read(self) -> Article:
        """The article in the entry. Raises SourceError."""
        return self.entry().article(self.origin, self.place, self.time_zone, self.source_warnings)


def _entries(feed: bytes, address: str, origin: str) -> list[Entry]:
    from index.sources.xml_feed import xml_entries  # feedparser with it, for a feed that is read

    return xml_entries(feed, address, origin)


class Feed:
    """A feed as a source; see `index.article.Source`. `opened` opens it, where it is not a file at `location`.

    `address` is where it came from; its relative links are relative to that.
    """

    lists_all = False

    def __init__(self, location: str, reading: Reading, opened: Opened | None = None, address: str = "") -> None:
        self.name = location
        self._reading = reading
        self._opened = opened or partial(open_input, location)
        self._is_file = opened is None
        self._address = address

    @cached_property
    def size(self) -> int | None:
        """Bytes after decompression."""
        return unpacked_size(self.name) if self._is_file else None

    def digest(self) -> str | None:
        """See `index.unchanged.Digested`."""
        fetches = self._reading.pages and self._reading.fetcher
        is_known = self._is_file and not fetches
        return file_digest(self.name, type(self).__name__, *self._reading.told(self.name)) if is_known else None

    def records(self) -> Iterator[Record | SourceError]:
        """Every entry, in order.

        Raises SourceError if there is no feed to be read, or if it breaks off.
        """
        with self._opened() as source:
            head = source.read(HEAD)
            if not head:
                raise SourceError(self.name, "the file is empty" if self._is_file else "the answer is empty")
            yield from self._json(head, source) if is_json_feed(head) else self._xml(head, source)

    def _json(self, head: bytes, source: Input) -> Iterator[Record | SourceError]:
        try:
            data = head + source.read(MAX_PAGE)
        except EOFError as error:
            raise SourceError(self.name, CUT_AS_A_WHOLE) from error
        if len(data) > MAX_PAGE:
            raise SourceError(self.name, f"a JSON Feed of more than {MAX_PAGE // 2**20} MiB; write JSON Lines instead")
        for number, found in enumerate(json_entries(data, self.name), 1):
            yield found if isinstance(found, SourceError) else self._record(number, found)

    def _xml(self, head: bytes, source: Input) -> Iterator[Record | SourceError]:
        for part in cut_feed(head, source):
            if isinstance(part, Rest):
                yield from self._rest(part)
            elif part.reason:
                yield SourceError(self._origin(part.number), part.reason)
            else:
                yield self._record(part.number, part.feed)

    def _rest(self, rest: Rest) -> Iterator[Record | SourceError]:
        """What can be made out of a feed that is not well-formed."""
        warning = f"the feed is not well-formed XML ({rest.reason}); what could be made out of it was read"
        found = _entries(rest.feed, self._address, self.name)
        if rest.is_cut_off:  # the last entry lacks its end, and half an article is worse than none
            found = found[: _closed(rest.feed)]
        for number, entry in enumerate(found, rest.number):
            yield self._record(number, entry, (warning,))
        if rest.is_cut_off or not found:
            what = "; what stood before was read" if rest.number > 1 or found else ""
            raise SourceError(self.name, f"the feed breaks off or is not XML ({rest.reason}){what}")

    def _record(self, number: int, found: Entry | bytes, warnings: tuple[str, ...] = ()) -> Record | SourceError:
        place = self._address or self._reading.place(self.name)
        record = EntryRecord(self._origin(number), place, self._reading.time_zone, found, self._address, warnings)
        fetcher = self._reading.fetcher
        try:
            return _whole(record, fetcher) if fetcher and self._reading.pages else record
        except SourceError as error:
            return error

    def _origin(self, number: int) -> str:
        return f"{self.name}, entry {number}"


def _whole(record: EntryRecord, fetcher: Fetcher) -> Record:
    """The entry, or the page that it links, if the entry has only the beginning of the article. Raises SourceError."""
    entry = record.entry()
    url = article_url(entry.link)
    if not url or not entry.is_excerpt():
        return record
    article = entry.article(record.origin, record.place, record.time_zone)
    known = Known(article.guid, article.title if entry.title.value else "", article.sections, article.authors,
                  article.tags, article.published, article.language)  # fmt: skip
    page, _ = fetch_page(fetcher, url, record.time_zone, known)
    return page if page and (isinstance(page, WebPage) or page.url) else record


def _closed(feed: bytes) -> int:
    return sum(feed.count(b"</" + name) for name in (b"item>", b"entry>", b"rss:item>", b"atom:entry>"))
