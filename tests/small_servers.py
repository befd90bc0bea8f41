"""Small HTTP servers over real sockets, before a real OpenSearch, that answer wrongly where a test wants it."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that has arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sends back. `reset`: nothing, the connection is broken."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    reset: bool = False
    pauses: float = 0.0
    """If above 0, the body comes a byte at a time, with such pauses."""


Respond = Callable[[Seen], Answer]
RESET = Answer(reset=True)
PAGE = Answer(200, b"<!doctype html><p>Welcome to nginx!", {"content-type": "text/html"})


class SmallServer(ThreadingHTTPServer):
    """Answers every request with what `respond` returns, and remembers it in `seen`. `stopping` is set at the end."""

    daemon_threads = True

    def __init__(self, respond: Respond, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self.context = context
        self.seen: list[Seen] = []
        self.stopping = threading.Event()
        self.place = f"127.0.0.1:{self.server_address[1]}"

    def paths(self) -> list[str]:
        """What was asked for, in order, without the questions who the server is."""
        return [seen.path for seen in self.seen if seen.path != "/"]

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: clients that break off are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SmallServer

    def setup(self) -> None:
        if self.server.context is not None:  # here, so that a handshake holds nobody else up
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        super().handle()
        if self.server.context is not None:
            self.request.close()

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        seen = Seen(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.seen.append(seen)
        answer = self.server.respond(seen)
        if answer.reset:
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        for piece in [bytes([byte]) for byte in answer.body] if answer.pauses else [answer.body]:
            self.wfile.write(piece)
            self.server.stopping.wait(answer.pauses)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _any  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


def passed_on(seen: Seen, to: str) -> Answer:
    """What the server at the address `to` answers to the same request."""
    parts = urlsplit(to)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        kind = seen.headers.get("content-type", "application/json")
        connection.request(seen.method, seen.path, seen.body or None, {"content-type": kind})
        response = connection.getresponse()
        body = response.read()
        return Answer(response.status, body, {"content-type": response.headers.get("content-type", "text/plain")})
    finally:
        connection.close()


@contextmanager
def small_server(respond: Respond, context: ssl.SSLContext | None = None) -> Iterator[SmallServer]:
    """A server for the block, which answers as `respond` says; over TLS if there is a `context`."""
    server = SmallServer(respond, context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def before(opensearch: str, respond: Callable[[Seen], Answer | None]) -> Iterator[SmallServer]:
    """A server before a real node, for the block: it passes on every request for which `respond` returns None."""
    with small_server(lambda seen: respond(seen) or passed_on(seen, opensearch)) as server:
        yield server
