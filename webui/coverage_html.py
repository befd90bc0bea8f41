"""Searches over time as markup: the lines, which search each of them is, and the numbers as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Final

from markupsafe import Markup

from search.translation import gettext as _
from search.translation import number
from webui.chart import FEW, SPANS, UNITS, percent
from webui.chart_axis import axis
from webui.chart_html import FILLED, HATCH, SWATCH, views_html
from webui.coverage_chart import HEIGHT, Line, LineChart, Period
from webui.wording import Link

_HEIGHT: Final = int(HEIGHT)
_ABOVE: Final = 14
"""Pixels above the scale, for its highest label."""
_SHAPES: Final = (
    '<circle r="4"/>',
    '<rect x="-3.5" y="-3.5" width="7" height="7"/>',
    '<path d="M0-5 4.8 3.6-4.8 3.6Z"/>',
    '<path d="M0-5.2 5.2 0 0 5.2-5.2 0Z"/>',
)
"""The markers, of which no two have the same outline: a circle, a square, a triangle, a lozenge."""


def swatch(line: int) -> Markup:
    """How that line is drawn, from 1: its pattern and its marker, as in the chart."""
    return Markup(  # noqa: S704 - no text from outside
        f'<svg class="line-swatch line-{line}" width="34" height="14" aria-hidden="true" focusable="false">'
        f'<path d="M1 7h32"/><g class="line-marker" transform="translate(17 7)">{_SHAPES[line - 1]}</g></svg>'
    )


def figure(chart: LineChart, views: Sequence[Link]) -> Markup:
    """The chart with its table. `views` are the other ways to draw it, and this one, whose address is ""."""
    first, last = chart.periods[0].label, chart.periods[-1].label
    caption = _(SPANS[chart.interval], first=first, last=last)
    parts = [
        f'<figure class="timeline coverage-chart" id="timeline">\n<figcaption>{escape(caption)}</figcaption>\n',
        views_html(views),
        f'<div class="chart-box" dir="ltr">\n{_picture(chart)}</div>\n{_legend(chart)}{_table(chart)}</figure>\n',
    ]
    return Markup("".join(parts))  # noqa: S704 - each part is escaped


def _picture(chart: LineChart) -> str:
    buckets = len(chart.periods)
    slot = 100 / buckets
    return (
        f'<svg class="chart" width="100%" height="{_ABOVE + _HEIGHT + 20}" aria-hidden="true" focusable="false">\n'
        f"{HATCH if _has_gaps(chart) else ''}<defs>{_markers(chart.lines)}</defs>"
        f'<svg y="{_ABOVE}" width="100%" height="{_HEIGHT}" overflow="visible">'
        f"{''.join(_bands(chart, slot))}{''.join(_levels(chart))}"
        f'<svg width="100%" height="{_HEIGHT}" viewBox="0 0 {buckets} {_HEIGHT}" preserveAspectRatio="none" '
        f'overflow="visible">{"".join(_path(line) for line in chart.lines)}</svg>'
        f"{''.join(_marks(chart.lines, slot))}"
        f'<rect class="chart-base" y="{_HEIGHT}" width="100%" height="1"/>{"".join(_reaches(chart, slot))}</svg>'
        f"{axis(chart.interval, chart.start, buckets, _ABOVE + _HEIGHT + 15)}</svg>\n"
    )


def _has_gaps(chart: LineChart) -> bool:
    return any(not period.archive_count for period in chart.periods)


def _markers(lines: Sequence[Line]) -> str:
    return "".join(f'<g id="marker-{line.number}">{_SHAPES[line.number - 1]}</g>' for line in lines)


def _path(line: Line) -> str:
    return f'<path class="line line-{line.number}" d="{line.path}" vector-effect="non-scaling-stroke"/>'


def _marks(lines: Sequence[Line], slot: float) -> Iterator[str]:
    for line in lines:
        for place, height in line.markers:
            x = round((place + 0.5) * slot, 3)
            yield f'<use class="line-marker line-{line.number}" href="#marker-{line.number}" x="{x}%" y="{height:g}"/>'


def _levels(chart: LineChart) -> Iterator[str]:
    """The top of the scale and the middle, with what they stand for."""
    for part in (1.0, 0.5):
        y = round(_HEIGHT * (1 - part), 1)
        yield (
            f'<rect class="chart-level" y="{y:g}" width="100%" height="1"/>'
            f'<text class="level" x="0" y="{y - 3:g}">{_value(chart, chart.top * part)}</text>'
        )


def _value(chart: LineChart, value: float) -> str:
    if chart.shows == "share":
        return percent(round(value * 100_000), 100_000)
    return number(round(value))


def _bands(chart: LineChart, slot: float) -> Iterator[str]:
    """The periods of which the archive has nothing, and, if shares are drawn, those of which it has little."""
    for first, last in _spans(chart.periods, lambda period: not period.archive_count):
        yield _band(first, last, slot, f'class="chart-gap" {FILLED}')
    if chart.shows == "share":
        for first, last in _spans(chart.periods, lambda period: period.few):
            yield _band(first, last, slot, 'class="chart-little"')


def _band(first: int, last: int, slot: float, drawn: str) -> str:
    x, width = round(first * slot, 3), round((last - first + 1) * slot, 3)
    return f'<rect {drawn} x="{x}%" y="0" width="{width}%" height="{_HEIGHT}"/>'


def _spans(periods: Sequence[Period], chosen: Callable[[Period], bool]) -> Iterator[tuple[int, int]]:
    """The first and the last place of each run of periods that are chosen."""
    for kept, run in groupby(enumerate(periods), key=lambda row: chosen(row[1])):
        if kept:
            places = [place for place, _period in run]
            yield places[0], places[-1]


def _reaches(chart: LineChart, slot: float) -> Iterator[str]:
    """An area for each period that says its numbers to whoever points at it."""
    for place, period in enumerate(chart.periods):
        said = [period.label]
        if period.archive_count:
            said += [f"{line.query}: {_said(chart, line, place)}" for line in chart.lines]
            said.append(_("In the archive: %(n)s", n=number(period.archive_count)))
        else:
            said.append(_("No articles in the archive"))
        yield (
            f'<rect class="chart-reach" x="{round(place * slot, 3)}%" y="0" width="{round(slot, 3)}%" '
            f'height="{_HEIGHT}"><title>{escape(chr(10).join(said))}</title></rect>'
        )


def _said(chart: LineChart, line: Line, place: int) -> str:
    """What a search has of a period, as it is drawn."""
    found = line.counts[place]
    if chart.shows == "count":
        return number(found)
    return f"{percent(found, chart.periods[place].archive_count)} ({number(found)})"


def _legend(chart: LineChart) -> str:
    rows = [_entry(line) for line in chart.lines]
    if _has_gaps(chart):
        gap = f'{SWATCH}<rect width="22" height="12" {FILLED}/></svg>'
        meaning = escape(_("No articles in the archive"))
        rows.append(f"<li>{gap} {meaning}</li>")
    if chart.shows == "share" and any(period.few for period in chart.periods):
        little = f'{SWATCH}<rect class="chart-little" width="22" height="12"/></svg>'
        said = _("Fewer than %(n)s articles in the archive: their share says little", n=number(FEW))
        rows.append(f"<li>{little} {escape(said)}</li>")
    return f'<ul class="chart-legend coverage-legend">{"".join(rows)}</ul>\n'


def _entry(line: Line) -> str:
    """What a line is, with a way to what goes with it, further down on the page."""
    return f'<li>{swatch(line.number)} <a href="#search-{line.number}"><bdi>{escape(line.query)}</bdi></a></li>'


def _table(chart: LineChart) -> str:
    heads = [_(UNITS[chart.interval]), _("In the archive")]
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    head += "".join(
        f'<th scope="col">{swatch(line.number)} <bdi>{escape(line.query)}</bdi></th>' for line in chart.lines
    )
    summary, label = escape(_("Show as a table")), escape(_("Articles over time"))
    return (
        f'<details class="chart-table">\n<summary>{summary}</summary>\n'
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">\n'
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(_rows(chart))}</tbody>\n</table>\n</div>\n"
        "</details>\n"
    )


def _rows(chart: LineChart) -> Iterator[str]:
    """A row for each period; periods that follow each other of which the archive has nothing are one."""
    gaps = dict(_spans(chart.periods, lambda period: not period.archive_count))
    place = 0
    while place < len(chart.periods):
        if place in gaps:
            yield _gap_row(chart, place, gaps[place])
            place = gaps[place] + 1
            continue
        period = chart.periods[place]
        cells = "".join(f"<td>{_cell(chart, line, place)}</td>" for line in chart.lines)
        yield f'<tr><th scope="row">{escape(period.label)}</th><td>{number(period.archive_count)}</td>{cells}</tr>\n'
        place += 1


def _gap_row(chart: LineChart, first: int, last: int) -> str:
    label = chart.periods[first].label
    if last > first:
        label = _("%(first)s to %(last)s", first=label, last=chart.periods[last].label)
    nothing = escape(_("No articles in the archive"))
    return (
        f'<tr class="chart-none"><th scope="row">{escape(label)}</th>'
        f'<td colspan="{1 + len(chart.lines)}">{nothing}</td></tr>\n'
    )


def _cell(chart: LineChart, line: Line, place: int) -> str:
    said = escape(_said(chart, line, place))
    if not line.counts[place]:
        return said
    return f'<a href="{escape(line.urls[place])}" rel="nofollow">{said}</a>'
