"""The timeline as markup in UTF-8: the chart, what its signs mean, and its table.

Written here, since it has dozens of bars: a template takes six times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Final

from search.translation import gettext, ngettext, number, pgettext, remembered_by_language, spoken
from webui.chart import FEW, HEIGHT, Bar, Chart, percent
from webui.chart_axis import BASELINE, axis
from webui.wording import Link, all_escaped, escaped
from webui.wording import in_markup as _

_SVG: Final = '<svg class="chart" width="100%" height="92" aria-hidden="true" focusable="false">\n'
_BASE: Final = f'<rect class="chart-base" y="{HEIGHT}" width="100%" height="1"/>'
HATCH: Final = (
    '<defs><pattern id="chart-hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect class="chart-tint" width="5" height="5"/>'
    '<rect class="chart-line" width="1.25" height="5"/></pattern></defs>\n'
)
FILLED: Final = 'fill="url(#chart-hatch)"'
SWATCH: Final = '<li><svg class="chart-swatch" width="22" height="12" aria-hidden="true" focusable="false">'
_GAPS_SWATCH: Final = f'{SWATCH}<rect width="22" height="12" {FILLED}/></svg>'
_FEW_SWATCH: Final = f'{SWATCH}<rect class="chart-few" x="1" y="1" width="20" height="10"/></svg>'
_FOUND: Final = "\0"
"""Stands for the number of articles that were found, which is filled in later."""
_SHARE: Final = "\1"
"""Likewise for their share."""


def figure(drawn: Chart, views: Sequence[Link] = ()) -> tuple[bytes, ...]:
    """The chart and its table. `views` are the other ways to draw it, and this one, whose address is ""."""
    bars, rows = _bars_and_rows(drawn)
    gaps = not all(bar.archive_count for bar in drawn.bars)
    few = drawn.shows == "share" and any(bar.count and bar.few for bar in drawn.bars)
    before = (
        f'<figure class="timeline" id="timeline">\n<figcaption>{escape(drawn.caption)}</figcaption>\n'
        f"{views_html(views)}"
        f'<div class="chart-box" dir="ltr" data-timeline="{len(drawn.bars)}">\n'
        f"{_SVG}{HATCH if gaps else ''}"
    )
    labels = axis(drawn.interval, drawn.start, len(drawn.bars), BASELINE)
    between = f"\n{_BASE}{labels}</svg>\n</div>\n{_legend(gaps, few)}{_table_head(drawn.unit)}"
    after = b"\n</tbody>\n</table>\n</div>\n</details>\n</figure>\n"
    return before.encode(), "\n".join(bars).encode(), between.encode(), "\n".join(rows).encode(), after


def views_html(views: Sequence[Link]) -> str:
    """The ways to draw a chart, of which the one in force has no address."""
    if not views:
        return ""
    listed = "".join([f"<li>{_view(view)}</li>" for view in views])
    label = _("Bars show")
    return f'<ul class="chart-views" aria-label="{label}">{listed}</ul>\n'


def _view(view: Link) -> str:
    if not view.url:
        return f'<span aria-current="true">{escaped(view.label)}</span>'
    return f'<a href="{escape(view.url)}#timeline" rel="nofollow">{escaped(view.label)}</a>'


def _legend(gaps: bool, few: bool) -> str:
    """What the signs mean that the chart has; nothing if it has none."""
    if not (gaps or few):
        return ""
    signs = [(_GAPS_SWATCH, _("No articles in the archive"))] if gaps else []
    if few:
        meaning = _("Fewer than %(n)s articles in the archive: their share says little", n=number(FEW))
        signs.append((_FEW_SWATCH, meaning))
    listed = "".join([f"{swatch} {meaning}</li>" for swatch, meaning in signs])
    return f'<ul class="chart-legend">{listed}</ul>\n'


@remembered_by_language(maxsize=64)
def _table_head(unit: str) -> str:
    names = escape(unit), _("Found"), _("In the archive"), escape(pgettext("a part of the whole", "Share"))
    head = "".join([f'<th scope="col">{name}</th>' for name in names])
    summary, label = _("Show as a table"), _("Articles over time")
    return (
        f'<details class="chart-table">\n<summary>{summary}</summary>\n'
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">\n'
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
    )


def _bars_and_rows(chart: Chart) -> tuple[list[str], list[str]]:
    """The bars of the picture, and the rows of its table; periods that follow each other in which the archive has
    nothing are one of both."""
    drawn: list[str] = []
    rows: list[str] = []
    gap: list[Bar] = []
    by_share = chart.shows == "share"
    language = spoken()
    addresses = all_escaped([bar.url for bar in chart.bars])
    for bar, address in zip(chart.bars, addresses, strict=True):
        archive_count, found = bar.archive_count, bar.count
        if not archive_count:
            gap.append(bar)
            continue
        if gap:
            _add_gap(gap, drawn, rows)
            gap = []
        count, share = _number(language, found), percent(found, archive_count)
        name, before, after, cell = _period_texts(language, bar.label, archive_count)
        few = by_share and archive_count < FEW
        if by_share:
            said = _share_text(bar.label, archive_count) % {"share": share, "found": count}
        else:
            said = f"{before}{count}{after}"
        drawn.append(
            f'<a href="{address}" rel="nofollow" tabindex="-1"><title>{said}</title>'
            f"{_placed(bar.x, bar.reach, few)}{_sized(bar.y, bar.width, bar.height)}"
        )
        if found:
            name = f'<a href="{address}" rel="nofollow">{name}</a>'
        rows.append(f'<tr><th scope="row">{name}</th><td>{count}</td>{cell}<td>{share}</td></tr>')
    if gap:
        _add_gap(gap, drawn, rows)
    return drawn, rows


def _add_gap(gap: Sequence[Bar], drawn: list[str], rows: list[str]) -> None:
    first, last = gap[0], gap[-1]
    label = escape(first.label)
    if first is not last:
        label = _("%(first)s to %(last)s", first=label, last=escape(last.label))
    nothing = _("%(period)s: no articles in the archive", period=label)
    none = _("No articles in the archive")
    width = round(last.x + last.reach - first.x, 3)
    drawn.append(
        f'<rect class="chart-gap" x="{first.x}%" y="0" width="{width}%" height="{HEIGHT}" {FILLED}>'
        f"<title>{nothing}</title></rect>"
    )
    rows.append(f'<tr class="chart-none"><th scope="row">{label}</th><td colspan="3">{none}</td></tr>')


# What comes again on most pages, since it does not depend on the question, or since bars are as high as others are:
# writing a number takes as long as the rest of a bar.


@lru_cache(maxsize=8192)
def _number(_language: str, value: int) -> str:
    return number(value)


@lru_cache(maxsize=16_384)
def _period_texts(_language: str, label: str, archive_count: int) -> tuple[str, str, str, str]:
    """As markup: the name of a period, what is said of it before and behind the number of articles found, and the cell
    with that of its articles."""
    whole = number(archive_count)
    said = ngettext(
        "%(period)s: %(found)s of %(n)s article",
        "%(period)s: %(found)s of %(n)s articles",
        archive_count,
        period=label,
        found=_FOUND,
        n=whole,
    )
    before, _mark, after = escape(said).partition(_FOUND)
    return escape(label), before, after, f"<td>{whole}</td>"


@remembered_by_language(maxsize=8192)
def _share_text(label: str, archive_count: int) -> str:
    """As markup, what is said of a period, with the share and the number of articles found still to be filled in."""
    said = ngettext(
        "%(period)s: %(share)s, %(found)s of %(n)s article",
        "%(period)s: %(share)s, %(found)s of %(n)s articles",
        archive_count,
        period=label,
        share=_SHARE,
        found=_FOUND,
        n=number(archive_count),
    )
    if archive_count < FEW:
        said = gettext("%(share)s (too few to compare)", share=said)
    return escape(said).replace("%", "%%").replace(_SHARE, "%(share)s").replace(_FOUND, "%(found)s")


@lru_cache(maxsize=4096)
def _placed(x: float, reach: float, few: bool) -> str:
    """The area of a bar that can be clicked, and where the bar in it begins."""
    return (
        f'<rect class="chart-reach" x="{x}%" y="0" width="{reach}%" height="{HEIGHT}"/>'
        f'<rect class="{"chart-few" if few else "chart-bar"}" x="{x}%"'
    )


@lru_cache(maxsize=8192)
def _sized(y: float, width: float, height: float) -> str:
    """The rest of that bar."""
    return f' y="{y}" width="{width}%" height="{height}"/></a>'
