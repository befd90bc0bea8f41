"""Feeds in a folder of pages: generators put them beside the pages that they list, so that an article is there twice.

An entry is passed over if its page is there and has text. It is recognised by its address, by where its file is, or, if
it has no address, by its title; all three stand at the beginning of a page. Articles that only a feed has are kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from html import unescape
from typing import Final
from urllib.parse import unquote, urlsplit

from index.article import Article, Item, Skipped, Source, blaming
from index.identity import article_id, article_url
from index.normalize import plain
from index.replacing import Stated
from index.sources.feed_entry import Entry, Text
from index.sources.feeds import EntryRecord, Feed
from index.sources.files import read_head
from index.sources.html import read_html_file
from index.sources.pages import Page
from index.sources.reading import Reading
from search.errors import SourceError

LEAST_TELLING: Final = 10
"""Characters. Shorter titles and paths, such as "News" and "news.html", are those of many pages."""
MOST_READ: Final = 3
"""Of the pages that an entry may be, so many are looked at for their text: a title may be that of every page."""

_TAG: Final = re.compile(r"<(?:link|meta)\s([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""([a-z:-]{1,20})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_TITLE: Final = re.compile(r"<title[^<>]{0,200}>([^<]{1,500})</title", re.IGNORECASE)
_ADDRESSES: Final = frozenset({"canonical", "og:url"})
_SEPARATOR: Final = re.compile(r"\s+[|/·•«»:–—-]{1,2}\s+")
_ENDING: Final = re.compile(r"(?:(?:^|/)index)?\.x?html?(?:\.gz)?$", re.IGNORECASE)


def feeds_beside_pages(location: str, feeds: Sequence[str], pages: Sequence[str], reading: Reading) -> list[Source]:
    """The feeds of a folder without the entries that are pages of it, and at last how many these are."""
    known = Pages(pages, reading)
    return [*(FeedBesidePages(Feed(file, reading), known) for file in feeds), Repetitions(location, known)]


class Pages:
    """The pages of a folder, and how many entries of feeds were found to be one of them."""

    def __init__(self, files: Sequence[str], reading: Reading) -> None:
        self._files = files
        self._reading = reading
        self._readable: dict[str, Stated | None] = {}
        self.repeated = 0

    def of(self, entry: Entry) -> Stated | None:
        """The first of the pages that is that of the entry, and has text."""
        files = (file for key in _keys_of_entry(entry) for file in self._known.get(hash(key), ()))
        return next(filter(None, map(self._stated, files)), None)

    @cached_property
    def _known(self) -> Mapping[int, Sequence[str]]:
        """The hashes of all by which the pages are recognised, with at most MOST_READ pages of each."""
        known: defaultdict[int, list[str]] = defaultdict(list)
        for file in self._files:
            for key in dict.fromkeys(_keys_of_page(read_head(file), self._reading.place(file))):
                if len(same := known[hash(key)]) < MOST_READ:
                    same.append(file)
        return known

    def _stated(self, file: str) -> Stated | None:
        """The page is read as it is for the index: what a script would fill in is not there."""
        if file not in self._readable:
            self._readable[file] = _with_text(Page(file, 0, self._reading, read_html_file))
        return self._readable[file]


class FeedBesidePages:
    """A feed without the entries whose pages are there; see `index.article.Source`."""

    lists_all = False

    def __init__(self, feed: Feed, pages: Pages) -> None:
        self.name = feed.name
        self._feed = feed
        self._pages = pages

    @property
    def size(self) -> int | None:
        """Bytes after decompression."""
        return self._feed.size

    def records(self) -> Iterator[Item]:
        """Every other entry, in order. Raises SourceError as the feed does."""
        for record in self._feed.records():
            if isinstance(record, EntryRecord) and self._is_repeated(record):
                self._pages.repeated += 1
            else:
                yield record

    def replacement(self, url: str, title: str) -> Stated | None:
        """See `index.replacing.Replaced`: of an entry that came before its page, or that the feed has no more."""
        return self._pages.of(Entry(link=url, title=Text(title, is_html=False)))

    def _is_repeated(self, record: EntryRecord) -> bool:
        try:
            return self._pages.of(record.entry()) is not None
        except SourceError:  # whoever reads it will say so
            return False


class Repetitions:
    """Says at the end of a folder how many entries were passed over; see `index.article.Source`."""

    size = 0

    def __init__(self, location: str, pages: Pages) -> None:
        self.name = location
        self._pages = pages

    def records(self) -> Iterator[Item]:
        """Nothing, or what was passed over."""
        if count := self._pages.repeated:
            what = (
                "entries of its feeds repeat its pages and are"
                if count > 1
                else "entry of its feeds repeats a page and is"
            )
            yield Skipped(
                self.name, f"{count:,} {what} passed over; to have a feed as a whole, name it itself", files=0
            )


def _with_text(page: Page) -> Stated | None:
    try:
        with blaming(page.origin):
            article = page.read()
    except SourceError:  # whoever reads it for the index will say so
        return None
    if not isinstance(article, Article) or not article.body.strip():
        return None
    return Stated(article.id, article.url, article.place or article.origin)


def _keys_of_entry(entry: Entry) -> Iterator[str]:
    url = article_url(entry.link)
    parts = urlsplit(url or "")
    path = _without_ending(unquote(parts.path))
    if url and (path or parts.query):  # the address of a front page names no article
        yield f"address {article_id('', url, '')}"
        yield f"place {parts.hostname}/{path}?{parts.query}".rstrip("?")
        if len(path) >= LEAST_TELLING and not parts.query:
            yield f"place {path}"
    else:  # articles with different addresses often have one title
        yield from _titles(entry.plain_title())


def _keys_of_page(head: bytes, place: str) -> Iterator[str]:
    yield f"place {_without_ending(place)}"
    markup = head.decode("utf-8", "replace")
    if title := _TITLE.search(markup):
        yield from _titles(plain(unescape(title[1])), with_parts=True)
    for tag in _TAG.finditer(markup):
        stated = {match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(tag[1])}
        kind = (stated.get("rel") or stated.get("property") or stated.get("name") or "").lower()
        value = unescape(stated.get("href") or stated.get("content") or "")
        if kind in _ADDRESSES and (url := article_url(value)):
            yield f"address {article_id('', url, '')}"
        elif kind == "og:title":
            yield from _titles(plain(value))


def _titles(title: str, *, with_parts: bool = False) -> Iterator[str]:
    """A title that tells articles apart; and what is left of it without the name of the site before or behind it."""
    found = [title]
    if with_parts:
        marks = list(_SEPARATOR.finditer(title))
        found += [part for mark in marks for part in (title[: mark.start()], title[mark.end() :])]
    yield from (f"title {each.casefold()}" for each in found if len(each) >= LEAST_TELLING)


def _without_ending(path: str) -> str:
    """The path that an address and a file have in common: "2024/ferry" for "/2024/ferry/index.html"."""
    return _ENDING.sub("", path.strip("/")).rstrip("/")
