"""One article, whatever it is called: the same piece from a feed, a site map, an export and an interface is one.

An article is known by its address, however that is written, and by what its source calls it whatever its address
(`Article.guid`). The ledger remembers under which id. The first id stays, so that links to it go on working. If an
article whose id is its address comes under the same guid with another address, it has moved.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from index.identity import article_id
from index.preparing import Prepared
from search.batching import in_batches
from search.ledger.ledger import Ledger
from search.ledger.names import address_key, guid_key
from search.spilling import SpillingTable

_BATCH: Final = 10_000
_SEVERAL = ""
"""What the key of an address names that several articles of one source state: none of them."""


class Name(NamedTuple):
    """The id under which an article is known, and the one that it had until it moved."""

    id: str
    before: str = ""


class _Keys(NamedTuple):
    address: str
    guid: str


class _Id(NamedTuple):
    """What a key names: the id of an article."""

    id: str


class _Claim(NamedTuple):
    """The source and the id of the first article of the run that states an address and has an id of its own."""

    source: str
    id: str


class Identities:
    """The names of the articles of one run. Nothing is remembered before `keep`, and nothing at all in a `dry_run`."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime], *, dry_run: bool) -> None:
        self._ledger = ledger
        self._clock = clock
        self._dry_run = dry_run
        self._keys: dict[tuple[str | None, str], _Keys] = {}
        self._known: dict[str, str] = {}
        self._learned = SpillingTable(_Id)
        self._claims = SpillingTable(_Claim)
        self._moved: dict[str, str] = {}

    def look_up(self, articles: Iterable[Prepared]) -> None:
        """Gets ready for a group of articles."""
        self._keys = {(article.url, article.guid): _keys(article) for article in articles}
        self._known = self._ledger.known(key for key in self._all_keys() if key not in self._learned)

    def name_of(self, article: Prepared, source: str) -> Name:
        """Under which id the article of a source, one that was looked up, is known; its own if it is new."""
        keys = self._keys[article.url, article.guid]
        by_address, by_guid = self._id_of(keys.address), self._id_of(keys.guid)
        before = ""
        if self._is_shared(keys.address, article, source):
            name = article.id
            self._learned.put(keys.address, _Id(_SEVERAL))
        elif by_address:
            name = by_address
        elif by_guid and by_guid != article.id and article.address_is_id:
            name, before = article.id, by_guid
            self._moved[before] = name
        else:
            name = by_guid or article.id
        self._learn(keys, name)
        return Name(name, before)

    def names_of(self, ids: Sequence[str]) -> Mapping[str, str]:
        """For each id that comes from an address, the id under which its article is known."""
        known = self._ledger.known(map(address_key, ids))
        return {name: known.get(address_key(name)) or name for name in ids}

    def among(self, ids: Sequence[str], holds: Callable[[Sequence[str]], Collection[str]]) -> Collection[str]:
        """Those of the ids that come from addresses whose articles `holds` has, under whatever id."""
        names = self.names_of(ids)
        held = holds(list(names.values()))
        return {name for name, known in names.items() if known in held}

    def keep(self) -> None:
        """Remembers all that was learned so far, now that it is committed."""
        if self._dry_run or not self._learned:
            return
        moved, self._moved = self._moved, {}
        for before, now in moved.items():
            self._ledger.move(before, now, self._clock())
        for batch in in_batches(self._learned.items(), _BATCH):
            known = self._ledger.known(key for key, _ in batch)
            self._ledger.remember((key, own.id) for key, own in batch if known.get(key) != own.id)
        self._known |= {key: own.id for key in self._all_keys() if (own := self._learned.get(key))}
        self._learned.clear()

    def close(self) -> None:
        """Frees what it takes on the disk, and forgets what was not kept."""
        self._learned.clear()
        self._claims.clear()

    def _all_keys(self) -> Iterator[str]:
        return filter(None, chain.from_iterable(self._keys.values()))

    def _id_of(self, key: str) -> str:
        if not key:
            return ""
        learned = self._learned.get(key)
        return (learned.id if learned else "") or self._known.get(key) or ""

    def _is_shared(self, key: str, article: Prepared, source: str) -> bool:
        """Whether several articles of the source, with ids of their own, state this address: it is that of the site, or
        of a section."""
        if not key or article.address_is_id:
            return False
        claim = self._claims.get(key)
        if claim is None:
            self._claims.put(key, _Claim(source, article.id))
        return claim is not None and claim.source == source and claim.id != article.id

    def _learn(self, keys: _Keys, name: str) -> None:
        if keys.address and keys.address not in self._learned:
            self._learned.put(keys.address, _Id(name))
        if keys.guid:
            self._learned.put(keys.guid, _Id(name))


def _keys(article: Prepared) -> _Keys:
    """The keys of its address and of its guid; "" for none. The address of a front page names no article."""
    if not article.url:
        return _Keys("", "")
    parts = urlsplit(article.url)
    is_deep = len(parts.path) > 1 or parts.query
    address = address_key(article_id("", article.url, "")) if is_deep else ""
    return _Keys(address, guid_key(parts.hostname or "", article.guid) if article.guid else "")
