"""One article, whatever it is called: the same piece from a feed, a site map, an export and an interface is one.

An article is known by its address, however that is written, and by what its source calls it whatever its address
(`Article.guid`). The ledger remembers under which id. The first id stays, so that links to it go on working. If an
article whose id is its address comes under the same guid with another address, it has moved; so it has if its page now
states another address, or if its address sends everybody to another one for good.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from index.identity import article_id, article_url
from index.preparing import Prepared
from search.batching import in_batches
from search.ledger.ledger import Ledger
from search.ledger.names import address_key, guid_key, page_key
from search.spilling import SpillingTable

_BATCH: Final = 10_000
_SEVERAL = ""
"""What the key of an address names that several articles of one source state: none of them."""


_Stated: TypeAlias = tuple[str | None, str, str | None]
"""What of an article its keys are made of."""


class Name(NamedTuple):
    """The id under which an article is known, and the one that it had until it moved."""

    id: str
    before: str = ""


class _Keys(NamedTuple):
    """The keys of an article's address, of its guid, and of the address at which it was found if that is another, and
    of the page there."""

    address: str
    guid: str
    found: str
    page: str


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
        self._keys: dict[_Stated, _Keys] = {}
        self._known: dict[str, str] = {}
        self._learned = SpillingTable(_Id)
        self._claims = SpillingTable(_Claim)
        self._moved: dict[str, str] = {}
        self._targets: set[str] = set()

    def look_up(self, articles: Iterable[Prepared]) -> None:
        """Gets ready for a group of articles."""
        self._keys = {_stated(article): _keys(article) for article in articles}
        self._known = self._ledger.known(key for key in self._all_keys() if key not in self._learned)

    def name_of(self, article: Prepared, source: str) -> Name:
        """Under which id the article of a source, one that was looked up, is known; its own if it is new."""
        keys = self._keys[_stated(article)]
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
            if keys.found and not by_guid and (own := self._own_id(keys.found)):
                name = own
        if keys.found and not before and (before := self._before(keys, name, article, is_new=not by_address)):
            self._moved[before] = name
            self._learned.put(keys.found, _Id(name))
        self._learn(keys, name)
        return Name(name, before)

    def follows(self, before: str, url: str, holds: Callable[[Sequence[str]], Collection[str]]) -> bool:
        """Whether the article `before` has moved to the article with that address, which `holds` has: then it is that
        one from the next `keep` on."""
        name = next(iter(self.names_of([article_id("", url, "")]).values()))
        if not _key_of(url) or name == before or not holds([name]) or not self._is_free(name, before):
            return False
        self.joins(before, name)
        return True

    def joins(self, before: str, name: str) -> None:
        """The article `before` is the article `name` from the next `keep` on, unless another one has become that."""
        if self._is_free(name, before):
            self._targets.add(name)
            self._moved[before] = name

    def names_of(self, ids: Sequence[str]) -> Mapping[str, str]:
        """For each id that comes from an address, the id under which its article is known."""
        known = self._ledger.known(map(address_key, ids))
        return {name: known.get(address_key(name)) or name for name in ids}

    def found_at(self, id: str) -> Collection[str]:
        """The ids under which the articles are known that have an address or were found there, given the id that comes
        from the address."""
        return {*self.names_of([id]).values(), *self._ledger.known([page_key(id)]).values()}

    def known_as(self, own: str, url: str | None, guid: str) -> list[str]:
        """The ids that an article may have of which an input says its own id, its address and its guid."""
        host = urlsplit(url or article_url(guid) or "").hostname or ""
        keys = [address_key(own), *([address_key(article_id("", url, ""))] if url else ()), guid_key(host, guid)]
        known = self._ledger.known(keys)
        found = (entry.id if (entry := self._learned.get(key)) else known.get(key) for key in keys)
        return list(dict.fromkeys([*filter(None, found), own]))

    def among(self, ids: Sequence[str], holds: Callable[[Sequence[str]], Collection[str]]) -> Collection[str]:
        """Those of the ids that come from addresses whose articles `holds` has, under whatever id."""
        names = self.names_of(ids)
        held = holds(list(names.values()))
        return {name for name, known in names.items() if known in held}

    def keep(self) -> None:
        """Remembers all that was learned so far, now that it is committed."""
        if self._dry_run or not (self._learned or self._moved):
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

    def _own_id(self, key: str) -> str:
        """The id of its own under which the article with an address is known; "" if its id is an address."""
        known = self._id_of(key)
        return known if known and self._ledger.known([address_key(known)]).get(address_key(known)) != known else ""

    def _before(self, keys: _Keys, name: str, article: Prepared, *, is_new: bool) -> str:
        """The id that an article had which was found at the address of that id; "" if it has not moved.

        One article moves to an address, not several: sites send what they have deleted to one page for all. And none
        moves to the page of another article only because a page says so, without sending anybody there.
        """
        before = self._id_of(keys.found)
        if not before or before == name or not keys.address or not article.address_is_id:
            return ""
        if not (article.moved or is_new) or not self._is_free(name, before):
            return ""
        self._targets.add(name)
        return before

    def _is_free(self, name: str, before: str) -> bool:
        """No other article than `before` has moved to `name`."""
        return name not in self._targets and set(self._ledger.moved_from(name)) <= {before}

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
        if keys.page:
            self._learned.put(keys.page, _Id(name))


def _stated(article: Prepared) -> _Stated:
    return article.url, article.guid, article.found_at


def _keys(article: Prepared) -> _Keys:
    """The keys of an article, "" for none. The address of a front page names no article."""
    if not article.url:
        return _Keys("", "", "", "")
    address = _key_of(article.url)
    found = _key_of(article.found_at) if article.found_at else ""
    found = found if found != address else ""
    host = urlsplit(article.url).hostname or ""
    guid = guid_key(host, article.guid) if article.guid else ""
    return _Keys(address, guid, found, page_key(article_id("", article.found_at or "", "")) if found else "")


def _key_of(url: str) -> str:
    parts = urlsplit(url)
    return address_key(article_id("", url, "")) if len(parts.path) > 1 or parts.query else ""
