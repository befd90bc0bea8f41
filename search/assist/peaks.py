"""The periods that stand out of a timeline: those in which a search finds more than chance explains.

What an archive holds differs from month to month, and it has gaps, so a period is judged by its share: the test is that
of `search.assist.association`, with the articles of the period among all that are dated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from search.assist.association import Shares
from search.results.coverage import Peak
from search.results.response import TimelineBucket

MOST: Final = 3
"""Periods that are named."""
LEAST: Final = 3
"""Articles that a period must have to stand out."""


def peaks(buckets: Sequence[TimelineBucket]) -> tuple[Peak, ...]:
    """The periods that stand out, the one that chance explains least first."""
    hits, articles = sum(bucket.count for bucket in buckets), sum(bucket.archive_count for bucket in buckets)
    judged = [(Shares(bucket.count, hits, bucket.archive_count, articles), bucket) for bucket in buckets]
    telling = [(shares.log_likelihood, bucket) for shares, bucket in judged if _stands_out(shares)]
    telling.sort(key=lambda row: (-row[0], row[1].start))
    return tuple(
        Peak(bucket.start, bucket.end, bucket.count, bucket.archive_count, round(log_likelihood, 2), bucket.url)
        for log_likelihood, bucket in telling[:MOST]
    )


def _stands_out(shares: Shares) -> bool:
    return shares.having >= LEAST and shares.are_telling
