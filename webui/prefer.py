"""Waiting until what was sent can be found, for clients that prefer that (RFC 7240, `Prefer: wait=2`)."""

from __future__ import annotations

import re
import threading
import time
from typing import Final

from flask import request

from search.errors import EngineError
from search.ledger.inbox import Notice
from webui.site import current_site

MOST_SECONDS: Final = 10
"""The longest wait; longer ones are cut to it."""
WAITING_AT_ONCE: Final = 2
"""Requests of one process that wait at the same time; the others are answered at once, as the header allows."""

_PAUSE_SECONDS: Final = 0.05
_WAIT: Final = re.compile(r'(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?=[,;]|$)', re.IGNORECASE)
_places = threading.BoundedSemaphore(WAITING_AT_ONCE)


def preferred_wait() -> int:
    """How many seconds the client prefers to wait; 0 for not at all."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), MOST_SECONDS) if found else 0


def waited_for(number: int, seconds: int) -> bool:
    """Waits until a sending is written and shows in this process, or its article is shown no more if it waits for its
    moment, or so many seconds; False if it did not wait.

    Raises LedgerError.
    """
    if not seconds or not _places.acquire(blocking=False):
        return False
    try:
        ends = time.monotonic() + seconds
        while not _is_shown(number) and time.monotonic() < ends:
            time.sleep(_PAUSE_SECONDS)
    finally:
        _places.release()
    return True


def _is_shown(number: int) -> bool:
    archive = current_site().archive
    notice = archive.ledger.inbox.of(number)
    if notice is None or notice.state != "done":
        return notice is None or notice.state == "failed"
    if notice.outcome not in ("added", "changed", "deleted", "waiting"):
        return True
    return _is_seen(notice)


def _is_seen(notice: Notice) -> bool:
    archive = current_site().archive
    last = archive.ledger.inbox.last_sent(notice.article)
    if last is None or last.number != notice.number:
        return True  # something newer was sent meanwhile
    is_hidden = notice.outcome == "waiting"
    try:
        with archive.pinned() as pinned:
            return (pinned.content_hash(last.known_as) or "") == ("" if is_hidden else last.hash)
    except EngineError:
        return is_hidden
