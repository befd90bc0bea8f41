"""Which articles an import refuses because they were taken down: by id, address or guid, and copies by their text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from index.identity import article_id, is_address
from search.ledger.names import guid_key
from search.ledger.removals import Removal

MAX_DISTANCE: Final = 1
"""Fingerprints of what is refused as the same text differ in at most this many of their 64 bits: fewer than those of
near-copies in lists of hits, because a wrong match costs an article.

Among 19,000 agency reports, 179 pairs with unequal texts are within it, 174 of which share at least 80 % of their runs
of three words. Of 2,300 posts of a project, 47 are, all of which do; within 3 bits there would be 172, which are more
often two editions of a report than one text."""

TEXT: Final = "the same or nearly the same text"
"""By what an article matches that is only alike."""

_PARTS: Final = MAX_DISTANCE + 1
_PART_BITS: Final = 64 // _PARTS
_PART: Final = (1 << _PART_BITS) - 1
_UNIQUE: Final = ("urn:", "tag:")
"""How names begin that are made to be unique everywhere (RFC 8141, RFC 4151)."""


class Refusals:
    """The removals in force, ready to be compared with every article of an import."""

    def __init__(self, removals: Iterable[Removal] = ()) -> None:
        self._by_id: dict[str, Removal] = {}
        self._by_key: dict[str, Removal] = {}
        self._by_guid: defaultdict[str, list[Removal]] = defaultdict(list)
        # Of two parts of two fingerprints that differ in one bit, one is the same in both.
        self._by_part: defaultdict[tuple[int, int], list[Removal]] = defaultdict(list)
        for removal in removals:
            self._add(removal)

    def _add(self, removal: Removal) -> None:
        stone = removal.tombstone
        self._by_id[stone.id] = removal
        if stone.address:
            self._by_key[article_id("", stone.address, "")] = removal
        if stone.guid:
            self._by_guid[stone.guid].append(removal)
        if stone.fingerprint:
            for part in _parts(stone.fingerprint):
                self._by_part[part].append(removal)

    def __bool__(self) -> bool:
        return bool(self._by_id)

    def find(self, id: str, url: str | None, guid: str, fingerprint: int) -> tuple[Removal, str] | None:
        """The removal that an article falls under, and by what it matches; None if it may come in.

        The id comes after the address and the guid, since an import calls an article by what these have told it.
        """
        key = article_id("", url, "") if url else id
        if url and (found := self._by_key.get(key) or self._by_id.get(key)):
            return found, "its address"
        if found := self._of_guid(url, guid):
            return found, "its guid"
        if found := self._by_id.get(id) or self._by_key.get(id):
            return found, "its id"
        return self._alike(fingerprint)

    def _of_guid(self, url: str | None, guid: str) -> Removal | None:
        same = self._by_guid.get(guid, ())
        return next((each for each in same if _is_one(guid, each.tombstone.address, url)), None)

    def _alike(self, fingerprint: int) -> tuple[Removal, str] | None:
        if not fingerprint:
            return None
        from index.fingerprint import distance  # numpy with it, for archives from which something was taken down

        alike = (removal for part in _parts(fingerprint) for removal in self._by_part.get(part, ()))
        nearest = min(alike, key=lambda removal: distance(removal.tombstone.fingerprint, fingerprint), default=None)
        if nearest is None or (bits := distance(nearest.tombstone.fingerprint, fingerprint)) > MAX_DISTANCE:
            return None
        return nearest, f"{TEXT} ({bits} of 64 bits differ)"


def _is_one(guid: str, one: str | None, other: str | None) -> bool:
    """Whether articles with the same guid and these addresses are one: most guids are unique only within a site. Where
    an address is not known, the guid alone decides."""
    if not one or not other or guid.lower().startswith(_UNIQUE) or is_address(guid):
        return True
    return guid_key(_host(one), guid) == guid_key(_host(other), guid)


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _parts(fingerprint: int) -> list[tuple[int, int]]:
    return [(number, fingerprint >> number * _PART_BITS & _PART) for number in range(_PARTS)]
