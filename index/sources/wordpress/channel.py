"""What an export says before its items: its language, its categories with their parents, the names of its authors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from index.normalize import plain
from index.sources.files import open_input
from index.sources.wordpress.elements import Element, Elements
from index.sources.wordpress.items import Channel, Glance
from index.sources.wordpress.posts import plain_text
from index.sources.wordpress.stream import Stream, open_stream
from index.sources.wordpress.terms import Categories

MOST_ROWS: Final = 100_000
"""Categories, authors, or guest authors that are kept."""

_GUEST: Final = "guest-author"


class Head:
    """Collects what the elements called one of `names` say."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.names: Final = (f"{stream.prefix}:category", f"{stream.prefix}:author", "language")
        self._categories = Categories[str]()
        self._authors: dict[str, str] = {}
        self._language = ""
        self._guests: Mapping[str, str] = {}
        self._channel: Channel | None = None

    def take(self, element: Element) -> None:
        """Notes what an element says; one with a problem says nothing."""
        if element.problem:
            return
        seen = Glance(element.data, self._stream.prefix)
        if element.name == "language":
            self._language = self._language or plain(seen.get("language"))
        elif element.name == self.names[0]:
            self._take_category(seen)
        elif len(self._authors) < MOST_ROWS:
            login = plain(seen.get("wp:author_login"))
            self._authors[login] = plain_text(seen.get("wp:author_display_name")) or login
        self._channel = None

    def _take_category(self, seen: Glance) -> None:
        slug = seen.get("wp:category_nicename")
        if slug and len(self._categories) < MOST_ROWS:
            self._categories.add(slug, plain_text(seen.get("wp:cat_name")) or slug, seen.get("wp:category_parent"))

    def set_guests(self, guests: Mapping[str, str]) -> None:
        """Names of authors without a login, by slug."""
        self._guests = guests
        self._channel = None

    def channel(self) -> Channel:
        """What is known so far; the same object until something is added, so that items are sent with it once."""
        if self._channel is None:
            self._channel = Channel(
                opening=self._stream.root,
                encoding=self._stream.encoding,
                language=self._language,
                sections=self._categories.paths(),
                authors=dict(self._authors),
                guests=self._guests,
            )
        return self._channel


def find_guests(location: str) -> dict[str, str]:
    """The names of guest authors by their slug: items of their own, which may come after those that they wrote.

    Raises SourceError if the file cannot be read to its end.
    """
    guests: dict[str, str] = {}
    with open_input(location) as source:
        stream = open_stream(source.read_some)
        for element in Elements(stream.read, ("item",)) if stream else ():
            if _GUEST.encode() not in element.data or element.problem:
                continue
            seen = Glance(element.data, stream.prefix if stream else "")
            if seen.get("wp:post_type") == _GUEST and len(guests) < MOST_ROWS:
                guests[seen.get("wp:post_name").removeprefix("cap-")] = plain_text(seen.get("title"))
    return guests
