"""A network that fails on demand: a TCP proxy between a client and a server, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import urlsplit

_CHUNK = 65_536


class Proxy:
    """Passes bytes between clients and one server. It begins in order; each method puts it into another condition.

    `connections` counts those that clients have opened, `answered` the bytes of answers that have been passed on.
    `pause` waits for so many seconds.
    """

    def __init__(self, server: str, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        parts = urlsplit(server)
        self._pause = pause
        self.connections = 0
        self.answered = 0
        self._scheme, self._host, self._port = parts.scheme, parts.hostname, parts.port
        self._is_cut = False
        self._delay_seconds = 0.0
        self._answer_bytes_left: int | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        listening = asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.address = f"{self._scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def mend(self) -> None:
        """Passes everything on at once. What was held goes on its way; connections that were cut stay so."""

        def change() -> None:
            self._is_cut, self._delay_seconds, self._answer_bytes_left = False, 0.0, None
            self._flowing.set()

        self._do(change)

    def cut(self) -> None:
        """Ends all connections, and each new one at once."""
        self._do(self._cut)

    def cut_after(self, answer_bytes: int) -> None:
        """As `cut`, when so many more bytes of answers have been passed on. 0: a request arrives and is carried out,
        and its client does not hear so."""

        def change() -> None:
            self._answer_bytes_left = answer_bytes

        self._do(change)

    def hold(self) -> None:
        """Keeps connections open, accepts new ones, and passes nothing on."""
        self._do(self._flowing.clear)

    def slow(self, seconds: float) -> None:
        """Passes everything on late by so much, in both directions."""

        def change() -> None:
            self._delay_seconds = seconds

        self._do(change)

    def close(self) -> None:
        """Ends all connections and stops listening."""
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, change: Callable[[], None]) -> None:
        """Changes the state in the thread of the loop, and returns when that is done."""

        async def changed() -> None:
            change()

        asyncio.run_coroutine_threadsafe(changed(), self._loop).result()

    def _cut(self) -> None:
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()

    async def _leave(self) -> None:
        self._server.close()
        self._cut()
        self._flowing.set()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._is_cut:
            writer.transport.abort()
            return
        self._open.add(writer)
        with suppress(OSError):
            from_server, to_server = await asyncio.open_connection(self._host, self._port)
            self._open.add(to_server)
            requests = asyncio.ensure_future(self._pass_on(reader, to_server, is_answer=False))
            await self._pass_on(from_server, writer, is_answer=True)
            await requests
            self._open.discard(to_server)
        writer.transport.abort()
        self._open.discard(writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._flowing.wait()
                await self._pause(self._delay_seconds)
                if is_answer and self._answer_bytes_left is not None:
                    data = data[: self._answer_bytes_left]
                    self._answer_bytes_left -= len(data)
                # Counted first: a client may look as soon as it has its answer.
                self.answered += len(data) if is_answer else 0
                writer.write(data)
                await writer.drain()
                if is_answer and self._answer_bytes_left == 0:
                    self._cut()
        writer.close()


@contextmanager
def proxy_to(server: str) -> Iterator[Proxy]:
    """A proxy, for the block, to the server at that address, as in "http://127.0.0.1:9200"."""
    proxy = Proxy(server)
    try:
        yield proxy
    finally:
        proxy.close()
