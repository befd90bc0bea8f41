"""The network between a client and a server fails as it is told to, and in no other way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
from proxy import Proxy, proxy_to

PATIENCE_SECONDS = 30


class Shouting(StreamRequestHandler):
    """Answers each line with itself in capitals, and remembers it."""

    def handle(self) -> None:
        assert isinstance(self.server, Server)
        with suppress(ConnectionError):
            for line in self.rfile:
                self.server.heard.append(line)
                self.wfile.write(line.upper())


class Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Shouting)
        self.heard: list[bytes] = []


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as listening:
        thread = Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with proxy_to(f"http://127.0.0.1:{server.server_address[1]}") as opened:
        yield opened


def connected(proxy: Proxy) -> socket.socket:
    parts = urlsplit(proxy.address)
    return socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_SECONDS)


def said(client: socket.socket, line: bytes) -> bytes:
    """What comes back until the line or the connection ends."""
    found = b""
    with suppress(ConnectionError):
        client.sendall(line)
        while not found.endswith(b"\n") and (data := client.recv(65_536)):
            found += data
    return found


def test_everything_passes_and_is_counted(proxy: Proxy) -> None:
    with connected(proxy) as one, connected(proxy) as two:
        assert said(one, b"flood\n") == b"FLOOD\n"
        assert said(two, b"bridge " * 30_000 + b"\n") == b"BRIDGE " * 30_000 + b"\n"
        assert said(one, b"river\n") == b"RIVER\n"
    assert proxy.connections == 2
    assert proxy.answered == len(b"FLOOD\n" + b"BRIDGE " * 30_000 + b"\n" + b"RIVER\n")


def test_a_cut_ends_what_is_open_and_what_comes_until_it_is_mended(proxy: Proxy) -> None:
    with connected(proxy) as client:
        assert said(client, b"flood\n") == b"FLOOD\n"
        proxy.cut()
        assert said(client, b"flood\n") == b""
    with connected(proxy) as client:
        assert said(client, b"flood\n") == b""
    proxy.mend()
    with connected(proxy) as client:
        assert said(client, b"flood\n") == b"FLOOD\n"


def test_an_answer_is_cut_in_its_middle_and_an_unheard_request_was_carried_out(server: Server, proxy: Proxy) -> None:
    with connected(proxy) as client:
        proxy.cut_after(3)
        assert said(client, b"flood\n") == b"FLO"
    proxy.mend()
    with connected(proxy) as client:
        assert said(client, b"bridge\n") == b"BRIDGE\n"
        proxy.cut_after(0)
        assert said(client, b"river\n") == b""
    assert server.heard == [b"flood\n", b"bridge\n", b"river\n"]


def test_nothing_passes_a_network_that_holds_until_it_is_mended(server: Server, proxy: Proxy) -> None:
    with connected(proxy) as client:
        assert said(client, b"flood\n") == b"FLOOD\n"
        proxy.hold()
        client.sendall(b"bridge\n")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(100)
        assert server.heard == [b"flood\n"]
        with connected(proxy) as another:
            another.settimeout(0.3)
            another.sendall(b"river\n")
            with pytest.raises(TimeoutError):
                another.recv(100)
        client.settimeout(PATIENCE_SECONDS)
        proxy.mend()
        assert said(client, b"") == b"BRIDGE\n"


def test_a_slow_network_delivers_everything_late(server: Server) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    slow = Proxy(f"http://127.0.0.1:{server.server_address[1]}", pause=pause)
    with closing(slow), connected(slow) as client:
        slow.slow(0.2)
        assert said(client, b"flood\n") == b"FLOOD\n"
        assert pauses == [0.2, 0.2]  # there and back
        slow.mend()
        assert said(client, b"river\n") == b"RIVER\n"
        assert pauses == [0.2, 0.2, 0, 0]


def test_a_server_that_is_gone_is_an_ended_connection() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        free = unused.getsockname()[1]
    with proxy_to(f"http://127.0.0.1:{free}") as proxy, connected(proxy) as client:
        assert said(client, b"flood\n") == b""
