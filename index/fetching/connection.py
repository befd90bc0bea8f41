"""One connection over a socket: a request and its answer, with one limit of time for all of it.

The parsing of HTTP is h11's; the socket is ours, so that the address which was checked is the one connected to, and
every wait, for the name in TLS as for a header, has the same deadline.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import h11

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
"""How long one wait for the server may take."""
MAX_HEAD: Final = 65_536
"""Bytes of the status line and the headers."""

_CHUNK: Final = 65_536
_MAX_INTERIM: Final = 10


class Broken(Exception):
    """The connection gave no whole answer; says why, of the server."""


class TimeUp(Exception):
    """The answer took longer than it may."""


class Deadline:
    """The moment by which all is done, by `clock`."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def wait(self, most: float) -> float:
        """How long the next wait may take, at most `most` seconds. Raises TimeUp."""
        left = self._end - self._clock()
        if left <= 0:
            raise TimeUp
        return min(left, most)


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of an answer; names of headers in lower case, values of the same name joined with commas."""

    status: int
    headers: Mapping[str, str]


class Connection:
    """An open connection to one server, for one request after the other."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self.answers = 0
        """How many answers it has given."""

    def ask(
        self, target: str, headers: Sequence[tuple[str, str]], deadline: Deadline, body: bytes | None = None
    ) -> Head:
        """Sends a GET, or a POST if there is a body, whose length is among the headers, and reads the beginning of the
        answer. Raises Broken and TimeUp."""
        method = "GET" if body is None else "POST"
        request = h11.Request(method=method, target=target.encode("ascii"), headers=list(headers))
        content = self._http.send(request) + (self._http.send(h11.Data(data=body)) or b"" if body else b"")
        try:
            self._socket.settimeout(deadline.wait(READ_SECONDS))
            self._socket.sendall(content + self._http.send(h11.EndOfMessage()))
        except OSError as error:
            raise Broken(_reason(error)) from error
        for _ in range(_MAX_INTERIM):
            event = self._event(deadline)
            if isinstance(event, h11.Response):
                self.answers += 1
                return Head(event.status_code, _joined(event.headers))
            if not isinstance(event, h11.InformationalResponse):
                break
        raise Broken("it sent no answer")

    def body(self, deadline: Deadline) -> Iterator[bytes]:
        """The pieces of the body, as they come. Raises Broken and TimeUp."""
        while not isinstance(event := self._event(deadline), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                raise Broken("it broke off the answer")
            yield bytes(event.data)

    def is_reusable(self) -> bool:
        """Makes it ready for the next request, if the server lets it and nothing is left over."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        if self._http.trailing_data[0]:
            return False
        self._http.start_next_cycle()
        return True

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()

    def _event(self, deadline: Deadline) -> object:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._socket.settimeout(deadline.wait(READ_SECONDS))
                self._http.receive_data(self._socket.recv(_CHUNK))
        except TimeoutError as error:
            raise TimeUp from error
        except OSError as error:
            raise Broken(_reason(error)) from error
        except h11.RemoteProtocolError as error:
            raise Broken(f"its answer is not HTTP as it should be: {error}") from error
        return event


def connect(ips: Sequence[str], port: int, name: str, context: ssl.SSLContext | None, deadline: Deadline) -> Connection:
    """A connection to the first of `ips` that takes one; with `context`, over TLS for the host `name`.

    Raises Broken and TimeUp.
    """
    reason = "it has no address"
    for ip in ips:
        try:
            return Connection(_open(ip, port, name, context, deadline))
        except ssl.SSLCertVerificationError as error:
            raise Broken(f"its certificate is not valid for {name}: {error.verify_message}") from error
        except OSError as error:
            reason = _reason(error)
    raise Broken(reason)


def _open(ip: str, port: int, name: str, context: ssl.SSLContext | None, deadline: Deadline) -> socket.socket:
    opened = socket.create_connection((ip, port), timeout=deadline.wait(CONNECT_SECONDS))
    try:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is None:
            return opened
        opened.settimeout(deadline.wait(CONNECT_SECONDS))
        return context.wrap_socket(opened, server_hostname=name)
    except BaseException:
        opened.close()
        raise


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    joined: dict[str, str] = {}
    for raw, value in headers:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        joined[name] = f"{joined[name]}, {text}" if name in joined else text
    return joined


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, ssl.SSLError):
        return f"no secure connection could be made ({error.reason or error})"
    return f"no connection ({error.strerror or error})"
