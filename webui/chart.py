"""The timeline as a bar chart: bars in the units of an SVG view box, and the labels of its table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import escape
from typing import Final

from markupsafe import Markup

from search.periods import in_words, period_of
from search.results.response import Timeline, TimelineBucket
from webui.wording import count_of

WIDTH: Final = 1000.0
HEIGHT: Final = 72.0
_MIN_HEIGHT: Final = 2.0
"""The lowest bar, so that one article beside thousands can be seen."""
_MIN_FULL: Final = 3
"""A bar of the whole height stands for at least this many articles, so that a single one does not look like many."""
_TICKS: Final = 5
_UNITS: Final = {"day": "Day", "month": "Month", "year": "Year", "decade": "Decade", "century": "Century"}


@dataclass(slots=True)
class Bar:
    """One bucket. `reach` is the width of the area that can be clicked. A `gap` is a period without any articles in the
    archive; `share` is the share of the archive's articles that were found, in words."""

    label: str
    url: str
    count: int
    archive_count: int
    share: str
    gap: bool
    x: float
    y: float
    width: float
    height: float
    reach: float

    def drawn(self) -> str:
        """The bar as a link in the picture. Written here, since a page has dozens: a template takes six times as
        long."""
        label = escape(self.label)
        if self.gap:
            return (
                f'<rect class="chart-gap" x="{self.x}" y="{HEIGHT - 2}" width="{self.width}" height="2">'
                f"<title>{label}: no articles in the archive</title></rect>"
            )
        found = f"{self.count:,} of {count_of(self.archive_count, 'article', 'articles')}"
        return (
            f'<a href="{escape(self.url)}" rel="nofollow" tabindex="-1"><title>{label}: {found}</title>'
            f'<rect class="chart-reach" x="{self.x}" y="0" width="{self.reach}" height="{HEIGHT}"/>'
            f'<rect class="chart-bar" x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}"/></a>'
        )

    def row(self) -> str:
        """The bar as a row of the table."""
        label = escape(self.label)
        name = f'<a href="{escape(self.url)}" rel="nofollow">{label}</a>' if self.count else label
        numbers = f"<td>{self.count:,}</td><td>{self.archive_count:,}</td><td>{self.share}</td>"
        return f'<tr><th scope="row">{name}</th>{numbers}</tr>'


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
    def drawn(self) -> Markup:
        """The bars of the picture as markup."""
        return Markup("\n".join([bar.drawn() for bar in self.bars]))  # noqa: S704 - each is escaped

    @property
    def table(self) -> Markup:
        """The rows of the table as markup; periods in which the archive has nothing are left out."""
        return Markup("\n".join([bar.row() for bar in self.bars if bar.archive_count]))  # noqa: S704 - each is escaped


def chart(timeline: Timeline | None) -> Chart | None:
    """The chart; None if there are fewer than two buckets to compare."""
    if timeline is None or len(timeline.buckets) < 2:
        return None
    buckets = timeline.buckets
    highest = max(bucket.count for bucket in buckets)
    slot = WIDTH / len(buckets)
    bars = tuple(_bar(bucket, place * slot, slot, max(highest, _MIN_FULL)) for place, bucket in enumerate(buckets))
    unit = _UNITS.get(timeline.interval, timeline.interval)
    caption = f"By {unit.lower()}, {bars[0].label} to {bars[-1].label}"
    if highest > 1:
        peak = max(bars, key=lambda bar: bar.count)
        caption += f"; most in {peak.label}: {peak.count:,}"
    return Chart(caption, unit, bars, _ticks([bar.label for bar in bars]))


def _bar(bucket: TimelineBucket, x: float, slot: float, highest: int) -> Bar:
    height = max(HEIGHT * bucket.count / highest, _MIN_HEIGHT) if bucket.count else 0.0
    return Bar(
        label=bucket_label(bucket),
        url=bucket.url,
        count=bucket.count,
        archive_count=bucket.archive_count,
        share=_percent(bucket.count, bucket.archive_count),
        gap=bucket.archive_count == 0,
        x=round(x, 2),
        y=round(HEIGHT - height, 2),
        width=round(slot * (0.84 if slot > 4 else 1), 2),
        height=round(height, 2),
        reach=round(slot, 2),
    )


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
