"""The timeline as a bar chart: where each bar stands and how high it is, in percent of the width and in pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from search.periods import in_words, period_of
from search.request.request import Bars
from search.results.response import Timeline, TimelineBucket
from search.translation import gettext as _
from search.translation import gettext_noop, number, percentage, remembered_by_language, spoken

WIDTH: Final = 100.0
HEIGHT: Final = 72.0
FEW: Final = 20
"""Where the archive has fewer articles than this, one of them is more than 5% of all, and the share says little."""
_MIN_HEIGHT: Final = 2.0
"""The lowest bar, so that one article beside thousands can be seen."""
_MIN_FULL: Final = 3
"""A bar of the whole height stands for at least this many articles, so that a single one does not look like many."""
UNITS: Final = {
    "day": gettext_noop("Day"),
    "month": gettext_noop("Month"),
    "year": gettext_noop("Year"),
    "decade": gettext_noop("Decade"),
    "century": gettext_noop("Century"),
}
SPANS: Final = {
    "day": gettext_noop("By day, %(first)s to %(last)s"),
    "month": gettext_noop("By month, %(first)s to %(last)s"),
    "year": gettext_noop("By year, %(first)s to %(last)s"),
    "decade": gettext_noop("By decade, %(first)s to %(last)s"),
    "century": gettext_noop("By century, %(first)s to %(last)s"),
}


@dataclass(slots=True)
class Bar:
    """One bucket. `reach` is the width of the area that can be clicked."""

    label: str
    url: str
    count: int
    archive_count: int
    x: float
    y: float
    width: float
    height: float
    reach: float

    @property
    def gap(self) -> bool:
        """Whether the archive has no articles of that period."""
        return self.archive_count == 0

    @property
    def few(self) -> bool:
        """Whether the archive has too few articles of that period for a share to say much."""
        return 0 < self.archive_count < FEW

    @property
    def share(self) -> str:
        """The share of the archive's articles that were found, in words."""
        return percent(self.count, self.archive_count)


@dataclass(frozen=True, slots=True)
class Chart:
    """A timeline as it is drawn. `start` is the day that the first of its buckets begins with."""

    caption: str
    interval: str
    start: str
    shows: Bars
    bars: tuple[Bar, ...]

    @property
    def unit(self) -> str:
        """What its buckets are: "Month"."""
        return _(UNITS[self.interval])


def chart(timeline: Timeline | None, shows: Bars = "count") -> Chart | None:
    """The chart; None if there are fewer than two buckets to compare."""
    if timeline is None or len(timeline.buckets) < 2:
        return None
    buckets = timeline.buckets
    heights, most = _shares(buckets) if shows == "share" else _counts(buckets)
    bars = tuple(_bars(buckets, heights))
    caption = _(SPANS[timeline.interval], first=bars[0].label, last=bars[-1].label)
    if most is not None:
        peak = _peak(bars[most], shows, on_a_day=timeline.interval == "day")
        caption = _("%(dates)s; %(peak)s", dates=caption, peak=peak)
    return Chart(caption, timeline.interval, buckets[0].start, shows, bars)


def _peak(bar: Bar, shows: Bars, *, on_a_day: bool) -> str:
    if shows == "share":
        if on_a_day:
            return _("largest share on %(day)s: %(share)s", day=bar.label, share=bar.share)
        return _("largest share in %(period)s: %(share)s", period=bar.label, share=bar.share)
    if on_a_day:
        return _("most on %(day)s: %(count)s", day=bar.label, count=number(bar.count))
    return _("most in %(period)s: %(count)s", period=bar.label, count=number(bar.count))


Heights = Sequence[tuple[float, float]]
"""The upper end and the height of each bar."""


def _counts(buckets: Sequence[TimelineBucket]) -> tuple[Heights, int | None]:
    """How high bars are that stand for articles, and which is the highest; None if none has two articles."""
    counts = [bucket.count for bucket in buckets]
    highest = max(counts)
    full = max(highest, _MIN_FULL)
    return [_extent(count, full) for count in counts], counts.index(highest) if highest > 1 else None


def _shares(buckets: Sequence[TimelineBucket]) -> tuple[Heights, int | None]:
    """How high bars are that stand for shares of the archive, and which is the highest of those that say something."""
    shares = [bucket.count / bucket.archive_count if bucket.archive_count else 0.0 for bucket in buckets]
    telling = [share if bucket.archive_count >= FEW else 0.0 for share, bucket in zip(shares, buckets, strict=True)]
    highest = max(telling)
    full = highest or max(shares) or 1.0
    return [_extent(min(share, full), full) for share in shares], telling.index(highest) if highest else None


def _bars(buckets: Sequence[TimelineBucket], heights: Heights) -> Iterator[Bar]:
    slot = WIDTH / len(buckets)
    width, reach = round(slot * (0.84 if slot > 0.4 else 1), 3), round(slot, 3)
    for x, bucket, (y, height) in zip(places(len(buckets)), buckets, heights, strict=True):
        yield Bar(bucket_label(bucket), bucket.url, bucket.count, bucket.archive_count, x, y, width, height, reach)


@lru_cache(maxsize=256)
def places(buckets: int) -> tuple[float, ...]:
    """Where each of that many slots begins."""
    return tuple([round(place * (WIDTH / buckets), 3) for place in range(buckets)])


@lru_cache(maxsize=8192)
def _extent(value: float, full: float) -> tuple[float, float]:
    """The upper end and the height of a bar; one of the whole height stands for `full`."""
    if not value:
        return HEIGHT, 0.0
    height = max(HEIGHT * value / full, _MIN_HEIGHT)
    return round(HEIGHT - height, 2), round(height, 2)


def bucket_label(bucket: TimelineBucket) -> str:
    """ "1987", "March 1987", "3 March 1987" or "1980–1989"."""
    return span_label(bucket.start, bucket.end)


def span_label(start: str, end: str) -> str:
    """The same for a first and a last day in ISO 8601."""
    return _span_label(spoken(), start, end)


@lru_cache(maxsize=8192)
def _span_label(_language: str, start: str, end: str) -> str:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    period = period_of(first, last)
    return in_words(period) if period else f"{first.year}–{last.year}"


def percent(count: int, whole: int) -> str:
    """The part of the whole: "3.2%", "under 0.1%", or "–" of nothing."""
    if not whole:
        return "–"
    if 0 < 1000 * count < whole:
        return _under_a_thousandth()
    return _percentage(spoken(), round(1000 * count / whole))


@remembered_by_language(maxsize=16)
def _under_a_thousandth() -> str:
    return _("under %(share)s", share=percentage(1))


@lru_cache(maxsize=4096)
def _percentage(_language: str, thousandths: int) -> str:
    return percentage(thousandths)
