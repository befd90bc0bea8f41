"""The timeline: how the hits lie in time, beside what the archive holds in the same time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from search.engines import base
from search.periods import STEPS, Step, bounds_of, first_day, number_of
from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.results import response

MAX_BUCKETS: Final = 400
"""More cannot be told apart on a screen; beyond it the buckets become coarser."""


def timeline(counted: base.Timeline, request: SearchRequest, links: Addresses, now: datetime) -> response.Timeline:
    """Buckets without a gap from the first to the last hit, each linked to the same search within it.
    `now` is when the request's relative dates are counted back from.

    Undated hits are not drawn; without a dated hit there are no buckets.
    """
    step = _step(counted)
    hits = _numbered(step, counted.counts)
    archive = _numbered(step, counted.archive)
    if not hits:
        return response.Timeline(step, ())
    numbers = range(min(hits), max(hits) + 1)
    addresses = links.searches(request, request.narrowings((bounds_of(step, number) for number in numbers), now))
    return response.Timeline(
        step,
        tuple(
            [
                response.TimelineBucket(*_written(step, number), hits.get(number, 0), archive.get(number, 0), url)
                for number, url in zip(numbers, addresses, strict=True)
            ]
        ),
    )


@lru_cache(maxsize=4096)
def _written(step: Step, number: int) -> tuple[str, str]:
    first, last = bounds_of(step, number)
    return first.isoformat(), last.isoformat()


def _step(counted: base.Timeline) -> Step:
    """The interval of the counts, or the first coarser one in which they fit."""
    days = [first_day(period) for period, count in counted.counts.items() if count]
    if not days:
        return counted.interval
    coarser = STEPS[STEPS.index(counted.interval) :]
    first, last = min(days), max(days)
    return next(step for step in coarser if number_of(step, last) - number_of(step, first) < MAX_BUCKETS)


def _numbered(step: Step, counts: Mapping[str, int]) -> dict[int, int]:
    numbered: dict[int, int] = {}
    for period, count in counts.items():
        if count:
            number = _number(step, period)
            numbered[number] = numbered.get(number, 0) + count
    return numbered


@lru_cache(maxsize=4096)
def _number(step: Step, period: str) -> int:
    return number_of(step, first_day(period))
