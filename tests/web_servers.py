"""Web servers over real sockets that send exactly the bytes which a test wants, rightly or wrongly."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from index.fetching import Fetcher


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has arrived; names of headers in lower case."""

    path: str
    headers: Mapping[str, str]


Reply = bytes | Iterable[bytes]
"""All that is sent, piece by piece if there are several. A connection is closed after what is not framed by a length,
and after pieces."""


class WebServer(socketserver.ThreadingTCPServer):
    """Answers each request with what `respond` returns, and remembers it in `asked`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, respond: Callable[[Asked], Reply], context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.respond = respond
        self.context = context
        self.asked: list[Asked] = []
        self.connections = 0
        self.place = f"127.0.0.1:{self.server_address[1]}"
        self.url = f"http{'s' if context else ''}://{self.place}"

    def paths(self) -> list[str]:
        """What was asked for, in order, without the rules for robots."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: clients that break off are what is tested."""


class _Conversation(socketserver.StreamRequestHandler):
    server: WebServer

    def setup(self) -> None:
        if self.server.context is not None:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()
        self.server.connections += 1

    def handle(self) -> None:
        with suppress(OSError):
            while asked := self._asked():
                self.server.asked.append(asked)
                reply = self.server.respond(asked)
                for piece in [reply] if isinstance(reply, bytes) else reply:
                    self.wfile.write(piece)
                if not isinstance(reply, bytes) or b"content-length" not in reply or b"connection: close" in reply:
                    return

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        if self.server.context is not None:
            self.request.close()

    def _asked(self) -> Asked | None:
        line = self.rfile.readline().decode("latin-1").split()
        if len(line) < 2:
            return None
        headers: dict[str, str] = {}
        while (row := self.rfile.readline().decode("latin-1").strip()) != "":
            name, _, value = row.partition(":")
            headers[name.lower()] = value.strip()
        return Asked(line[1], headers)


def reply(body: bytes | str = b"", status: int = 200, **headers: object) -> bytes:
    """A whole answer, framed by its length. In names of headers "_" stands for "-"."""
    data = body.encode() if isinstance(body, str) else body
    rows = {"content-length": len(data), **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in rows.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + data


def redirect(to: str, status: int = 301) -> bytes:
    """A redirect."""
    return reply(status=status, location=to)


def by_path(table: Mapping[str, Reply | Callable[[Asked], Reply]]) -> Callable[[Asked], Reply]:
    """Answers with the row of the path that is asked for; all others are not there."""

    def respond(asked: Asked) -> Reply:
        row = table.get(asked.path, reply("nothing here", 404))
        return row(asked) if callable(row) else row

    return respond


@contextmanager
def web_server(
    respond: Callable[[Asked], Reply] | Mapping[str, Any], context: ssl.SSLContext | None = None
) -> Iterator[WebServer]:
    """A server for the block, which answers as `respond` says (see `by_path`); over TLS if there is a `context`."""
    server = WebServer(respond if callable(respond) else by_path(respond), context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Time:
    """A clock that moves only when somebody sleeps; by `step` seconds also each time it is looked at."""

    def __init__(self, step: float = 0.0) -> None:
        self.now = 1000.0
        self.step = step
        self.slept: list[float] = []

    def clock(self) -> float:
        """The time in seconds."""
        self.now += self.step
        return self.now

    def sleep(self, seconds: float) -> None:
        """Moves the clock."""
        self.slept.append(seconds)
        self.now += seconds


def fetcher_for(*servers: WebServer, time: Time | None = None, **options: Any) -> Fetcher:
    """A fetcher that may ask these servers, and never really waits."""
    time = time or Time()
    given = {"per_second": 1000.0, "allowed": [server.place for server in servers], **options}
    return Fetcher(clock=time.clock, sleep=time.sleep, **given)
