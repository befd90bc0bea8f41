"""What one snapshot or segment has computed for earlier queries and may need again, up to some size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LruCache(Generic[Value]):
    """The values used last, up to a total size; safe to use from several threads.

    The `at_least` latest values are kept whatever their size.
    """

    def __init__(self, limit: int, *, at_least: int = 0) -> None:
        self._limit = limit
        self._at_least = at_least
        self._known: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """The value of a key, None if it is not there."""
        with self._lock:
            if (known := self._known.get(key)) is None:
                return None
            self._known.move_to_end(key)
            return known[0]

    def put(self, key: Hashable, value: Value, size: int = 1) -> None:
        """Adds a value, unless the key has one, and drops those not used for longest."""
        with self._lock:
            if key not in self._known:
                self._known[key] = value, size
                self._size += size
            while self._size > self._limit and len(self._known) > self._at_least:
                self._size -= self._known.popitem(last=False)[1][1]
