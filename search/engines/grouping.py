"""Groups near-copies (reprints, re-posts, agency copy) under the best of them, the same for every engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

MAX_GROUPED: Final = 500
"""Only this many hits, the first of the list, are compared with each other."""

MAX_DISTANCE: Final = 7
"""The fingerprints of near-copies differ in at most this many of their 64 bits.

Among 19,000 agency reports, 99 in 100 pairs within this distance shared at least 80 % of their wording, and all of them
most of it; chance brings two other texts this near once in 26,000 million pairs. docs/explanation/duplicates.md
has the figures.
"""

Item = TypeVar("Item")


def near_copies(fingerprint: int, other: int) -> bool:
    """Whether two articles are near-copies. Those too short for a fingerprint (0) never are."""
    return bool(fingerprint and other) and (fingerprint ^ other).bit_count() <= MAX_DISTANCE


def grouped(hits: Sequence[tuple[Item, int]]) -> list[tuple[Item, list[Item]]]:
    """The rows of a result list: each hit with its near-copies. Hits come with their fingerprints, the best first.

    Among the first MAX_GROUPED hits, each near-copy joins the row of the first hit that it is a copy of. Every later
    hit is a row of its own. So the rows are the same whichever page of them is asked for.
    """
    rows = _collapsed(hits[:MAX_GROUPED])
    return rows + [(item, []) for item, _ in hits[MAX_GROUPED:]]


def _collapsed(hits: Iterable[tuple[Item, int]]) -> list[tuple[Item, list[Item]]]:
    rows: list[tuple[Item, list[Item]]] = []
    heads: list[int] = []
    for item, fingerprint in hits:
        for (_, copies), head in zip(rows, heads, strict=True):
            if near_copies(head, fingerprint):
                copies.append(item)
                break
        else:
            rows.append((item, []))
            heads.append(fingerprint)
    return rows
