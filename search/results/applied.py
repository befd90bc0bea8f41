"""The conditions of a search as removable chips, and warnings for filter values that no article has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Final

from search.engines.protocols import Searcher
from search.field_words import unknown_value
from search.periods import in_words, interval_of
from search.query.values import is_known, near_values
from search.request.facets import FACETS, value_label
from search.request.request import SearchRequest
from search.results.response import Applied
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, MISSING, TEXT_FIELDS
from search.translation import day_in_words
from search.translation import gettext as _

WritesAddress = Callable[[SearchRequest], str]
"""Writes the address that a changed search leads to."""

MAX_HINTS: Final = 5
"""Unknown filter values of one request for which similar ones are looked up, each among all values of its field."""


def applied(request: SearchRequest, address: WritesAddress, now: datetime) -> tuple[Applied, ...]:
    """A chip for each filter value, each year, month and day, and each field searched, and one for `from` and `to`.

    `address` writes where the search without it is. Relative dates are counted back from `now`.
    """
    return (
        *_filter_chips(request, address),
        *_date_chips(request, address, now),
        *_period_chips(request, address),
        *_field_chips(request, address),
    )


def _filter_chips(request: SearchRequest, address: WritesAddress) -> Iterator[Applied]:
    for name, filters in request.keywords:
        label = _(KEYWORD_FIELDS[name].label)
        joined = request.joined(name) if len(filters.include) > 1 else None
        for value, negated in [(v, False) for v in filters.include] + [(v, True) for v in filters.exclude]:
            url = address(request.without_value(name, value))
            yield Applied(name, label, value, negated, url, value_label(name, value), None if negated else joined)


def _date_chips(request: SearchRequest, address: WritesAddress, now: datetime) -> Iterator[Applied]:
    start, end = request.bounds(now)
    if start is not None or end is not None:
        url = address(request.dated(None, None))
        value = f"{_iso(start)}..{_iso(end)}"
        yield Applied("date", _(DATE_FIELDS[request.date].label), value, False, url, dates_in_words(request, now))


def _period_chips(request: SearchRequest, address: WritesAddress) -> Iterator[Applied]:
    for period in request.periods:
        name = interval_of(period)
        url = address(request.without_periods(period))
        yield Applied(name, _(FACETS[name].label), period, False, url, in_words(period))


def _field_chips(request: SearchRequest, address: WritesAddress) -> Iterator[Applied]:
    for name in request.fields_searched:
        url = address(request.searching(other for other in request.fields_searched if other != name))
        yield Applied("in", _("Searched in"), name, False, url, _(TEXT_FIELDS[name].label))


def dates_in_words(request: SearchRequest, now: datetime) -> str:
    """ "July 2024", "since 3 July 2024", "until 3 July 2024, 12:00 UTC", or both ends with a dash."""
    period = request.period()
    if period is not None:
        return in_words(period)
    start, end = (_moment(bound) for bound in request.bounds(now))
    if start and end:
        return _("%(first)s – %(last)s", first=start, last=end)
    return _("since %(day)s", day=start) if start else _("until %(day)s", day=end)


def _moment(moment: date | datetime | None) -> str:
    if isinstance(moment, datetime):
        time = f"{moment:%H:%M} {moment.tzname() or ''}".strip()
        return _("%(day)s, %(time)s", day=day_in_words(moment), time=time)
    return day_in_words(moment) if moment else ""


def _iso(moment: date | datetime | None) -> str:
    return moment.isoformat() if moment else ""


def unknown_values(searcher: Searcher, request: SearchRequest) -> tuple[str, ...]:
    """A warning for each filter value that no article has; the first few name similar values."""
    warnings: list[str] = []
    for name, filters in request.keywords:
        for value in (*filters.include, *filters.exclude):
            if value != MISSING and not is_known(searcher, name, value):
                near = near_values(searcher, name, value) if len(warnings) < MAX_HINTS else []
                warnings.append(unknown_value(name, value, near))
    return tuple(warnings)
