"""The timeline: how the hits lie in time, beside what the archive holds in the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from search import response
from search.engines import base
from search.links import LinkMaker
from search.periods import STEPS, Step, bounds_of, first_day, number_of
from search.request import SearchRequest

MAX_BUCKETS: Final = 400
"""More cannot be told apart on a screen; beyond it the buckets become coarser."""


def timeline(counted: base.Timeline, request: SearchRequest, links: LinkMaker) -> response.Timeline:
    """Buckets without a gap from the first to the last hit, each linked to the same search within it.

    Undated hits are not drawn; without a dated hit there are no buckets.
    """
    step = _step(counted)
    hits = _numbered(step, counted.counts)
    archive = _numbered(step, counted.archive)
    if not hits:
        return response.Timeline(step, ())
    numbers = range(min(hits), max(hits) + 1)
    return response.Timeline(
        step, tuple(_bucket(step, number, hits[number], archive[number], request, links) for number in numbers)
    )


def _step(counted: base.Timeline) -> Step:
    """The interval of the counts, or the first coarser one in which they fit."""
    days = [first_day(period) for period, count in counted.counts.items() if count]
    if not days:
        return counted.interval
    coarser = STEPS[STEPS.index(counted.interval) :]
    first, last = min(days), max(days)
    return next(step for step in coarser if number_of(step, last) - number_of(step, first) < MAX_BUCKETS)


def _numbered(step: Step, counts: Mapping[str, int]) -> Counter[int]:
    numbered: Counter[int] = Counter()
    for period, count in counts.items():
        if count:
            numbered[number_of(step, first_day(period))] += count
    return numbered


def _bucket(
    step: Step, number: int, count: int, archive: int, request: SearchRequest, links: LinkMaker
) -> response.TimelineBucket:
    start, end = bounds_of(step, number)
    url = links.search(narrowed(request, start, end))
    return response.TimelineBucket(start.isoformat(), end.isoformat(), count, archive, url)


def narrowed(request: SearchRequest, start: date, end: date) -> SearchRequest:
    """The request within those days; a bound of its own that lies inside them stays."""
    zone = ZoneInfo(request.time_zone)
    later = request.start if request.start is not None and _day(request.start, zone) >= start else start
    earlier = request.end if request.end is not None and _day(request.end, zone) <= end else end
    return replace(request, start=later, end=earlier, page=1, cursor=None)


def _day(moment: date | datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment
