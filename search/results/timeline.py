"""The timeline: how the hits lie in time, beside what the archive holds in the same time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from search.dates import zone_named
from search.engines import base
from search.periods import Interval, bounds_of, first_day, number_of
from search.request.links import LinkMaker
from search.request.request import Conditions, SearchRequest
from search.results import response


def timeline(counted: base.Timeline, request: SearchRequest, addresses: LinkMaker) -> response.Timeline:
    """Buckets without a gap from the first to the last hit, each linked to the same search within it.

    Undated hits are not drawn; without a dated hit there are no buckets.
    """
    interval = counted.interval
    hits = _numbered(interval, counted.counts)
    archive = _numbered(interval, counted.archive)
    if not hits:
        return response.Timeline(interval, ())
    numbers = range(min(hits), max(hits) + 1)
    urls = addresses.searches(request, _narrowed(request, [bounds_of(interval, number) for number in numbers]))
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


def narrowed(request: SearchRequest, start: date, end: date) -> SearchRequest:
    """The request within those days; a bound of its own that lies inside them stays."""
    [conditions] = _narrowed(request, [(start, end)])
    return request.under(conditions)


def _narrowed(request: SearchRequest, bounds: Sequence[tuple[date, date]]) -> Iterator[Conditions]:
    zone = zone_named(request.time_zone)
    first = None if request.start is None else _day(request.start, zone)
    last = None if request.end is None else _day(request.end, zone)
    if first is None and last is None:
        yield from (Conditions(request.keywords, start, end) for start, end in bounds)
        return
    for start, end in bounds:
        later = request.start if first is not None and first >= start else start
        earlier = request.end if last is not None and last <= end else end
        yield Conditions(request.keywords, later, earlier)


def _day(moment: date | datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment
