"""Feeds beside pages: an article that came from a feed is that of its page, once the page is there too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from index.identities import Identities
from index.identity import article_id
from index.kept import Kept
from index.seen import Seen


class Stated(NamedTuple):
    """What an article is called by; as in `index.article.Article`."""

    id: str
    url: str | None
    place: str


@runtime_checkable
class Replaced(Protocol):
    """A source whose articles yield to those of others."""

    def replacement(self, url: str, title: str) -> Stated | None:
        """The article that takes the place of the one with this address, "" for none, and this title; None if there is
        none."""
        ...


def replaced(
    sources: Mapping[str, Replaced], kept: Kept, seen: Seen, identities: Identities
) -> Iterator[tuple[str, str]]:
    """The id of each article of these sources, by their keys, that was not read in this run and that another has taken
    the place of, and the id of that."""
    for key, source in sources.items():
        for name in list(seen.unseen(kept.ids_from(key))):
            document = kept.document(name)
            found = source.replacement(document.url or "", document.title) if document else None
            if found is None:
                continue
            own = article_id(found.id, found.url, found.place)
            known = (other for other in identities.known_as(own, found.url, "") if other in seen or kept.has(other))
            if (other := next(known, name)) != name:
                yield name, other
