"""The timeline as a bar chart: bars in the units of an SVG view box, and the labels of its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import escape
from typing import Final

from markupsafe import Markup

from search.periods import in_words, period_of
from search.results.response import Timeline, TimelineBucket
from webui.wording import escaped

WIDTH: Final = 1000.0
HEIGHT: Final = 72.0
_MIN_HEIGHT: Final = 2.0
"""The lowest bar, so that one article beside thousands can be seen."""
_MIN_FULL: Final = 3
"""A bar of the whole height stands for at least this many articles, so that a single one does not look like many."""
_TICKS: Final = 5
_GAP_TOP: Final = HEIGHT - 2
_UNITS: Final = {"day": "Day", "month": "Month", "year": "Year", "decade": "Decade", "century": "Century"}


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
    def share(self) -> str:
        """The share of the archive's articles that were found, in words."""
        return _percent(self.count, self.archive_count)


@dataclass(frozen=True, slots=True)
class Chart:
    """A timeline as it is drawn. `ticks` are labels at even distances from the first bucket to the last."""

    caption: str
    unit: str
    bars: tuple[Bar, ...]
    ticks: tuple[str, ...]
    width: float = WIDTH
    height: float = HEIGHT

    @property
    def markup(self) -> tuple[Markup, Markup]:
        """The bars of the picture, and the rows of its table. Written here, since a page has dozens: a template takes
        six times as long."""
        drawn, rows = [], []
        for bar in self.bars:
            x, width, count, archive_count = bar.x, bar.width, bar.count, bar.archive_count
            name, number = escaped(bar.label), f"{archive_count:,}"
            if not archive_count:  # the table leaves out periods in which the archive has nothing
                drawn.append(
                    f'<rect class="chart-gap" x="{x}" y="{_GAP_TOP}" width="{width}" height="2">'
                    f"<title>{name}: no articles in the archive</title></rect>"
                )
                continue
            address = escape(bar.url)
            drawn.append(
                f'<a href="{address}" rel="nofollow" tabindex="-1">'
                f"<title>{name}: {count:,} of {number} {'article' if archive_count == 1 else 'articles'}</title>"
                f'{_begun(x, bar.reach)} y="{bar.y}" width="{width}" height="{bar.height}"/></a>'
            )
            if count:
                name = f'<a href="{address}" rel="nofollow">{name}</a>'
            share = _percent(count, archive_count)
            rows.append(f'<tr><th scope="row">{name}</th><td>{count:,}</td><td>{number}</td><td>{share}</td></tr>')
        return Markup("\n".join(drawn)), Markup("\n".join(rows))  # noqa: S704 - each is escaped


def chart(timeline: Timeline | None) -> Chart | None:
    """The chart; None if there are fewer than two buckets to compare."""
    if timeline is None or len(timeline.buckets) < 2:
        return None
    buckets = timeline.buckets
    highest = max([bucket.count for bucket in buckets])
    bars = tuple(_bars(buckets, max(highest, _MIN_FULL)))
    unit = _UNITS.get(timeline.interval, timeline.interval)
    caption = f"By {unit.lower()}, {bars[0].label} to {bars[-1].label}"
    if highest > 1:
        peak = next(bar for bar in bars if bar.count == highest)
        caption += f"; most in {peak.label}: {peak.count:,}"
    return Chart(caption, unit, bars, _ticks([bar.label for bar in bars]))


def _bars(buckets: Sequence[TimelineBucket], full: int) -> Iterator[Bar]:
    """The bars; one of the whole height stands for `full` articles."""
    slot = WIDTH / len(buckets)
    width, reach = round(slot * (0.84 if slot > 4 else 1), 2), round(slot, 2)
    for x, bucket in zip(_places(len(buckets)), buckets, strict=True):
        count = bucket.count
        y, height = _extent(count, full) if count else (HEIGHT, 0.0)
        yield Bar(bucket_label(bucket), bucket.url, count, bucket.archive_count, x, y, width, height, reach)


@lru_cache(maxsize=256)
def _places(buckets: int) -> tuple[float, ...]:
    """Where each of that many bars begins."""
    return tuple([round(place * (WIDTH / buckets), 2) for place in range(buckets)])


@lru_cache(maxsize=4096)
def _extent(count: int, full: int) -> tuple[float, float]:
    """The upper end and the height of a bar."""
    height = max(HEIGHT * count / full, _MIN_HEIGHT)
    return round(HEIGHT - height, 2), round(height, 2)


@lru_cache(maxsize=4096)
def _begun(x: float, reach: float) -> str:
    """What the markup of a bar at that place begins with: writing a number takes as long as all the rest of it."""
    return f'<rect class="chart-reach" x="{x}" y="0" width="{reach}" height="{HEIGHT}"/><rect class="chart-bar" x="{x}"'


def bucket_label(bucket: TimelineBucket) -> str:
    """ "1987", "March 1987", "3 March 1987" or "1980–1989"."""
    return _span_label(bucket.start, bucket.end)


@lru_cache(maxsize=4096)
def _span_label(start: str, end: str) -> str:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    period = period_of(first, last)
    return in_words(period) if period else f"{first.year}–{last.year}"


def _percent(count: int, whole: int) -> str:
    if not whole:
        return "–"
    share = 100 * count / whole
    return "under 0.1%" if 0 < share < 0.1 else f"{share:.1f}%".replace(".0%", "%")


def _ticks(labels: list[str]) -> tuple[str, ...]:
    if len(labels) <= _TICKS:
        return tuple(labels)
    step = (len(labels) - 1) / (_TICKS - 1)
    return tuple(labels[round(place * step)] for place in range(_TICKS))
