"""Whether arrays are in order, looked at some items at a time so that a large segment is not copied into memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_SLICE: Final = 1 << 22


def partition(starts: NDArray[Any], total: int) -> bool:
    """Whether the starts divide `total` items: they begin with 0, never fall and end with the total."""
    return bool(len(starts) and starts[0] == 0 and starts[-1] == total) and rising(starts, strictly=False)


def rising(values: NDArray[Any], *, strictly: bool = True) -> bool:
    """Whether each value is greater than the one before, or not `strictly` at least as great."""
    rises = np.greater if strictly else np.greater_equal
    return all(bool(rises(part[1:], part[:-1]).all()) for _, part in _slices(values))


def rising_within(values: NDArray[Any], starts: NDArray[Any]) -> bool:
    """Whether values rise from each start to the next; the starts divide them."""
    for first, part in _slices(values):
        falls = part[1:] <= part[:-1]
        begin, end = np.searchsorted(starts, np.array([first + 1, first + len(part)], starts.dtype))
        falls[starts[begin:end].astype(np.int64) - (first + 1)] = False
        if falls.any():
            return False
    return True


def below(values: NDArray[Any], limit: int) -> bool:
    """Whether the values are numbers of something of which there are `limit`."""
    return not len(values) or (values.dtype.kind == "u" and int(values.max()) < limit)


def row_slices(starts: NDArray[Any]) -> Iterator[slice]:
    """Rows by the starts of their items, as many at a time as have a few million, at least one."""
    begin, rows = 0, len(starts) - 1
    while begin < rows:
        limit = starts.dtype.type(int(starts[begin]) + _SLICE)
        end = min(max(begin + 1, int(np.searchsorted(starts, limit, "right")) - 1), rows)
        yield slice(begin, end)
        begin = end


def _slices(values: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Parts of an array, each with the number of its first item, and with the first item of the next."""
    for start in range(0, len(values), _SLICE):
        yield start, values[start : start + _SLICE + 1]
