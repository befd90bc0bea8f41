"""The sites that are being asked: an open connection to each, and one request with its answer over it."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

from index.fetching.address import Address
from index.fetching.connection import Broken, Connection, Deadline, Head, connect
from index.fetching.decoding import Unusable, read_body, too_large
from index.fetching.hosts import Resolver, choose_addresses
from index.fetching.lookup import within

MAX_ERROR: Final = 65_536
"""Bytes that are read of what comes with a failure."""
MAX_CONNECTIONS: Final = 20
"""Connections that are kept open, one for each site."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came from an address. `url` is where it was in the end, after redirects; `body` is decompressed.

    `headers` have their names in lower case. `moved`: there was a redirect, and each was permanent (301 or 308).
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    moved: bool


class Sites:
    """`user_agent` names us; `allowed` hosts need not be public; `context` is that of TLS, None for the usual one."""

    def __init__(
        self, user_agent: str, allowed: Collection[str], resolve: Resolver, context: ssl.SSLContext | None
    ) -> None:
        self._user_agent = user_agent
        self._allowed = allowed
        self._resolve = resolve
        self._given_context = context
        self._idle: dict[str, Connection] = {}
        self.requests = 0
        """How many requests were sent."""

    def close(self) -> None:
        """Closes all connections."""
        while self._idle:
            self._idle.popitem()[1].close()

    def ask(self, address: Address, given: Mapping[str, str], most: int, deadline: Deadline) -> Fetched:
        """The answer to one GET with the headers `given`, whatever its status, its body of at most `most` bytes.

        Raises FetchError if the host may not be asked, else Broken, Unusable and TimeUp.
        """
        connection, head = self._begin(address, given, deadline)
        is_wanted = 200 <= head.status < 300
        try:
            body = _read(connection, head, most if is_wanted else min(most, MAX_ERROR), deadline)
        except BaseException as error:
            connection.close()
            if is_wanted or not isinstance(error, Unusable):
                raise
            return Fetched(address.url, head.status, head.headers, b"", False)
        self._keep(address, connection, head)
        return Fetched(address.url, head.status, head.headers, body, False)

    @contextmanager
    def opened(
        self, address: Address, given: Mapping[str, str], deadline: Deadline
    ) -> Iterator[tuple[Head, Iterator[bytes]]]:
        """The beginning of the answer to one GET, and the pieces of its body as they come, for the block.

        Raises as `ask` does, but for Unusable.
        """
        connection, head = self._begin(address, given, deadline)
        try:
            yield head, connection.body(deadline)
        except BaseException:
            connection.close()
            raise
        self._keep(address, connection, head)

    def _begin(self, address: Address, given: Mapping[str, str], deadline: Deadline) -> tuple[Connection, Head]:
        """An answer that has begun. A kept connection may have been closed by the server; then a new one is made."""
        kept = self._idle.pop(address.site, None)
        if kept:
            with suppress(Broken):
                return kept, self._ask(kept, address, given, deadline)
        ips = choose_addresses(address, self._allowed, partial(within, deadline, self._resolve))
        context = self._context if address.scheme == "https" else None
        connection = connect(ips, address.port, address.host, context, deadline)
        return connection, self._ask(connection, address, given, deadline)

    def _ask(self, connection: Connection, address: Address, given: Mapping[str, str], deadline: Deadline) -> Head:
        own = {
            "host": address.place,
            "user-agent": self._user_agent,
            "accept": "*/*",
            "accept-encoding": "gzip, deflate",
        }
        self.requests += 1
        try:
            return connection.ask(address.target, list({**own, **given}.items()), deadline)
        except BaseException:
            connection.close()
            raise

    def _keep(self, address: Address, connection: Connection, head: Head) -> None:
        if "close" in head.headers.get("connection", "").lower() or not connection.is_reusable():
            connection.close()
            return
        while len(self._idle) >= MAX_CONNECTIONS:
            self._idle.pop(next(iter(self._idle))).close()
        self._idle[address.site] = connection

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._given_context or ssl.create_default_context()


def _read(connection: Connection, head: Head, most: int, deadline: Deadline) -> bytes:
    stated = head.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > most:
        raise Unusable(too_large(most))
    return read_body(connection.body(deadline), head.headers.get("content-encoding", ""), most)
