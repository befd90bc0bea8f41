"""Vectors of articles as engines keep them: a few rows of 8-bit numbers with a scale each, the same for every engine.

Against 32-bit numbers this takes a quarter of the space, and a similarity changes by less than a hundredth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.errors import EngineError

Vectors = NDArray[np.float32]
"""A row of length 1 for each passage of an article."""

SIMILARITY_DIGITS: Final = 6
"""Similarities are rounded to this many decimals, so that the order of summing cannot change an order of hits."""
_LARGEST: Final = 127.0


@dataclass(frozen=True, slots=True, eq=False)
class Quantised:
    """Rows of vectors: `values` (int8, rows * dimension) times `scales` (float32, one a row)."""

    values: NDArray[np.int8]
    scales: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scales)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self.values.shape[1])

    def vectors(self) -> Vectors:
        """The vectors, as near as 8 bits come to them."""
        found: Vectors = self.values * self.scales[:, np.newaxis]
        return found

    def rows(self, chosen: Any) -> Quantised:
        """Some of the rows."""
        return Quantised(self.values[chosen], self.scales[chosen])


def quantised(vectors: Vectors) -> Quantised:
    """The rows in 8 bits: the largest number of each becomes 127 or -127. Raises EngineError unless there is a row and
    all numbers are finite."""
    if vectors.ndim != 2 or 0 in vectors.shape or not np.isfinite(vectors).all():
        raise EngineError(f"vectors of the shape {vectors.shape} cannot be kept: they must be rows of finite numbers")
    largest = np.abs(vectors).max(axis=1)
    scales = np.where(largest > 0.0, largest / _LARGEST, 1.0).astype(np.float32)
    return Quantised(np.rint(vectors / scales[:, np.newaxis]).astype(np.int8), scales)


def joined(parts: Sequence[Quantised]) -> Quantised:
    """The rows of several, one after another; there must be at least one."""
    return Quantised(np.concatenate([part.values for part in parts]), np.concatenate([part.scales for part in parts]))


def similarities(rows: Quantised, starts: NDArray[np.intp], question: Sequence[float]) -> list[float]:
    """The cosine of a question with the nearest passage of each article, whose rows begin at `starts` (ascending).

    Raises EngineError if the question's vector has another length.
    """
    if len(question) != rows.dimension:
        raise EngineError(
            f"the question's vector has {len(question):,} numbers and those of the index {rows.dimension:,}; "
            "run `backfile encode` with the model that is used for searching"
        )
    found = (rows.values.astype(np.float64) @ np.array(question, np.float64)) * rows.scales
    nearest: list[float] = np.round(np.maximum.reduceat(found, starts), SIMILARITY_DIGITS).tolist()
    return nearest
