"""Which article somebody means who names it: by its id, or by its address however that is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from index.identity import article_id, article_url
from index.refusals import Refusals
from search.document import Document
from search.engines.protocols import Engine, Searcher
from search.errors import IndexMissing, LedgerError
from search.ledger.ledger import Ledger
from search.ledger.names import address_key, guid_key
from search.ledger.removals import Tombstone


def tombstones_for(
    engine: Engine,
    ledger: Ledger,
    *,
    id: str = "",
    url: str | None = None,
    guid: str = "",
    known_only: bool = False,
) -> list[Tombstone]:
    """A tombstone for each article in the index or in the ledger that has this id, this address or this guid.

    If there is none, one for what an import would call such an article, unless `known_only`. Raises EngineError,
    LedgerError.
    """
    try:
        with engine.searcher() as searcher:
            found = _tombstones(searcher, ledger, id, url, guid)
    except IndexMissing:
        found = _tombstones(None, ledger, id, url, guid)
    address = article_url(url)
    unknown = Tombstone(article_id(id, address, guid), address, guid)
    return found or ([] if known_only else [unknown])


def _tombstones(searcher: Searcher | None, ledger: Ledger, id: str, url: str | None, guid: str) -> list[Tombstone]:
    address = article_url(url)
    own = article_id(id, address, guid)
    names = dict.fromkeys(_names(searcher, ledger, own, address, guid))
    found = [(name, _document(searcher, ledger, name)) for name in names]
    waiting = ledger.waiting.states(list(names))
    known = [(name, document) for name, document in found if document or name in waiting or ledger.removed.of(name)]
    return [_tombstone(name, document, address, guid) for name, document in known]


def _document(searcher: Searcher | None, ledger: Ledger, name: str) -> Document | None:
    """The article as readers have it, or would have had it when it had waited."""
    if searcher and (shown := searcher.document(name)):
        return shown
    with suppress(LedgerError):  # one that is damaged is taken down all the same, without its fingerprint
        return ledger.waiting.document(name)
    return None


def _names(searcher: Searcher | None, ledger: Ledger, own: str, address: str | None, guid: str) -> Iterator[str]:
    """The ids that the article may have."""
    yield own
    if moved := ledger.moved_to(own):
        yield moved
    yield from filter(None, ledger.known(_keys(own, address, guid)).values())
    if down := Refusals(ledger.removed.in_force()).find(own, address, guid, 0):
        yield down[0].id
    if searcher and address:
        yield from filter(None, map(searcher.id_of_url, spellings(address)))


def _keys(own: str, address: str | None, guid: str) -> Iterator[str]:
    """The keys under which the ledger may know the article."""
    yield address_key(article_id("", address, "") if address else own)
    if address and guid:
        yield guid_key(urlsplit(address).hostname or "", guid)


def spellings(address: str) -> Iterator[str]:
    """The ways in which the same address may have been written: with http and https, with and without "www." and with
    and without a slash at the end. The one that was given comes first."""
    yield address
    parts = urlsplit(address)
    bare = parts.netloc.removeprefix("www.")
    path = parts.path.rstrip("/")
    for scheme in ("https", "http"):
        for host in (bare, f"www.{bare}"):
            for ending in (path, f"{path}/"):
                other = parts._replace(scheme=scheme, netloc=host, path=ending).geturl()
                if other != address:
                    yield other


def _tombstone(name: str, document: Document | None, address: str | None, guid: str) -> Tombstone:
    own = document.url if document else None
    return Tombstone(name, own or address, guid, document.fingerprint if document else 0)
