"""One reading of a site map: which of its pages are asked for, and in which order."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

from index.article import Item, Mark, Skipped, Unchanged
from index.extraction.stated_dates import Unreadable, read_date
from index.fetching import Fetcher, FetchError
from index.fetching.address import Address, follow, read_address
from index.fetching.validators import Validator, read_validator
from index.identity import article_id, source_key
from index.sources.files import Input, open_data
from index.sources.site_map_file import Listed, read_site_map
from index.sources.web_page import Known, WebPage, fetch_page
from index.state import State
from search.errors import SourceError

MAX_SITE_MAP: Final = 64 * 2**20
"""Bytes of one site map; the protocol allows 50 MiB."""
MAX_SITE_MAPS: Final = 10_000
MAX_DEPTH: Final = 3
"""Levels of site maps that name site maps; the protocol allows one."""
MAX_PAGES: Final = 1_000_000
MAX_FAILURES: Final = 50
"""Pages of one host in a row that may fail; the rest of its pages are then not asked for."""

_LOOKUP: Final = 500
"""Pages for which is asked at once whether they are in the index."""
_KINDS: Final = {"blog": "blog", "oped": "opinion", "opinion": "opinion", "pressrelease": "press-release",
                 "satire": "satire", "usergenerated": "user-generated"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Before:
    """A page as an earlier run had it: by what its answer is known again, and what its article is called."""

    validator: Validator
    id: str

    def mark(self, source: str, url: str, validator: Validator, listed: str) -> Mark:
        """What is to be remembered of the page, which is the same."""
        own = {} if self.id == article_id("", url, url) else {"id": self.id}
        return Mark(source, url, replace(validator, listed=listed).as_json() | own)


@dataclass(slots=True)
class Visit:
    """The site map `name` with those that it names, breadth first.

    `state` is what earlier runs remember. `hosts` are those that may be asked; None for all. `waiting` are site maps
    with their depth. `seen` has the hashes of all addresses so far. `failures` counts for each host those since the
    last page that came; `unasked` the pages of hosts that were given up, `elsewhere` those on hosts that may not be
    asked. `lists_all`: not all was news, which is listed for two days only.
    """

    name: str
    fetcher: Fetcher
    time_zone: ZoneInfo
    state: State | None = None
    hosts: frozenset[str] | None = None
    waiting: deque[tuple[Address, int]] = field(default_factory=deque)
    seen: set[int] = field(default_factory=set)
    pages: int = 0
    site_maps: int = 1
    lists_all: bool = False
    failures: Counter[str] = field(default_factory=Counter)
    unasked: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)

    def read(self, source: Input, name: str, base: Address | None, depth: int = 0) -> Iterator[Item]:
        """The pages that a site map lists. The site maps that it names wait for `read_named`."""
        for rows in _batches(read_site_map(source, name)):
            wanted: list[tuple[Address, Listed]] = []
            for row in rows:
                try:
                    address = follow(base, row.url) if base else read_address(row.url)
                except SourceError as error:
                    yield SourceError(name, f"lists an address that cannot be used: {error}")
                    continue
                if self._is_wanted(address):
                    wanted.append((address, row))
            remembered = self._remembered([address.url for address, row in wanted if not row.is_site_map])
            for address, row in wanted:
                if row.is_site_map:
                    yield from self._name(address, depth + 1)
                else:
                    yield from self._page(address, row, remembered.get(address.url))

    def read_named(self) -> Iterator[Item]:
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
        if not self.may_ask(address):
            self.elsewhere[address.host] += 1
            return False
        known = len(self.seen)
        self.seen.add(hash(address.url))
        return len(self.seen) > known

    def may_ask(self, address: Address) -> bool:
        """The address is on a host that may be asked."""
        return self.hosts is None or any(_is_of(address.host, host) for host in self.hosts)

    def _name(self, address: Address, depth: int) -> Iterator[Item]:
        self.site_maps += 1
        if depth > MAX_DEPTH or self.site_maps > MAX_SITE_MAPS:
            yield SourceError(address.url, "not read: site maps name site maps without end")
        else:
            self.waiting.append((address, depth))

    def _remembered(self, urls: list[str]) -> Mapping[str, _Before]:
        """What is remembered of those pages whose articles are in the index, whatever addresses these have."""
        if self.state is None:
            return {}
        kept = self.state.several(source_key(self.name), urls)
        found = {url: _Before(validator, str(value.get("id") or article_id("", url, url)))
                 for url, value in kept.items() if (validator := read_validator(value))}  # fmt: skip
        held = set(self.state.holds([before.id for before in found.values()]))
        return {url: before for url, before in found.items() if before.id in held}

    def _page(self, address: Address, row: Listed, before: _Before | None) -> Iterator[Item]:
        self.pages += 1
        self.lists_all = self.lists_all or not row.news
        if self.pages > MAX_PAGES:
            raise SourceError(self.name, f"lists more than {MAX_PAGES:,} pages; the rest was not read")
        if before and row.lastmod and before.validator.listed == row.lastmod:
            yield Unchanged(before.id)
        elif self.failures[address.place] > MAX_FAILURES:
            self.unasked[address.place] += 1
        else:
            yield from self._fetched(address.url, address.place, row, before)

    def _fetched(self, url: str, host: str, row: Listed, before: _Before | None) -> Iterator[Item]:
        try:
            known = _known(row, self.time_zone)
            validator = before.validator if before else None
            found, validator = fetch_page(self.fetcher, url, self.time_zone, known, validator)
        except FetchError as error:
            self.failures[_failing(error, host)] += MAX_FAILURES + 1 if error.is_lasting else 1
            yield _of_page(url, error)
            return
        self.failures[host] = 0
        key = source_key(self.name)
        if found is None and before:
            yield Unchanged(before.id)
            yield before.mark(key, url, validator, row.lastmod)
        elif found:
            yield found
            is_page = isinstance(found, WebPage)
            kept = replace(validator, listed=row.lastmod).as_json() if is_page else None
            yield Mark(key, url, kept, unless_failed=found.origin if is_page else "", with_id=is_page)


def _batches(rows: Iterable[Listed]) -> Iterator[list[Listed]]:
    """The rows a few at a time, those before a failure too."""
    batch: list[Listed] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) >= _LOOKUP:
                yield batch
                batch = []
    except SourceError:
        yield batch
        raise
    yield batch


def _is_of(host: str, site: str) -> bool:
    """The host is that of the site, or below it."""
    site = site.removeprefix("www.")
    return host == site or host.endswith(f".{site}")


def _failing(error: FetchError, asked: str) -> str:
    """The host that failed: the one that was asked, or the one to which that redirects."""
    try:
        return read_address(error.origin).place
    except FetchError:
        return asked


def _of_page(url: str, error: FetchError) -> SourceError:
    """The error as one of the page that was asked for, whose article stays as it is until it can be read again."""
    return error if error.origin == url else SourceError(url, f"redirects to {error.origin}, and there: {error.reason}")


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
