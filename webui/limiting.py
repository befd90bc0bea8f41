"""How many requests one client, or one key, may send: so many at once, and then as many a minute as are set.

This is the generic cell rate algorithm (ITU-T I.371, annex A), which needs one number for each client: when the client
would have been served if its requests came evenly. Of clients that are forgotten nothing is held against them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from math import ceil
from typing import Final

from cachetools import LRUCache
from flask import Flask, current_app, request
from werkzeug.exceptions import TooManyRequests

from search.ledger.write_keys import WriteKey
from search.settings import Settings
from search.translation import gettext as _
from webui.clients import client_key, sender
from webui.site import current_site

MAX_CLIENTS: Final = 50_000
"""Clients that are remembered, those that asked last: some 10 MB."""
_MINUTE: Final = 60.0
_KEYS: Final = "backfile.keys"
_FREE: Final = frozenset({
    "static", "health.live", "health.ready", "discovery.robots", "discovery.icon", "discovery.description",
    "openapi.description",
})  # fmt: skip
"""What may always be asked for: what a page is made of, what watches the server, and what tells robots the rules."""


class Allowances:
    """What each client has left. Safe to use from several threads. `clock` gives seconds that never run backwards."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = _MINUTE / per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._even: LRUCache[str, float] = LRUCache(MAX_CLIENTS)

    def seconds_to_wait(self, client: str) -> float:
        """0 if the client may send a request now, which counts; else in how many seconds it may, and nothing counts."""
        now = self._clock()
        with self._lock:
            even = max(self._even.get(client, now), now) + self._interval
            early = even - now - _MINUTE
            if early > 1e-9:
                return early
            self._even[client] = even
            return 0.0


def share(per_minute: int, workers: int) -> int:
    """What one worker allows, so that all of them together do not allow more; at least one request."""
    return max(1, per_minute // workers)


def install(app: Flask, settings: Settings, workers: int) -> None:
    """Refuses with 429 what a client asks for beyond `settings.client_requests_per_minute`, unless that is 0. What keys
    send is counted by `count_request`."""
    app.extensions[_KEYS] = Allowances(settings.write_per_minute)
    if not settings.client_requests_per_minute:
        return
    allowances = Allowances(share(settings.client_requests_per_minute, workers))

    @app.before_request
    def _refuse() -> None:
        if request.endpoint in _FREE:
            return
        seconds = allowances.seconds_to_wait(client_key(sender(settings.trusted_proxies)))
        if seconds:
            said = _("Too many requests have come from your address. Wait a little before the next one.")
            raise TooManyRequests(said, retry_after=ceil(seconds))


def count_request(key: WriteKey) -> None:
    """Counts a request to write, in this worker alone. Raises TooManyRequests if the key has sent more than
    `write_per_minute` allows."""
    allowances: Allowances = current_app.extensions[_KEYS]
    seconds = allowances.seconds_to_wait(key.id)
    if seconds:
        most = current_site().settings.write_per_minute
        said = _("This key has sent %(n)s requests within a minute; wait for a moment.", n=most)
        raise TooManyRequests(said, retry_after=ceil(seconds))
