"""Which segments a commit merges: few enough to be quick to search, seldom enough to be quick to write."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from whoosh.reading import SegmentReader

SMALLEST_TIER: Final = 500
"""Segments of fewer articles are all of one tier."""

SEGMENTS_A_TIER: Final = 4
"""So many segments of one tier become one of the next; each tier holds so many times more articles."""

WORTH_CLEANING: Final = 0.4
"""A segment of which this share is deleted is written anew without it."""


def merge_tiers(writer: Any, segments: list[Any]) -> list[Any]:
    """A Whoosh merge policy: merges what belongs together into what is being written, and returns the rest."""
    chosen = {segment.segment_id() for segment in to_merge(segments)}
    for segment in segments:
        if segment.segment_id() in chosen and segment.doc_count() > 0:
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
    return [segment for segment in segments if segment.segment_id() not in chosen and segment.doc_count() > 0]


def to_merge(segments: list[Any]) -> list[Any]:
    """The segments that a commit writes anew."""
    tiers: defaultdict[int, list[Any]] = defaultdict(list)
    for segment in segments:
        tiers[_tier(segment.doc_count())].append(segment)
    crowded = [segment for tier in tiers.values() if len(tier) >= SEGMENTS_A_TIER for segment in tier]
    worn = [s for s in segments if s.deleted_count() > WORTH_CLEANING * s.doc_count_all() and s not in crowded]
    return crowded + worn


def _tier(articles: int) -> int:
    tier = 0
    while articles >= SMALLEST_TIER * SEGMENTS_A_TIER**tier:
        tier += 1
    return tier
