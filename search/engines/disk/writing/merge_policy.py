"""Which segments a commit merges: enough to keep searches fast, seldom enough to keep commits fast.

Segments are sorted into tiers by size; those of a tier are four times as large as those of the one below. Four of one
tier are merged into one of a higher tier. So an article is rewritten once for each tier it climbs: when a million
articles come in commits of a thousand, each is written about six times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SMALLEST_TIER: Final = 500
"""All segments with fewer articles are of one tier."""

SEGMENTS_A_TIER: Final = 4
"""This many segments of a tier become one; segments of the next tier are this many times as large."""

WORTH_CLEANING: Final = 0.4
"""A segment is rewritten when more than this share of it is deleted."""

MAX_ARTICLES: Final = 1 << 24
"""No merge makes a larger segment. The format's 32-bit numbers are far from full there, keywords included, and one
segment more makes no difference to a search of that many articles."""


@dataclass(frozen=True, slots=True)
class SegmentSize:
    """How many articles a segment has, and how many of them are live."""

    articles: int
    live: int


def find_merges(sizes: Sequence[SegmentSize]) -> list[tuple[int, ...]]:
    """The groups of segments, by their indices, that a commit merges into one segment each.

    If the result of a merge completes a higher tier, all of these are merged at once. A group may be a single segment
    with many deletions.
    """
    groups: list[tuple[int, ...]] = [(number,) for number, size in enumerate(sizes) if size.live]
    while (crowd := _crowd(groups, sizes)) is not None:
        groups = [group for group in groups if group not in crowd]
        groups.append(tuple(sorted(number for group in crowd for number in group)))
    return [group for group in groups if len(group) > 1 or _is_worn(sizes[group[0]])]


def find_forced_merges(sizes: Sequence[SegmentSize]) -> list[tuple[int, ...]]:
    """The groups whose merges leave as few segments as MAX_ARTICLES allows, without deletions."""
    groups: list[list[int]] = []
    room = 0
    for number, size in enumerate(sizes):
        if not size.live:
            continue
        if size.live > room:
            groups.append([])
            room = MAX_ARTICLES
        groups[-1].append(number)
        room -= size.live
    return [tuple(group) for group in groups if len(group) > 1 or sizes[group[0]].live < sizes[group[0]].articles]


def _crowd(groups: Sequence[tuple[int, ...]], sizes: Sequence[SegmentSize]) -> list[tuple[int, ...]] | None:
    """The groups of the lowest tier that has too many of them; None if no tier has."""
    tiers: defaultdict[int, list[tuple[int, ...]]] = defaultdict(list)
    for group in sorted(groups, key=lambda group: _live(group, sizes)):
        tiers[_tier(_live(group, sizes))].append(group)
    for tier in sorted(tiers):
        fitting = _fitting(tiers[tier], sizes)
        if len(fitting) >= SEGMENTS_A_TIER:
            return fitting
    return None


def _fitting(groups: Sequence[tuple[int, ...]], sizes: Sequence[SegmentSize]) -> list[tuple[int, ...]]:
    """The smallest groups, as many as one segment may hold together."""
    chosen: list[tuple[int, ...]] = []
    total = 0
    for group in groups:
        total += _live(group, sizes)
        if total > MAX_ARTICLES:
            break
        chosen.append(group)
    return chosen


def _live(group: tuple[int, ...], sizes: Sequence[SegmentSize]) -> int:
    return sum(sizes[number].live for number in group)


def _is_worn(size: SegmentSize) -> bool:
    return size.articles - size.live > WORTH_CLEANING * size.articles


def _tier(articles: int) -> int:
    tier = 0
    while articles >= SMALLEST_TIER * SEGMENTS_A_TIER**tier:
        tier += 1
    return tier
