"""What `search.ranking` says of one article's age, over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search.dates import DAY_SECONDS
from search.ranking import RECENCY_FLOOR, recency_factor


def recency_factors(epochs: NDArray[np.float64], now: float) -> NDArray[np.float64]:
    """What recency leaves of the score of an article published at each instant, seconds since 1970; NaN: undated."""
    factors: NDArray[np.float64] = recency_factor((now - epochs) / DAY_SECONDS)
    factors[np.isnan(epochs)] = RECENCY_FLOOR
    return factors
