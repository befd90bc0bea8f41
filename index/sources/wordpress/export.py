"""Exports of WordPress (WXR, "WordPress eXtended RSS"): one file with the posts of a site, read one post at a time.

The format is what `export_wp()` in WordPress's wp-admin/includes/export.php writes. Here the file is only cut into
items, and the type and status of each are looked at; what they hold is parsed where they are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from index.article import Article, Record, Skipped, Withdrawal
from index.identity import article_url
from index.normalize import plain, shorten
from index.sources.files import STANDARD_INPUT, open_input
from index.sources.reading import Reading
from index.sources.wordpress.channel import Head, find_guests
from index.sources.wordpress.elements import CUT_OFF, Element, Elements
from index.sources.wordpress.items import Channel, Glance, place_of, read_item
from index.sources.wordpress.left_out import PUBLISHED, LeftOut, hidden_as, reason_to_leave, withdrawal_kind
from index.sources.wordpress.posts import article_of, changed_at, plain_text
from index.sources.wordpress.stream import Stream, open_stream
from search.errors import SourceError


@dataclass(frozen=True, slots=True)
class Item:
    """An item that is a post; see `index.article.Record`."""

    origin: str
    place: str
    data: bytes
    channel: Channel
    time_zone: ZoneInfo

    @property
    def weight(self) -> int:
        """Its bytes."""
        return len(self.data)

    def read(self) -> Article:
        """The article in the item. Raises SourceError."""
        return article_of(read_item(self.data, self.channel, self.origin, self.place), self.time_zone)


def read_export(name: str, reading: Reading) -> Iterator[Record | SourceError]:
    """Its posts of the wanted types in order, and in the end what was left out.

    A post that readers cannot see any more, such as a draft or one with a password, is a Withdrawal.
    Raises SourceError if the file is missing or no export, or if it breaks off.
    """
    with open_input(name) as source:
        stream = open_stream(source.read_some)
        if stream is None:
            reason = "not an export of WordPress: there is no <rss> with its namespace in it"
            raise SourceError(name, reason if source.given else "the file is empty")
        yield from _Run(name, reading, stream).records()


class _Run:
    """One reading of an export: what its beginning said so far, and what was left out."""

    def __init__(self, name: str, reading: Reading, stream: Stream) -> None:
        self._name = name
        self._reading = reading
        self._stream = stream
        self._head = Head(stream)
        self._knows_guests = False
        self._left_out = LeftOut()

    def records(self) -> Iterator[Record | SourceError]:
        """See `read_export`."""
        elements = Elements(self._stream.read, ("item", *self._head.names))
        number = 0
        for element in elements:
            number += element.name == "item"
            if element.problem == CUT_OFF:
                break
            if element.name != "item":
                self._head.take(element)
            elif found := self._record(element, number):
                yield found
        if self._left_out:
            yield Skipped(self._name, self._left_out.sentence(), 0)
        if b"</rss" not in elements.rest:
            raise SourceError(self._name, f"the file is cut off in or after item {number:,}; those before were read")

    def _guests(self) -> dict[str, str]:
        if self._name == STANDARD_INPUT:  # which cannot be read twice
            return {}
        try:
            return find_guests(self._name)
        except SourceError:  # what cannot be read is reported where it is met again
            return {}

    def _record(self, element: Element, number: int) -> Record | SourceError | None:
        seen = Glance(element.data, self._stream.prefix)
        title = shorten(plain_text(seen.get("title")), 60)
        origin = f"{self._name}: item {number}" + (f" ({title})" if title else "")
        if element.problem:
            return SourceError(origin, element.problem)
        status, types = seen.get("wp:status"), self._reading.types
        kind = reason_to_leave(
            seen.get("wp:post_type"), status, has_password=bool(seen.get("wp:post_password")), types=types
        )
        if kind:
            self._left_out.add(kind)
            reason = hidden_as(seen.get("wp:post_type"), kind, types)
            return self._withdrawal(seen, origin, reason) if reason else None
        if seen.names_co_authors() and not self._knows_guests:
            self._knows_guests = True
            self._head.set_guests(self._guests())
        return Item(
            origin, self._reading.place(self._name), element.data, self._head.channel(), self._reading.time_zone
        )

    def _withdrawal(self, seen: Glance, origin: str, reason: str) -> Withdrawal:
        return Withdrawal(
            origin,
            withdrawal_kind(reason),
            reason,
            guid=plain(seen.get("guid")),
            place=place_of(self._reading.place(self._name), seen.get("wp:post_id")),
            url=article_url(seen.get("link")),
            at=changed_at(seen.get("wp:post_modified_gmt")),
            known_only=seen.status_before_trash() != PUBLISHED,
        )
