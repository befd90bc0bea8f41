"""The timeline: the hits over time, beside all articles of the archive in the same time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from search.engines.results import Timeline as CountedTimeline
from search.periods import Interval, bounds_of, first_day, number_of
from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.results import response


def timeline(
    counted: CountedTimeline, request: SearchRequest, addresses: Addresses, now: datetime
) -> response.Timeline:
    """Buckets without a gap from the first to the last hit, each linked to the same search within it.
    `now` is when the request's relative dates are counted back from.

    Undated hits are not counted; without a dated hit there are no buckets.
    The request's relative dates are counted back from `now`.
    """
    interval = counted.interval
    hits = _numbered(interval, counted.counts)
    archive = _numbered(interval, counted.archive)
    if not hits:
        return response.Timeline(interval, ())
    numbers = range(min(hits), max(hits) + 1)
    urls = addresses.searches(request, request.narrowings((bounds_of(interval, number) for number in numbers), now))
    return response.Timeline(
        interval,
        tuple(
            [
                response.TimelineBucket(*_written(interval, number), hits.get(number, 0), archive.get(number, 0), url)
                for number, url in zip(numbers, urls, strict=True)
            ]
        ),
    )


@lru_cache(maxsize=4096)
def _written(interval: Interval, number: int) -> tuple[str, str]:
    first, last = bounds_of(interval, number)
    return first.isoformat(), last.isoformat()


def _numbered(interval: Interval, counts: Mapping[str, int]) -> dict[int, int]:
    numbered: dict[int, int] = {}
    for period, count in counts.items():
        if count:
            number = _number(interval, period)
            numbered[number] = numbered.get(number, 0) + count
    return numbered


@lru_cache(maxsize=4096)
def _number(interval: Interval, period: str) -> int:
    return number_of(interval, first_day(period))
