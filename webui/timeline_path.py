"""The ways from one timeline to others: up to a wider span of time, and to bars that stand for something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from html import escape
from typing import Final

from search.periods import first_day, in_words, last_day
from search.request.request import Bars, SearchRequest, is_day
from search.request.urls import Addresses
from search.results.response import SearchResponse
from search.translation import gettext as _
from search.translation import gettext_noop
from webui.wording import Link, separated

VIEWS: Final[tuple[tuple[Bars, str], ...]] = (
    ("count", gettext_noop("Articles")),
    ("share", gettext_noop("Share of the archive")),
)
_DATED: Final = ("date", "year", "month", "day")
"""The names of conditions on the date."""


def timeline_path(response: SearchResponse, request: SearchRequest, links: Addresses) -> tuple[Link, ...]:
    """All dates, the year and the month around the dates asked for, and these, without an address.

    Nothing if there is no condition on the date, or no timeline.
    """
    applied = [each.value_label or each.value for each in response.query.applied if each.name in _DATED]
    if not applied or response.timeline is None:
        return ()
    here = _span_in_words(request) if len(applied) == 1 else ""
    anywhere = replace(request.dated(None, None), periods=())
    wider = (Link(in_words(period), links.search(_dated(anywhere, period))) for period in _around(request))
    return Link(_("All dates"), links.search(anywhere)), *wider, Link(here or separated(applied), "")


def _dated(request: SearchRequest, period: str) -> SearchRequest:
    """The request within that period, in the way in which a bar of the timeline asks for it."""
    return request.dated(first_day(period), last_day(period))


def _around(request: SearchRequest) -> Iterator[str]:
    """The year and the month that hold all the days asked for, and others."""
    days = _days(request)
    if days is None:
        return
    first, last = days
    for length in (4, 7):
        period = first.isoformat()[:length]
        if last.isoformat()[:length] == period and (first, last) != (first_day(period), last_day(period)):
            yield period


def _span_in_words(request: SearchRequest) -> str:
    """ "2013 to 2015", "January 2013 to March 2015"; "" if not both ends are days, or if they span one period."""
    start, end = request.start, request.end
    if request.period() is not None or not (is_day(start) and is_day(end)):
        return ""
    for length in (4, 7, 10):
        first, last = start.isoformat()[:length], end.isoformat()[:length]
        if first_day(first) == start and last_day(last) == end:
            return _("%(first)s to %(last)s", first=in_words(first), last=in_words(last))
    return ""


def _days(request: SearchRequest) -> tuple[date, date] | None:
    """The first and the last day asked for; None if one is open, or depends on the time of the question."""
    start, end = request.start, request.end
    if start is None and end is None and len(request.periods) == 1:
        return first_day(request.periods[0]), last_day(request.periods[0])
    if not isinstance(start, date) or not isinstance(end, date):
        return None
    return _day(start), _day(end)


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def path_html(path: Sequence[Link]) -> str:
    """The path as markup."""
    listed = "".join([f"<li>{_step(step)}</li>" for step in path])
    label = escape(_("Dates"))
    return f'<nav class="timeline-path" aria-label="{label}">\n<ol>{listed}</ol>\n</nav>\n'


def _step(step: Link) -> str:
    if not step.url:
        return f'<bdi aria-current="true">{escape(step.label)}</bdi>'
    return f'<a href="{escape(step.url)}" rel="nofollow"><bdi>{escape(step.label)}</bdi></a>'


def chart_views(request: SearchRequest, links: Addresses) -> tuple[Link, ...]:
    """The ways to draw the timeline; the one in force is without an address."""
    urls = links.varied(request, "bars", ["" if shows == "count" else shows for shows, _label in VIEWS])
    return tuple(
        [Link(_(label), "" if shows == request.bars else url) for (shows, label), url in zip(VIEWS, urls, strict=True)]
    )
