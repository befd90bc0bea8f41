"""`backfile coverage`: up to four searches over the same periods, and who and what goes with each, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, get_args

import click

from search.archive import Archive
from search.commands.conditions import Offered, condition_options, given_pairs, naming_flags
from search.commands.context import TEXT, index_option, json_option, loaded_settings
from search.commands.terminal import articles, column_count, one_line, window_width, wrapped
from search.engines import open_engine
from search.periods import in_words, period_of
from search.request.parameters import CoverageParameters
from search.request.reading import comparison, read_pairs
from search.request.request import Bars
from search.request.urls import Addresses, path_prefix
from search.results.as_json import json_bytes
from search.results.coverage import CoverageAnswer, CoverageSeries, Peak, SignificantTerm
from search.results.response import TimelineBucket

_LEVELS: Final = "▁▂▃▄▅▆▇█"
_GAP: Final = "·"
_MAX_CHART: Final = 60
"""Columns of a chart; where there are more periods, several share one."""
_MAX_LABEL: Final = 24
_GROUPS: Final = {"name": "names", "word": "words", "section": "sections", "tag": "tags", "author": "authors"}


@click.command()
@click.argument("q", metavar="QUERY...", nargs=-1, required=True, type=TEXT)
@condition_options
@click.option("--bars", type=Offered(get_args(Bars)), help="What the charts show: count (default) or share.")
@index_option
@json_option
@click.pass_context
def coverage(ctx: click.Context, /, index: str | None, as_json: bool, **given: Any) -> None:
    """Compare up to four searches over time, one for each QUERY, and print who and what goes with each.

    \b
    Examples:
      backfile coverage flood drought
      backfile coverage '"press agency"' '"news agency"' --from 1950 --bars share
      backfile coverage flood --json | jq '.series[].peaks'

    The charts have one scale; a dot is a period of which the archive has nothing. A term is followed by the
    number of articles of the search that have it, and of all articles that have it. Put -- before a query that begins
    with a hyphen.
    """
    settings = loaded_settings(ctx, index=index).settings
    # Empty parameters count as absent; an empty search is to be named.
    given["q"] = tuple(query or " " for query in given["q"])
    with naming_flags(CoverageParameters):
        parameters = read_pairs(CoverageParameters, list(given_pairs(CoverageParameters, given)))
        asked = comparison(parameters, time_zone=settings.time_zone)
        archive = Archive(open_engine(settings.index), settings, clock=lambda: datetime.now(UTC))
        with archive.pinned() as pinned:
            answer = pinned.coverage(asked, Addresses("api", path_prefix(settings.public_url), settings.time_zone))
    if as_json:
        click.echo(json_bytes(answer).decode())
        return
    for line in _lines(answer, asked.shared.bars):
        click.echo(line)


def _lines(answer: CoverageAnswer, bars: Bars) -> Iterator[str]:
    width = window_width()
    for warning in (*answer.warnings, *(said for series in answer.series for said in series.warnings)):
        note = wrapped(f"{click.style('note', fg='yellow')}: {one_line(warning)}", width, rest="  ")
        click.echo("\n".join(note), err=True)
    yield from _charts(answer, bars)
    for series in answer.series:
        yield ""
        yield from _series(series, width)


def _charts(answer: CoverageAnswer, bars: Bars) -> Iterator[str]:
    """A line for each search, all to one scale, between the first and the last day of all."""
    labels = [_short(series.query) for series in answer.series]
    room = max(map(column_count, labels))
    drawn = [_columns(series.timeline.buckets, bars) if series.timeline else [] for series in answer.series]
    top = max((value for columns in drawn for value in columns if value), default=0.0)
    for series, label, columns in zip(answer.series, labels, drawn, strict=True):
        padding = " " * (room - column_count(label))
        chart = "".join(_level(value, top) for value in columns)
        yield f"{click.style(label, bold=True)}{padding}  {series.total:>9,}  {chart}".rstrip()
    first = next((series.timeline.buckets for series in answer.series if series.timeline), ())
    if first:
        yield f"{'':{room}}  {'':>9}  {answer.interval}s, {first[0].start} to {first[-1].end}"


def _short(query: str) -> str:
    text = one_line(query)
    return text if len(text) <= _MAX_LABEL else text[: _MAX_LABEL - 1] + "…"


def _columns(buckets: Sequence[TimelineBucket], bars: Bars) -> list[float | None]:
    """What each column of a chart stands for: articles or a share; None where the archive has nothing."""
    together = -(-len(buckets) // _MAX_CHART)
    columns: list[float | None] = []
    for start in range(0, len(buckets), together or 1):
        part = buckets[start : start + together]
        held, found = sum(bucket.archive_count for bucket in part), sum(bucket.count for bucket in part)
        columns.append(None if not held else found / held if bars == "share" else found)
    return columns


def _level(value: float | None, top: float) -> str:
    if value is None:
        return _GAP
    if not value:
        return " "
    return _LEVELS[min(len(_LEVELS) - 1, int(len(_LEVELS) * value / top))]


def _series(series: CoverageSeries, width: int | None) -> Iterator[str]:
    yield from wrapped(f"{click.style(one_line(series.query), bold=True)}: {articles(series.total)}", width, rest="  ")
    if series.peaks:
        yield from _listed("stands out", [_peak(peak) for peak in series.peaks], width)
    for kind, heading in _GROUPS.items():
        terms = [_term(term) for term in series.terms if term.kind == kind]
        if terms:
            yield from _listed(heading, terms, width)
    if series.total and not series.terms:
        yield "  nothing goes with it more than with the rest of the archive"


def _term(term: SignificantTerm) -> str:
    return f"{one_line(term.text)} ({term.articles:,} of {term.archive_articles:,})"


def _peak(peak: Peak) -> str:
    period = period_of(date.fromisoformat(peak.start), date.fromisoformat(peak.end))
    days = in_words(period) if period else f"{peak.start} to {peak.end}"
    return f"{days} ({peak.count:,} of {peak.archive_count:,})"


def _listed(heading: str, items: Sequence[str], width: int | None) -> Iterator[str]:
    yield from wrapped(", ".join(items), width, first=f"  {click.style(f'{heading:<11}', fg='cyan')}", rest=" " * 13)
