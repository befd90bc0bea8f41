"""The keys by which the ledger knows articles: see `search.ledger.ledger.Ledger.known`."""

from __future__ import annotations


def address_key(id: str) -> str:
    """The key of an address, given the id that an article without one of its own gets from it."""
    return f"url:{id}"


def page_key(id: str) -> str:
    """The key of an address at which a page was found that states another one, given the id that comes from it. It does
    not name the article, but says which one is there."""
    return f"page:{id}"


def guid_key(host: str, guid: str) -> str:
    """The key of what a source calls an article, whatever its address. Such names are unique within a site."""
    return f"guid:{host.removeprefix('www.')}:{guid}"
