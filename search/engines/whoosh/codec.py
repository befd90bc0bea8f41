"""Whoosh's stock codec, told to give its postings block by block: a query needs them whole, as arrays."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from whoosh.codec.whoosh3 import W3Codec, W3LeafMatcher

Places = NDArray[np.int64]
"""Every occurrence of a term in a segment, ascending: document number << 32 | field ordinal << 29 | position."""

NOWHERE: Final[Places] = np.empty(0, np.int64)

_CACHE_BYTES: Final = 64 * 1024 * 1024
"""Of decoded postings kept for one index."""

_BLOCK: Final = 1024
"""Postings in a block: larger than the stock 128, since blocks are never skipped."""


class BlockMatcher(W3LeafMatcher):  # type: ignore[misc]
    """A matcher that hands out its postings a block at a time."""

    def blocks(self) -> Iterator[tuple[tuple[int, ...], tuple[bytes, ...]]]:
        """Document numbers and values of each block, from the first to the last."""
        while not self._atend:
            self._read_ids()
            self._read_values()
            yield self._ids, self._values
            self._next_block()

    def places(self) -> Places:
        """All occurrences. Raises ValueError if values are not whole uint32 numbers."""
        docs: list[int] = []
        values: list[bytes] = []
        for ids, parts in self.blocks():
            docs.extend(ids)
            values.extend(parts)
        raw = np.frombuffer(b"".join(values), "<u4").astype(np.int64)
        counts = np.fromiter(map(len, values), np.int64, len(values)) >> 2
        return np.repeat(np.array(docs, np.int64) << 32, counts) | raw


class BackfileCodec(W3Codec):  # type: ignore[misc]
    """The stock codec with larger blocks, read as `BlockMatcher`."""

    def __init__(self) -> None:
        super().__init__(blocklimit=_BLOCK)

    def postings_reader(
        self, dbfile: Any, terminfo: Any, format_: Any, term: Any = None, scorer: Any = None
    ) -> BlockMatcher:
        offset, length = terminfo.extent()
        return BlockMatcher(dbfile, offset, length, format_, term=term, scorer=scorer)


class PlacesCache:
    """Decoded postings, the least recently used ones dropped when they fill the memory they are given."""

    def __init__(self, limit: int = _CACHE_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._entries: OrderedDict[tuple[str, str, str], Places] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[str, str, str]) -> Places | None:
        with self._lock:
            if (places := self._entries.get(key)) is not None:
                self._entries.move_to_end(key)
            return places

    def put(self, key: tuple[str, str, str], places: Places) -> None:
        with self._lock:
            if key not in self._entries:
                self._entries[key] = places
                self._size += places.nbytes + 200
            while self._size > self._limit and len(self._entries) > 1:
                self._size -= self._entries.popitem(last=False)[1].nbytes + 200
