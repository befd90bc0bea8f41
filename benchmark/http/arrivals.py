"""Asks a server questions at a steady rate, whether or not it keeps up: as readers do, who know nothing of each other.

A load that waits for each answer before it asks on never overloads a server: it slows down with it (Schroeder et al.:
"Open Versus Closed: A Cautionary Tale", NSDI 2006).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

TIMEOUT: Final = 60.0
"""Seconds after which a reader gives up."""
_MOST_OPEN: Final = 4_000
"""Connections at a time; a question that would need another is not asked, and counted."""
_MOST_IDLE: Final = 64

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of some kind, such as "search"."""

    kind: str
    path: str


@dataclass(slots=True)
class Heard:
    """What came back: by kind the `statuses`, the `seconds` of each answer 200, and how many of these were `parts` that
    must not be kept. `broken` questions got no whole answer, `bare` ones 429 or 503 without Retry-After; `unasked` ones
    found no connection left."""

    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    parts: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    bare: int = 0
    unasked: int = 0

    @property
    def answers(self) -> int:
        """All whole answers."""
        return sum(counts.total() for counts in self.statuses.values())


class Readers:
    """Many readers of one server at 127.0.0.1; their connections stay open between questions."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[Connection] = []
        self._open = 0
        self.heard = Heard()

    async def closed(self, questions: Iterator[Asked], readers: int, seconds: float) -> float:
        """So many readers, each of whom asks on when the answer has come; returns the answers a second."""
        begun, before = time.monotonic(), self.heard.answers

        async def read() -> None:
            while time.monotonic() < begun + seconds:
                await self.ask(next(questions))

        await asyncio.gather(*(read() for _ in range(readers)))
        return (self.heard.answers - before) / (time.monotonic() - begun)

    async def at_rate(self, questions: Iterator[Asked], rate: float, seconds: float, random: Random) -> None:
        """Questions that come at random, so many a second in the mean; returns when the last is answered."""
        begun = due = time.monotonic()
        running: set[asyncio.Task[None]] = set()
        while due < begun + seconds:
            due += random.expovariate(rate)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.create_task(self.ask(next(questions)))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)

    async def ask(self, asked: Asked) -> None:
        """Asks one question, and notes what came back."""
        if self._open >= _MOST_OPEN:
            self.heard.unasked += 1
            return
        self._open += 1
        begun = time.monotonic()
        try:
            status, headers = await asyncio.wait_for(self._answered(asked.path), TIMEOUT)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            self.heard.broken += 1
            return
        finally:
            self._open -= 1
        self.heard.statuses[asked.kind][status] += 1
        if status == 200:
            self.heard.seconds[asked.kind].append(time.monotonic() - begun)
            self.heard.parts[asked.kind] += headers.get(b"cache-control") == b"no-store"
        self.heard.bare += status in (429, 503) and b"retry-after" not in headers

    async def close(self) -> None:
        """Closes what is open."""
        for _, writer in self._idle:
            writer.close()

    async def _answered(self, path: str) -> tuple[int, dict[bytes, bytes]]:
        while self._idle:
            connection = self._idle.pop()
            with suppress(OSError, asyncio.IncompleteReadError):  # the server closes what was idle for long
                return await self._exchange(connection, path)
        return await self._exchange(await asyncio.open_connection("127.0.0.1", self._port), path)

    async def _exchange(self, connection: Connection, path: str) -> tuple[int, dict[bytes, bytes]]:
        reader, writer = connection
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
            await reader.readexactly(int(headers[b"content-length"]))
        except BaseException:
            writer.close()
            raise
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            writer.close()
        return int(head.split(b" ", 2)[1]), headers
