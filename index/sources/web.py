"""Sources at addresses: what is there is fetched and recognised by its content, a site by what its front page names.

To recognise another kind of answer, give it a row in `KINDS`; to find the articles of a site in another way, give that
a row in `DISCOVERERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from index.article import Advice, Article, Item, Mark, Source, Untouched, Withdrawal, lists_all, read_record
from index.extraction.html_tree import MAX_PAGE_ELEMENTS, parse_html
from index.fetching import Fetched, Fetcher, FetchError
from index.fetching.address import follow, read_address
from index.fetching.validators import Validator, read_validator, validator_of
from index.identity import article_id, source_key
from index.preparing import NOT_RECORDS
from index.sources.encoding import decode
from index.sources.feeds import Feed
from index.sources.files import HEAD, open_data
from index.sources.reading import Reading
from index.sources.recognition import is_feed, is_html, is_site_map
from index.sources.site_visit import MAX_SITE_MAP
from index.sources.sitemaps import SiteMap
from index.sources.web_page import page_in
from index.sources.wordpress.discovery import find_site, is_api, site_at
from index.sources.wordpress.site import Site
from index.state import WHOLE
from search.errors import SourceError

FEED_TYPES: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
)
MAX_LINKS: Final = 500
"""Links in the head of a page that are looked at."""
_MOVED: Final = "moved"
"""The key under which the new address of a source is remembered, once it was said."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of answer: its name for people, whether the first bytes are of it, and the source that reads it.

    `accepts` is given the bytes decompressed. `open` is given the location, what was fetched from it, and how to read.
    """

    name: str
    accepts: Callable[[bytes], bool]
    open: Callable[[str, Fetched, Reading], Source]


@dataclass(frozen=True, slots=True)
class Discoverer:
    """A way to find the articles of a site from its front page; None if the site does not offer it."""

    name: str
    find: Callable[[str, Fetched, Reading], Source | None]


class WebSource:
    """What is at an address as a source; see `index.article.Source`. It is fetched when it is read."""

    size = None

    def __init__(self, location: str, reading: Reading) -> None:
        self.name = location
        self._reading = reading
        self._found: Source | None = None
        self._untouched = Untouched(0)

    @property
    def lists_all(self) -> bool:
        """See `index.article.lists_all`; known once it has been read."""
        return self._found is not None and lists_all(self._found)

    def records(self) -> Iterator[Item]:
        """The records of what is there.

        Raises SourceError if nothing may be fetched, no answer comes, or it is of no known kind.
        """
        if self._reading.fetcher is None:
            raise SourceError(self.name, "it has to be fetched, and this run fetches nothing")
        before = self._remembered()
        fetched = self._reading.fetcher.get(self.name, headers=before.headers() if before else {}, most=MAX_SITE_MAP)
        yield from self._moved(fetched)
        if before and fetched.status == 304:
            yield self._untouched
            return
        if fetched.status != 200:
            raise SourceError(self.name, f"the server answered {fetched.status}; check the address")
        self._found = _recognised(self.name, fetched, self._reading)
        if isinstance(self._found, SiteMap | Site):  # what it names may have changed, whatever itself has
            yield from self._found.records()
        else:
            yield from self._marked(validator_of(fetched), self._found.records())

    def ask(self, url: str) -> str | Withdrawal | None:
        """See `index.vanished.Asking`; once it has been read."""
        return self._found.ask(url) if isinstance(self._found, SiteMap) else None

    def _moved(self, fetched: Fetched) -> Iterator[Item]:
        """That the source has another address for good, unless an earlier run has said so."""
        key = source_key(self.name)
        known = self._reading.state.get(key, _MOVED) if self._reading.state else None
        if fetched.moved and known != fetched.url:
            yield Advice(self.name, f"has moved for good to {fetched.url}; name that address in future")
            yield Mark(key, _MOVED, fetched.url)

    def _remembered(self) -> Validator | None:
        """By what the answer is known again, if a run has read all of it and its first article is in the index."""
        kept = self._reading.state.get(source_key(self.name), WHOLE) if self._reading.state else None
        if not kept or self._reading.state is None or kept[0].get("pages") != self._reading.pages:
            return None
        if not self._reading.state.holds([kept[0]["first"]]):
            return None
        self._untouched = Untouched(int(kept[1]), tuple(kept[2:]))
        return read_validator(kept[0])

    def _marked(self, validator: Validator, items: Iterator[Item]) -> Iterator[Item]:
        """The items, and in the end by what the answer is known again."""
        first = ""
        for item in items:
            first = first or _id_of(item)
            yield item
        if first:
            yield Mark(
                source_key(self.name), WHOLE, {**validator.as_json(), "first": first, "pages": self._reading.pages}
            )


def _id_of(item: Item) -> str:
    """What the article of a record is called in the index; "" for all that is no article."""
    if isinstance(item, NOT_RECORDS):
        return ""
    try:
        article = read_record(item)
    except SourceError:
        return ""
    return article_id(article.id, article.url, article.place or article.origin) if isinstance(article, Article) else ""


class _PageAt:
    """A page that was fetched, as a source of one article."""

    size = None

    def __init__(self, location: str, fetched: Fetched, reading: Reading) -> None:
        self.name = location
        self._fetched = fetched
        self._time_zone = reading.time_zone

    def records(self) -> Iterator[Item]:
        yield page_in(self._fetched, self.name, self._time_zone)


def _recognised(location: str, fetched: Fetched, reading: Reading) -> Source:
    head = _head(fetched)
    kind = next((kind for kind in KINDS if kind.accepts(head)), None)
    if kind is None:
        known = ", ".join(kind.name for kind in KINDS)
        raise SourceError(location, f"what is there is of no known kind ({known}); save it as a file to index others")
    return kind.open(location, fetched, reading)


def _head(fetched: Fetched) -> bytes:
    try:
        with open_data(fetched.url, fetched.body) as source:
            return source.read(HEAD)
    except SourceError:
        return b""


# --- the kinds of answers


def _feed(location: str, fetched: Fetched, reading: Reading) -> Source:
    return Feed(location, reading, partial(open_data, location, fetched.body), fetched.url)


def _page_or_site(location: str, fetched: Fetched, reading: Reading) -> Source:
    """A page is one article, but the front page of a site stands for the site."""
    if urlsplit(fetched.url).path.strip("/"):
        return _PageAt(location, fetched, reading)
    for way in DISCOVERERS:
        if source := way.find(location, fetched, reading):
            reading.say(location, f"the front page of a site; its articles are found by {way.name}")
            return source
    reading.say(location, "the front page of a site that names no site map and no feed; it is read alone")
    return _PageAt(location, fetched, reading)


KINDS: Final = (
    Kind("a feed", lambda head: is_feed("", head), _feed),
    Kind("a site map", lambda head: is_site_map("", head), lambda at, fetched, how: SiteMap(at, how, fetched)),
    Kind("the API of a WordPress site", is_api, site_at),
    Kind("an HTML page", lambda head: is_html("", head), _page_or_site),
)
"""The first that accepts an answer reads it."""


# --- the ways to find the articles of a site


def _by_site_map(location: str, fetched: Fetched, reading: Reading) -> Source | None:
    """The site maps that robots.txt names, else the one at the usual place."""
    site = read_address(fetched.url)
    fetcher = _fetcher(reading)
    named = fetcher.site_maps(fetched.url) or (f"{site.site}/sitemap.xml",)
    for number, address in enumerate(named):
        found = _fetched(fetcher, address)
        if found and is_site_map("", _head(found)):
            return SiteMap(location, reading, found, {site.host}, named[number + 1 :])
    return None


def _by_feed(location: str, fetched: Fetched, reading: Reading) -> Source | None:
    """The first feed that the page links."""
    page = parse_html(decode(fetched.body, markup=True), most=MAX_PAGE_ELEMENTS)
    for link in islice(page.getroottree().iter("link"), MAX_LINKS):
        kind, rel = (link.get(name, "").strip().lower() for name in ("type", "rel"))
        if kind in FEED_TYPES and "alternate" in rel.split():
            found = _fetched(_fetcher(reading), _joined(fetched.url, link.get("href", "")))
            if found and is_feed("", _head(found)):
                return _feed(location, found, reading)
    return None


DISCOVERERS: tuple[Discoverer, ...] = (
    Discoverer("the API of WordPress", find_site),
    Discoverer("its site map", _by_site_map),
    Discoverer("the feed that it links, which has only the newest", _by_feed),
)
"""The first that finds articles is used."""


def _fetcher(reading: Reading) -> Fetcher:
    if reading.fetcher is None:
        raise ValueError("nothing was fetched, so nothing is discovered")
    return reading.fetcher


def _fetched(fetcher: Fetcher, url: str) -> Fetched | None:
    """What is at an address that may not exist."""
    try:
        fetched = fetcher.get(url, most=MAX_SITE_MAP)
    except FetchError:
        return None
    return fetched if fetched.status == 200 else None


def _joined(base: str, link: str) -> str:
    try:
        return follow(read_address(base), link).url
    except FetchError:
        return ""
