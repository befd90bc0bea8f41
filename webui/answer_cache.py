"""Answers that were given in this generation of the index, so that the same question costs no second search."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache
from flask import Response

_OVERHEAD: Final = 500
"""Bytes that an entry takes besides its texts: measured with `sys.getsizeof` on its parts."""
_LARGEST_SHARE: Final = 8
"""An answer that takes more than this part of the cache is not kept: it would push out too many others."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A whole answer, as it is sent: its headers, and its body in its content coding."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def size(self) -> int:
        """The memory that it takes, in bytes."""
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers) + _OVERHEAD

    def response(self) -> Response:
        """The answer again."""
        return Response(self.body, headers=list(self.headers))


class AnswerCache:
    """The answers to the questions asked last, in at most `max_bytes` of memory. Safe to use from several threads.

    It holds answers of one generation only, the one asked about last: a commit empties it.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._generation = ""
        self._kept: LRUCache[Hashable, KeptAnswer] = LRUCache(max_bytes, getsizeof=lambda kept: kept.size)

    @property
    def bytes_held(self) -> int:
        """The memory that the answers take now."""
        with self._lock:
            return int(self._kept.currsize)

    def get(self, generation: str, key: Hashable) -> KeptAnswer | None:
        """The answer to that question at that generation, if it is there."""
        with self._lock:
            if generation != self._generation:
                self._generation = generation
                self._kept.clear()
            return self._kept.get(key)

    def keep(self, generation: str, key: Hashable, response: Response) -> bool:
        """Keeps the answer if it is complete, may be stored and is not too large. Tells whether it was kept."""
        if response.status_code != 200 or response.is_streamed or response.cache_control.no_store:
            return False
        kept = KeptAnswer(tuple(response.headers.items()), response.get_data())
        if kept.size * _LARGEST_SHARE > self._max_bytes:
            return False
        with self._lock:
            if generation != self._generation:
                return False  # of a request that began before a commit
            self._kept[key] = kept
            return True
