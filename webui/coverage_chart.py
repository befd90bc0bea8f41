"""Searches over time as lines: where each runs, in buckets from the left and pixels from the top.

Lines, and not groups of bars: four bars for each of a hundred months could not be told apart on a phone. A line ends
where the archive has a gap and begins anew behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from search.request.request import Bars
from search.results.coverage import CoverageAnswer, CoverageSeries
from search.results.response import TimelineBucket
from webui.chart import FEW, bucket_label

HEIGHT: Final = 180.0
_MARKERS: Final = 12
"""Places along a line that have its marker; those of other lines stand between them."""
_FEWEST: Final = 4
"""The top of the scale stands for at least this many articles, so that a single one does not look like many."""


@dataclass(frozen=True, slots=True)
class Line:
    """A search: its `path` as SVG writes it, and the `markers`, each the number of a bucket and pixels from the top.

    `number`, from 1, is that of its colour and its pattern.
    """

    number: int
    query: str
    path: str
    markers: tuple[tuple[int, float], ...]
    counts: tuple[int, ...]
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """A bucket, and how many articles the archive has of it."""

    label: str
    archive_count: int

    @property
    def few(self) -> bool:
        """Whether the archive has too few articles of that period for a share to say much."""
        return 0 < self.archive_count < FEW


@dataclass(frozen=True, slots=True)
class LineChart:
    """The chart. `top` is what the top of the scale stands for: articles, or a share from 0 to 1. `start` is the day
    that the first bucket begins with."""

    interval: str
    start: str
    shows: Bars
    top: float
    periods: tuple[Period, ...]
    lines: tuple[Line, ...]


def line_chart(answer: CoverageAnswer, shows: Bars) -> LineChart | None:
    """The chart; None if there are fewer than two buckets to compare."""
    drawn = [series.timeline.buckets for series in answer.series if series.timeline]
    if answer.interval is None or not drawn or len(drawn[0]) < 2:
        return None
    values = [_values(buckets, shows) for buckets in drawn]
    top = _top(drawn, values, shows)
    return LineChart(
        interval=answer.interval,
        start=drawn[0][0].start,
        shows=shows,
        top=top,
        periods=tuple(Period(bucket_label(bucket), bucket.archive_count) for bucket in drawn[0]),
        lines=tuple(_line(number, series, top, shows) for number, series in enumerate(answer.series, 1)),
    )


def _line(number: int, series: CoverageSeries, top: float, shows: Bars) -> Line:
    buckets = series.timeline.buckets if series.timeline else ()
    heights = [None if value is None else _height(value, top) for value in _values(buckets, shows)]
    step = max(1, -(-len(buckets) // _MARKERS))
    marked = range((number - 1) * step // 4, len(buckets), step)
    return Line(
        number,
        series.query,
        "".join(_path(heights)),
        tuple((place, height) for place in marked if (height := heights[place]) is not None),
        tuple(bucket.count for bucket in buckets),
        tuple(bucket.url for bucket in buckets),
    )


def _values(buckets: Sequence[TimelineBucket], shows: Bars) -> list[float | None]:
    """What is drawn of each bucket; None where the archive has nothing."""
    return [
        None if not bucket.archive_count else bucket.count / bucket.archive_count if shows == "share" else bucket.count
        for bucket in buckets
    ]


def _top(drawn: Sequence[Sequence[TimelineBucket]], values: Sequence[Sequence[float | None]], shows: Bars) -> float:
    """The top of the scale, a round number. A share of few articles does not stretch it, if there are others."""
    pairs = [pair for row in zip(drawn, values, strict=True) for pair in zip(*row, strict=True)]
    known = [(bucket.archive_count, value) for bucket, value in pairs if value is not None]
    if shows == "count":
        return round_above(max((value for _, value in known), default=0.0), least=_FEWEST)
    telling = max((value for articles, value in known if articles >= FEW), default=0.0)
    return min(1.0, round_above(telling or max((value for _, value in known), default=0.0), least=0.001))


def round_above(value: float, least: float) -> float:
    """The least of 1, 2, 4, 6 and 10 times a power of ten that is no lower than both: half of it is round too."""
    wanted = max(value, least)
    for power in count(-4):
        for step in (2, 4, 6, 10):
            top = step * 10.0**power
            if top >= wanted * (1 - 1e-9):
                return round(top, 6)
    raise AssertionError("powers of ten never end")


def _height(value: float, top: float) -> float:
    return round(HEIGHT - HEIGHT * min(value, top) / top, 1)


def _path(heights: Sequence[float | None]) -> Iterator[str]:
    """A line through the middles of the buckets, with a break at each gap; a bucket alone between two is a dot."""
    drawing = False
    for place, height in enumerate(heights):
        if height is None:
            drawing = False
            continue
        yield f"{'L' if drawing else 'M'}{place + 0.5} {height:g}"
        if not drawing and (place + 1 == len(heights) or heights[place + 1] is None):
            yield "h0"
        drawing = True
