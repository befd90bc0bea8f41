"""Near-copies (reprints, re-posts, agency copy) behind the best of them: the same in every engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

MAX_GROUPED: Final = 500
"""The hits that are compared with each other: the first of the list."""

MAX_DISTANCE: Final = 6
"""Bits of 64 in which the fingerprints of near-copies differ at most. Among billions of web pages 3 was found safe
(Manku, Jain, Das Sarma: "Detecting near-duplicates for web crawling", WWW 2007). An archive is smaller and an edited
reprint differs more: of 6,000 agency reports every pair within 7 bits shared most of its wording, at 8 no longer."""

Item = TypeVar("Item")


def near_copies(fingerprint: int, other: int) -> bool:
    """Whether two articles are near-copies; those too short for a fingerprint (0) never are."""
    return bool(fingerprint and other) and (fingerprint ^ other).bit_count() <= MAX_DISTANCE


def grouped(hits: Sequence[tuple[Item, int]]) -> list[tuple[Item, list[Item]]]:
    """Rows of a result list from hits with their fingerprints, the best first.

    Among the first MAX_GROUPED each near-copy stands behind the first hit that it is a copy of; each later hit is a
    row of its own. So the list is the same whichever page of it is asked for.
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
