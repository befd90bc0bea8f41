"""Items a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in their order, `size` in each list and the rest in the last one. No more is read ahead."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
