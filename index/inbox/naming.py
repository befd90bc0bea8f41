"""Under which id the index knows an article that was sent.

A program calls its articles by its own ids. One that the archive has already, from a feed or an export, keeps the id it
has, as it does when another source brings it; the ledger remembers that the program's id means that one. But two ids of
programs are two articles, even if one of them takes over the address of the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from index.inbox.sent import SentArticle
from search.engines.protocols import Searcher
from search.ledger.ledger import Ledger
from search.ledger.names import address_key


def known_name(ledger: Ledger, article: str) -> str:
    """The id under which the index knows what a program calls `article`, as far as it was sent before."""
    last = ledger.inbox.last_sent(article)
    return last.known_as if last and last.known_as else article


def keep_apart(ledger: Ledger, articles: Sequence[SentArticle]) -> None:
    """Makes an address that another program's id had this article's own; call it before they are written."""
    for article in articles:
        key = address_key(article.keys[0]) if article.keys[0] else ""
        holder = ledger.known([key]).get(key) if key else None
        if holder and holder != article.known_as and ledger.inbox.is_of_others(holder, article.entry.article):
            ledger.remember([(key, article.known_as)])


def found_name(ledger: Ledger, searcher: Searcher | None, article: SentArticle) -> str:
    """The id under which the index has an article now, or under which it waits; its own if it has none."""
    key = address_key(article.keys[0]) if article.keys[0] else ""
    names = [article.known_as, *ledger.known([key]).values()] if key else [article.known_as]
    held = searcher.stamps(names) if searcher else {}
    waiting = ledger.waiting.states(names)
    return next((name for name in names if name in held or name in waiting), article.known_as)
