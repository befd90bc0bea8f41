"""Near-copies among the hits (reprints, re-posts, agency copy) drawn together behind the best of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from search.engines.base import Hit

MAX_GROUPED: Final = 500
"""So many of the first hits are compared with each other."""

MAX_DISTANCE: Final = 6
"""Bits of 64 in which the fingerprints of near-copies differ at most. Among billions of web pages 3 was found safe
(Manku, Jain, Das Sarma: "Detecting near-duplicates for web crawling", WWW 2007). An archive is smaller and an edited
reprint differs more: of 6,000 agency reports every pair within 7 bits shared most of its wording, at 8 no longer."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a result list: a hit, and the ids of its near-copies further down; None if none were looked for."""

    hit: Hit
    similar: tuple[str, ...] | None = None


def near_copies(fingerprint: int, other: int) -> bool:
    """Whether two articles are near-copies; those too short for a fingerprint (0) never are."""
    return bool(fingerprint and other) and (fingerprint ^ other).bit_count() <= MAX_DISTANCE


def collapsed(hits: Iterable[Hit]) -> list[Row]:
    """The hits in their order, each near-copy behind the first hit that it is a copy of."""
    heads: list[Hit] = []
    behind: list[list[str]] = []
    for hit in hits:
        for index, head in enumerate(heads):
            if near_copies(head.fingerprint, hit.fingerprint):
                behind[index].append(hit.id)
                break
        else:
            heads.append(hit)
            behind.append([])
    return [Row(head, tuple(ids)) for head, ids in zip(heads, behind, strict=True)]
