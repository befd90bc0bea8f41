"""Posting to an address that somebody has named: the same checks as for fetching, and nothing that leads elsewhere."""

from __future__ import annotations

import ssl
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial

from index.fetching.address import read_address
from index.fetching.connection import Broken, Connection, Deadline, TimeUp, connect
from index.fetching.errors import FetchError
from index.fetching.hosts import Resolver, choose_addresses, is_allowed, look_up
from index.fetching.lookup import within

POST_SECONDS = 20.0
"""How long looking up, connecting, sending and the answer may take together."""
_MOST_READ = 65_536
_FINE = range(200, 300)


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Collection[str] = (),
    setting: str,
    seconds: float = POST_SECONDS,
    resolve: Resolver = look_up,
    context: ssl.SSLContext | None = None,
) -> int:
    """Posts the body, and returns the status of the answer if it is one of success.

    The host has to be a public one, and the address one of https, unless `allowed` (the setting of that name) has the
    host. No redirect is followed, no proxy is used, and of the answer only the beginning is read.
    Raises FetchError, with the status if there was an answer.
    """
    address = read_address(url)
    if address.scheme != "https" and not is_allowed(address, allowed):
        reason = f"the address is not one of https; to allow it, add {address.place!r} to the setting {setting}"
        raise FetchError(address.url, reason, is_lasting=True)
    deadline = Deadline(time.monotonic, seconds)
    sent = {"host": address.place, "content-length": str(len(body)), "connection": "close", **headers}
    secure = (context or ssl.create_default_context()) if address.scheme == "https" else None
    try:
        ips = choose_addresses(address, allowed, partial(within, deadline, resolve), setting)
        connection = connect(ips, address.port, address.host, secure, deadline)
        try:
            status = connection.ask(address.target, list(sent.items()), deadline, body).status
            _read_a_little(connection, deadline)
        finally:
            connection.close()
    except Broken as error:
        raise FetchError(address.url, str(error)) from error
    except TimeUp as error:
        raise FetchError(address.url, f"the answer took longer than {seconds:.0f} s") from error
    if status not in _FINE:
        raise FetchError(address.url, f"the server answered {status}", status=status)
    return status


def _read_a_little(connection: Connection, deadline: Deadline) -> None:
    """Lets the server finish what it says, up to a limit; what it says decides nothing any more."""
    read = 0
    with suppress(Broken, TimeUp):
        for piece in connection.body(deadline):
            read += len(piece)
            if read > _MOST_READ:
                return
