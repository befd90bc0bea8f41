"""Clients that hold a server up: some send their request a byte at a time, some never send it, some send a huge one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

_HUGE: Final = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Padding: " + b"x" * 1_000_000 + b"\r\n\r\n"
_SLOW: Final = b"GET /search?q=slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_LONGEST: Final = 30.0


async def annoy(port: int, each: int) -> None:
    """Keeps so many clients of each kind connected until it is cancelled."""
    kinds: tuple[Callable[[int], Coroutine[Any, Any, None]], ...] = (_slow, _silent, _huge)
    await asyncio.gather(*(_again(kind, port) for kind in kinds for _ in range(each)))


async def _again(kind: Callable[[int], Coroutine[Any, Any, None]], port: int) -> None:
    while True:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            await asyncio.wait_for(kind(port), _LONGEST)
        await asyncio.sleep(0.2)


async def _slow(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for n in range(len(_SLOW)):
            writer.write(_SLOW[n : n + 1])
            await writer.drain()
            await asyncio.sleep(1.0)
    finally:
        writer.close()


async def _silent(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await reader.read(1)
    finally:
        writer.close()


async def _huge(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_HUGE)
        await reader.read()
    finally:
        writer.close()
    await asyncio.sleep(2.0)
