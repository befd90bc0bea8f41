"""Site maps: the pages that they name are fetched, each is an article."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from index.article import Record, Skipped
from index.extraction.stated_dates import Unreadable, read_date
from index.fetching import Fetched, Fetcher, FetchError
from index.fetching.address import Address, follow, read_address
from index.fetching.validators import Validators
from index.sources.files import Input, open_data, open_input
from index.sources.reading import Reading
from index.sources.site_map_file import Listed, is_site_map, read_site_map
from index.sources.web_page import Known, fetch_page
from search.errors import SourceError

EXTENSIONS: Final[tuple[str, ...]] = ()
"""None is usual: most are called .xml, which says nothing."""

MAX_SITE_MAP: Final = 64 * 2**20
"""Bytes of one site map; the protocol allows 50 MiB."""
MAX_SITE_MAPS: Final = 10_000
MAX_DEPTH: Final = 3
"""Levels of site maps that name site maps; the protocol allows one."""
MAX_PAGES: Final = 1_000_000
MAX_FAILURES: Final = 50
"""Pages of one host in a row that may fail; the rest of its pages are then not asked for."""

_KINDS: Final = {"blog": "blog", "oped": "opinion", "opinion": "opinion", "pressrelease": "press-release",
                 "satire": "satire", "usergenerated": "user-generated"}  # fmt: skip


def accepts(location: str, head: bytes) -> bool:
    """Whatever begins as a site map does; the name says nothing."""
    del location
    return is_site_map(head)


class SiteMap:
    """A site map as a source; see `index.article.Source`. `fetched` is what came from it, if it is not a file.

    Pages are fetched from the host of the site map and from `hosts`; a site map on the disk, which somebody has named,
    may list pages of any host. `others` are the addresses of more site maps of the same site. After reading,
    `lists_all` is False if there were only news site maps, which list what is two days old at most, or if pages had not
    changed and so were not read.
    """

    size = None

    def __init__(
        self,
        location: str,
        reading: Reading,
        fetched: Fetched | None = None,
        hosts: Collection[str] = (),
        others: Sequence[str] = (),
    ) -> None:
        self.name = location
        self._reading = reading
        self._fetched = fetched
        self._hosts = hosts
        self._others = others
        self.lists_all = True

    def records(self) -> Iterator[Record | SourceError]:
        """The pages, in order, each fetched when it is its turn.

        Raises SourceError if there is no site map to be read or nothing may be fetched, and Skipped for one that was
        found in a folder: whoever names a folder does not ask for its pages on the web.
        """
        if self._reading.root and self._fetched is None:
            raise Skipped(self.name, "a site map, whose pages are not fetched; to have them, name the file itself")
        if self._reading.fetcher is None:
            raise SourceError(self.name, "the pages of a site map have to be fetched, and this run fetches nothing")
        visit = _Visit(self.name, self._reading.fetcher, self._reading.time_zone, self._reading.validators)
        if self._fetched is None:
            with open_input(self.name) as source:
                yield from visit.read(source, self.name, None)
        else:
            visit.hosts = frozenset({read_address(self._fetched.url).host, *self._hosts})
            visit.waiting.extend((read_address(other), 0) for other in self._others[:MAX_SITE_MAPS])
            with open_data(self._fetched.url, self._fetched.body) as source:
                yield from visit.read(source, self._fetched.url, read_address(self._fetched.url))
        yield from visit.read_named()
        self.lists_all = visit.lists_all and not visit.unchanged


@dataclass(slots=True)
class _Visit:
    """One reading of a site map, with the site maps that it names, breadth first.

    `hosts` are those that may be asked; None for all. `seen` has the hashes of all addresses so far. `failures` counts
    for each host those since the last page that came; `unasked` the pages of hosts that were given up.
    """

    name: str
    fetcher: Fetcher
    time_zone: ZoneInfo
    validators: Validators | None = None
    hosts: frozenset[str] | None = None
    waiting: deque[tuple[Address, int]] = field(default_factory=deque)
    seen: set[int] = field(default_factory=set)
    pages: int = 0
    site_maps: int = 1
    lists_all: bool = False
    unchanged: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    unasked: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)

    def read(self, source: Input, name: str, base: Address | None, depth: int = 0) -> Iterator[Record | SourceError]:
        """The pages that a site map lists. The site maps that it names are remembered."""
        for row in read_site_map(source, name):
            try:
                address = follow(base, row.url) if base else read_address(row.url)
            except SourceError as error:
                yield SourceError(name, f"lists an address that cannot be used: {error}")
                continue
            if not self._is_wanted(address):
                continue
            if not row.is_site_map:
                yield from self._page(address, row)
            elif depth < MAX_DEPTH and self.site_maps < MAX_SITE_MAPS:
                self.site_maps += 1
                self.waiting.append((address, depth + 1))
            else:
                yield SourceError(address.url, "not read: site maps name site maps without end")

    def read_named(self) -> Iterator[Record | SourceError]:
        """The pages of the site maps that were named, and in the end what was not asked for."""
        while self.waiting:
            address, depth = self.waiting.popleft()
            try:
                fetched = self.fetcher.get(address.url, most=MAX_SITE_MAP)
                if fetched.status != 200:
                    raise SourceError(address.url, f"the server answered {fetched.status}")  # noqa: TRY301 - as others
                with open_data(fetched.url, fetched.body) as source:
                    yield from self.read(source, fetched.url, read_address(fetched.url), depth)
            except SourceError as error:
                yield error
        for host, count in self.unasked.items():
            yield SourceError(self.name, f"{count:,} pages of {host} were not asked for, since others of it failed")
        if self.elsewhere:
            hosts = ", ".join(f"{host}: {count:,}" for host, count in self.elsewhere.most_common(5))
            total = self.elsewhere.total()
            yield Skipped(self.name, f"{total:,} of its addresses are on other hosts ({hosts}) and not fetched", total)

    def _is_wanted(self, address: Address) -> bool:
        """The address has not been seen, and is on a host that may be asked."""
        if self.hosts is not None and not any(_is_of(address.host, host) for host in self.hosts):
            self.elsewhere[address.host] += 1
            return False
        known = len(self.seen)
        self.seen.add(hash(address.url))
        return len(self.seen) > known

    def _page(self, address: Address, row: Listed) -> Iterator[Record | SourceError]:
        self.pages += 1
        self.lists_all = self.lists_all or not row.news
        if self.pages > MAX_PAGES:
            raise SourceError(self.name, f"lists more than {MAX_PAGES:,} pages; the rest was not read")
        if self.failures[address.place] > MAX_FAILURES:
            self.unasked[address.place] += 1
            return
        try:
            known = _known(row, self.time_zone)
            found = fetch_page(self.fetcher, address.url, self.time_zone, known, self.validators, row.lastmod)
            self.failures[address.place] = 0
        except FetchError as error:
            self.failures[address.place] += MAX_FAILURES + 1 if error.is_lasting else 1
            yield error
            return
        if found is None:
            self.unchanged += 1
        else:
            yield found


def _is_of(host: str, site: str) -> bool:
    """The host is that of the site, or below it."""
    site = site.removeprefix("www.")
    return host == site or host.endswith(f".{site}")


def _known(row: Listed, time_zone: ZoneInfo) -> Known:
    """What a news site map says of an article."""
    news = row.news
    try:
        published = read_date(news.get("publication_date", ""), time_zone)
    except Unreadable:
        published = None
    kinds = (_KINDS.get(genre.strip().lower(), "") for genre in news.get("genres", "").split(","))
    return Known(
        title=news.get("title", ""),
        tags=tuple(filter(None, (word.strip() for word in news.get("keywords", "").split(",")))),
        published=published,
        language=news.get("language", ""),
        type=next(filter(None, kinds), ""),
    )
