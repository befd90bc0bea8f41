"""The timeline as a bar chart: bars in the units of an SVG view box, and the labels of its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from search.periods import in_words, period_of
from search.results.response import Timeline, TimelineBucket
from webui.wording import all_escaped, escaped

WIDTH: Final = 1000.0
HEIGHT: Final = 72.0
_MIN_HEIGHT: Final = 2.0
"""The lowest bar, so that one article beside thousands can be seen."""
_MIN_FULL: Final = 3
"""A bar of the whole height stands for at least this many articles, so that a single one does not look like many."""
_TICKS: Final = 5
_GAP_TOP: Final = HEIGHT - 2
_SVG: Final = (
    f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" width="100%" height="72" '
    'aria-hidden="true" focusable="false">'
)
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


def figure(drawn: Chart) -> tuple[bytes, ...]:
    """The chart and its table as markup in UTF-8. Written here, since it has dozens of bars: a template takes six times
    as long."""
    bars, rows = _bars_and_rows(drawn.bars)
    ticks = "".join([f"<span>{tick}</span>" for tick in drawn.ticks])
    head = "".join([f'<th scope="col">{name}</th>' for name in (drawn.unit, "Found", "In the archive", "Share")])
    before = f'<figure class="timeline">\n<figcaption>{drawn.caption}</figcaption>\n{_SVG}\n'
    between = (
        f'\n</svg>\n<p class="chart-axis" aria-hidden="true">{ticks}</p>\n'
        '<details class="chart-table">\n<summary>Show as a table</summary>\n'
        '<div class="scroll" role="region" tabindex="0" aria-label="Articles over time">\n'
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
    )
    after = b"\n</tbody>\n</table>\n</div>\n</details>\n</figure>\n"
    return before.encode(), "\n".join(bars).encode(), between.encode(), "\n".join(rows).encode(), after


def _bars_and_rows(bars: Sequence[Bar]) -> tuple[list[str], list[str]]:
    """The bars of the picture, and the rows of its table, which leaves out periods in which the archive has nothing."""
    drawn, rows = [], []
    addresses = all_escaped([bar.url for bar in bars])
    for bar, address in zip(bars, addresses, strict=True):
        archive_count = bar.archive_count
        if not archive_count:
            drawn.append(
                f'<rect class="chart-gap" x="{bar.x}" y="{_GAP_TOP}" width="{bar.width}" height="2">'
                f"<title>{escaped(bar.label)}: no articles in the archive</title></rect>"
            )
            continue
        count = f"{bar.count:,}"
        name, of, number = _period_texts(bar.label, archive_count)
        place = _placed(bar.x, bar.reach)
        drawn.append(
            f'<a href="{address}" rel="nofollow" tabindex="-1"><title>{name}: {count}{of}{place}'
            f"{_sized(bar.y, bar.width, bar.height)}"
        )
        if bar.count:
            name = f'<a href="{address}" rel="nofollow">{name}</a>'
        share = _percent(bar.count, archive_count)
        rows.append(f'<tr><th scope="row">{name}</th><td>{count}</td>{number}<td>{share}</td></tr>')
    return drawn, rows


# What comes again on most pages, since it does not depend on the question, or since bars are as high as others are:
# writing a number takes as long as the rest of a bar.


@lru_cache(maxsize=8192)
def _period_texts(label: str, archive_count: int) -> tuple[str, str, str]:
    """The name of a period as markup, how the title of its bar ends, and the cell of the archive's articles."""
    number = f"{archive_count:,}"
    noun = "article" if archive_count == 1 else "articles"
    return escaped(label), f" of {number} {noun}</title>", f"<td>{number}</td>"


@lru_cache(maxsize=4096)
def _placed(x: float, reach: float) -> str:
    """The area of a bar that can be clicked, and where the bar in it begins."""
    return f'<rect class="chart-reach" x="{x}" y="0" width="{reach}" height="{HEIGHT}"/><rect class="chart-bar" x="{x}"'


@lru_cache(maxsize=8192)
def _sized(y: float, width: float, height: float) -> str:
    """The rest of that bar."""
    return f' y="{y}" width="{width}" height="{height}"/></a>'


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
    if 0 < 1000 * count < whole:
        return "under 0.1%"
    return _percentage(round(1000 * count / whole))


@lru_cache(maxsize=1024)
def _percentage(thousandths: int) -> str:
    return f"{thousandths / 10:.1f}%".replace(".0%", "%")


def _ticks(labels: list[str]) -> tuple[str, ...]:
    if len(labels) <= _TICKS:
        return tuple(labels)
    step = (len(labels) - 1) / (_TICKS - 1)
    return tuple(labels[round(place * step)] for place in range(_TICKS))
