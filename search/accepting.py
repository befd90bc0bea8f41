"""Taking what programs send for the archive: checked against what is known of it, and queued.

Whoever fills the archive writes it into the index; see `search.ledger.inbox`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from search.archive import Archive
from search.engines.replicas import require_no_replica
from search.errors import EngineError, InboxFull
from search.ledger.inbox import Sending
from search.ledger.write_keys import WriteKey
from search.request.article_body import ArticleBody, digest_of
from search.translation import gettext as _

_TOLD: Final = ("language", "detect_language", "languages", "section_map", "time_zone")
"""The settings by which articles are read: with others, the same article may be another document."""


def putting(archive: Archive, key: WriteKey, id: str, body: ArticleBody) -> Sending:
    """The sending of an article. Raises Removed if it was taken down, or an article at its address; LedgerError."""
    removed = archive.ledger.removed
    last = archive.ledger.inbox.last_sent(id)
    for name in {id, last.known_as if last else id}:
        removed.require_not(name)
    if body.url:
        removed.require_none_at([body.url])
    text = body.as_text()
    told = (getattr(archive.settings, name) for name in _TOLD)
    return Sending(id, text, digest_of(text, *told), key.id)


def deleting(archive: Archive, key: WriteKey, id: str) -> Sending:
    """The sending that deletes an article. Raises Removed if it was taken down; LedgerError."""
    archive.ledger.removed.require_not(id)
    return Sending(id, None, "", key.id)


def is_known(archive: Archive, sending: Sending) -> bool:
    """Whether the archive has the article as it is sent, and nothing else of it is queued or set aside. If that cannot
    be told, it is written once more, which does no harm. Raises LedgerError."""
    inbox = archive.ledger.inbox
    last = inbox.last_sent(sending.article)
    if sending.body is None or last is None or last.digest != sending.digest:
        return False
    if not inbox.is_settled(sending.article):
        return False
    waiting = archive.ledger.waiting.states([last.known_as]).get(last.known_as)
    if waiting is not None:
        return waiting.content_hash == last.hash
    try:
        with archive.pinned() as pinned:
            return pinned.content_hash(last.known_as) == last.hash
    except EngineError:
        return False


def take(archive: Archive, sendings: Sequence[Sending], now: datetime) -> list[int]:
    """Queues sendings, on the disk when this returns, and gives their numbers, fewer if there is no room for all.

    Raises LedgerError, and EngineError for a replica, into which nothing may be written.
    """
    require_no_replica(archive.engine, archive.engine.url)
    return archive.ledger.inbox.take(sendings, now, archive.settings.inbox_most)


def take_one(archive: Archive, sending: Sending, now: datetime) -> int:
    """Queues a sending. Raises InboxFull, LedgerError."""
    numbers = take(archive, [sending], now)
    if not numbers:
        raise InboxFull(_("too many articles that were sent wait to be written; try again later"))
    return numbers[0]
