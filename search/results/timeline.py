"""The timeline: the hits over time, beside all articles of the archive in the same time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from search.engines.results import Timeline as CountedTimeline
from search.periods import Interval, bounds_of, first_day, label_of, number_of
from search.request.links import SearchLinks
from search.results import response


def timeline(
    counted: CountedTimeline, links: SearchLinks, now: datetime, span: tuple[str, str] | None = None
) -> response.Timeline:
    """Buckets without a gap from the first to the last hit, or of all periods of `span`, the first and the last; each
    linked to the same search within it.

    Undated hits are not counted; without a dated hit and a span there are no buckets.
    The request's relative dates are counted back from `now`.
    """
    interval, hits = counted.interval, counted.counts
    span = span or span_of(hits)
    if span is None:
        return response.Timeline(interval, ())
    first, last = (number_of(interval, first_day(period)) for period in span)
    buckets = [_bucket(interval, number) for number in range(first, last + 1)]
    urls = links.narrowings([bucket.days for bucket in buckets], now)
    return response.Timeline(
        interval,
        tuple(
            [
                response.TimelineBucket(start, end, hits.get(period, 0), counted.archive.get(period, 0), url)
                for (period, start, end, _), url in zip(buckets, urls, strict=True)
            ]
        ),
    )


def span_of(counts: Mapping[str, int]) -> tuple[str, str] | None:
    """The first and the last period with hits; None without a dated hit."""
    dated = [period for period, count in counts.items() if count]
    return (min(dated), max(dated)) if dated else None  # periods of one kind are in order as text


class _Bucket(NamedTuple):
    """A period, its first and last day in ISO 8601, and as dates."""

    period: str
    start: str
    end: str
    days: tuple[date, date]


@lru_cache(maxsize=4096)
def _bucket(interval: Interval, number: int) -> _Bucket:
    first, last = bounds_of(interval, number)
    return _Bucket(label_of(interval, first), first.isoformat(), last.isoformat(), (first, last))
