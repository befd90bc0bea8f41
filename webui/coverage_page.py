"""What the page that compares searches shows: the form, and for each search what it finds and what goes with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from search.document import SECTION_SEPARATOR
from search.errors import ParameterError
from search.request.comparison import MOST, Comparison
from search.request.request import Bars
from search.request.urls import Addresses
from search.results.coverage import CoverageAnswer, CoverageSeries, Peak, SignificantTerm
from search.translation import gettext as _
from search.translation import gettext_noop, ngettext, number
from webui.chart import percent, span_label
from webui.coverage_chart import line_chart
from webui.coverage_html import figure, swatch
from webui.results_page import Chip, chips
from webui.search_form import kept_pairs
from webui.timeline_path import VIEWS
from webui.wording import Link, sentence

MAX_FIELDS: Final = 12
"""Fields of the form: more searches than that are not shown again."""
_GROUPS: Final = (
    (gettext_noop("Names"), ("name",)),
    (gettext_noop("Words"), ("word",)),
    (gettext_noop("Sections"), ("section",)),
    (gettext_noop("Tags"), ("tag",)),
    (gettext_noop("Authors"), ("author",)),
)


@dataclass(frozen=True, slots=True)
class QueryField:
    """A field for a search, numbered from 1, with what is wrong with what was typed."""

    number: int
    value: str
    error: str
    swatch: Markup


@dataclass(frozen=True, slots=True)
class CoverageForm:
    """The form. `hidden` are the parameters that have no field; `errors` say what is wrong with `from` and `to`, and
    `error` what is wrong with all searches together."""

    fields: tuple[QueryField, ...]
    start: str
    end: str
    hidden: tuple[tuple[str, str], ...]
    errors: Mapping[str, str]
    error: str = ""

    @property
    def wrong(self) -> bool:
        """Whether something is to be corrected."""
        return bool(self.error or self.errors or any(field.error for field in self.fields))


@dataclass(frozen=True, slots=True)
class PeakView:
    """A period that stands out."""

    label: str
    said: str
    url: str


@dataclass(frozen=True, slots=True)
class TermView:
    """A term, with its score in as many digits as say something."""

    term: SignificantTerm
    label: str
    score: str


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One of the searches. `groups` are its terms by kind, each with a heading."""

    number: int
    series: CoverageSeries
    swatch: Markup
    peaks: tuple[PeakView, ...]
    groups: tuple[tuple[str, tuple[TermView, ...]], ...]
    read: str


@dataclass(frozen=True, slots=True)
class CoverageView:
    """The whole page; without an `answer` it is the form alone."""

    form: CoverageForm
    answer: CoverageAnswer | None = None
    chips: tuple[Chip, ...] = ()
    figure: Markup | None = None
    series: tuple[SeriesView, ...] = ()


def coverage_view(comparison: Comparison, answer: CoverageAnswer, links: Addresses) -> CoverageView:
    """The view of an answer."""
    chart = line_chart(answer, comparison.shared.bars)
    return CoverageView(
        form=coverage_form(comparison, links),
        answer=answer,
        chips=tuple(chips(answer.applied)),
        figure=figure(chart, chart_views(comparison, links)) if chart else None,
        series=tuple(_series_view(place, series) for place, series in enumerate(answer.series, 1)),
    )


def coverage_form(
    comparison: Comparison,
    links: Addresses,
    *,
    problems: Sequence[str] = (),
    dates: Mapping[str, str] | None = None,
    error: ParameterError | None = None,
) -> CoverageForm:
    """The form of a comparison; after an `error`, with the `problems` of its searches and the `dates` as they were
    typed."""
    kept = kept_pairs(comparison.shared, links)
    typed = dates if dates is not None else dict(kept)
    values = comparison.queries[:MAX_FIELDS] + ("",) * (MOST - len(comparison.queries))
    said = {place: problem for place, problem in enumerate(problems) if problem}
    return CoverageForm(
        fields=tuple(
            QueryField(place + 1, value, said.get(place, ""), swatch(place + 1) if place < MOST else Markup())
            for place, value in enumerate(values)
        ),
        start=typed.get("from", ""),
        end=typed.get("to", ""),
        hidden=tuple(pair for pair in kept if pair[0] not in ("from", "to")),
        errors={error.name: error.reason} if error and error.name in ("from", "to") else {},
        error=sentence(error.reason) if error and error.name == "q" and not said else "",
    )


def chart_views(comparison: Comparison, links: Addresses) -> tuple[Link, ...]:
    """The ways to draw the chart; the one in force is without an address."""

    def address(bars: Bars) -> str:
        return links.comparison(replace(comparison, shared=replace(comparison.shared, bars=bars)))

    return tuple(Link(_(label), "" if bars == comparison.shared.bars else address(bars)) for bars, label in VIEWS)


def _series_view(place: int, series: CoverageSeries) -> SeriesView:
    return SeriesView(
        number=place,
        series=series,
        swatch=swatch(place),
        peaks=tuple(_peak_view(peak) for peak in series.peaks),
        groups=tuple(_groups(series.terms)),
        read=_read(series),
    )


def _peak_view(peak: Peak) -> PeakView:
    said = ngettext(
        "%(n)s of %(all)s article in the archive, %(share)s",
        "%(n)s of %(all)s articles in the archive, %(share)s",
        peak.archive_count,
        n=number(peak.count),
        all=number(peak.archive_count),
        share=percent(peak.count, peak.archive_count),
    )
    return PeakView(span_label(peak.start, peak.end), said, peak.url)


def _groups(terms: Sequence[SignificantTerm]) -> Iterator[tuple[str, tuple[TermView, ...]]]:
    for heading, kinds in _GROUPS:
        rows = tuple(_term_view(term) for term in terms if term.kind in kinds)
        if rows:
            yield _(heading), rows


def _term_view(term: SignificantTerm) -> TermView:
    label = term.text.replace(SECTION_SEPARATOR, " › ") if term.kind == "section" else term.text
    return TermView(term, label, f"{term.score:.0f}" if term.score >= 100 else f"{term.score:.2g}")


def _read(series: CoverageSeries) -> str:
    """How much was read to find the names and words."""
    if series.sampled >= series.total:
        return ""
    return ngettext(
        "Names and words were looked for in %(n)s article, and counted in all.",
        "Names and words were looked for in %(n)s articles, and counted in all.",
        series.sampled,
        n=number(series.sampled),
    )
