"""Local days of many instants at once; what `search.dates` says of one, over arrays."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.dates import DAY_SECONDS, EPOCH_ORDINAL, utc_offset, zone_named

UNDATED: Final = 0
"""The day (ordinal) of an article without a date; real ones begin with 1."""


def local_days(epochs: NDArray[np.float64], floating: NDArray[np.bool_], time_zone: str) -> NDArray[np.int64]:
    """The local day (ordinal) of each instant; of a bare date the same in every zone; UNDATED for NaN."""
    dated = ~np.isnan(epochs)
    local = epochs.copy()
    moving = dated & ~floating
    if time_zone != "UTC" and moving.any():
        local[moving] += _offsets(epochs[moving], time_zone)
    days = np.full(len(epochs), UNDATED, np.int64)
    days[dated] = np.floor_divide(local[dated], DAY_SECONDS).astype(np.int64) + EPOCH_ORDINAL
    return days


def _offsets(epochs: NDArray[np.float64], time_zone: str) -> NDArray[np.float64]:
    """How far local time is ahead at each instant; looked up once for each UTC day on which it does not change."""
    zone = zone_named(time_zone)
    starts, which = np.unique(np.floor_divide(epochs, DAY_SECONDS), return_inverse=True)
    first = np.array([utc_offset(day * DAY_SECONDS, zone) for day in starts.tolist()])
    last = np.array([utc_offset((day + 1) * DAY_SECONDS - 1, zone) for day in starts.tolist()])
    offsets: NDArray[np.float64] = first[which]
    for changing in np.flatnonzero((first != last)[which]).tolist():
        offsets[changing] = utc_offset(float(epochs[changing]), zone)
    return offsets
