"""Finds near-copies of a text among all articles of a segment, by their fingerprints."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.grouping import MAX_DISTANCE

_BITS: Final = np.array([number.bit_count() for number in range(1 << 16)], np.uint8)


def docs_near(fingerprints: NDArray[np.uint64], live: NDArray[np.bool_], fingerprint: int) -> list[tuple[int, int]]:
    """The live docs whose texts are near-copies of the one with that fingerprint: see
    `search.engines.grouping.near_copies`. Each as (bits that differ, doc)."""
    if not fingerprint:
        return []
    halves: NDArray[Any] = np.bitwise_xor(fingerprints, np.uint64(fingerprint)).view(np.uint16)
    distances = _BITS[halves].reshape(-1, 4).sum(axis=1)
    docs = np.flatnonzero((distances <= MAX_DISTANCE) & live & (fingerprints != 0))
    return list(zip(distances[docs].tolist(), docs.tolist(), strict=True))
