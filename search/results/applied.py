"""The conditions of a search as removable chips, and warnings for filter values that no article has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from search.engines.protocols import Searcher
from search.periods import day_in_words, in_words, interval_of
from search.query.values import is_known, near_values
from search.request.facets import FACETS, value_label
from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.results.response import Applied
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, MISSING, TEXT_FIELDS

MAX_HINTS: Final = 5
"""Unknown filter values of one request for which similar ones are looked up, each among all values of its field."""


def applied(request: SearchRequest, addresses: Addresses, now: datetime) -> tuple[Applied, ...]:
    """A chip for each filter value, each year, month and day, and each field searched, and one for `from` and `to`.

    Relative dates are counted back from `now`.
    """
    return (
        *_filter_chips(request, addresses),
        *_date_chips(request, addresses, now),
        *_period_chips(request, addresses),
        *_field_chips(request, addresses),
    )


def _filter_chips(request: SearchRequest, addresses: Addresses) -> Iterator[Applied]:
    for name, filters in request.keywords:
        label = KEYWORD_FIELDS[name].label
        for value, negated in [(v, False) for v in filters.include] + [(v, True) for v in filters.exclude]:
            url = addresses.search(request.without_value(name, value))
            yield Applied(name, label, value, negated, url, value_label(name, value))


def _date_chips(request: SearchRequest, addresses: Addresses, now: datetime) -> Iterator[Applied]:
    start, end = request.bounds(now)
    if start is not None or end is not None:
        url = addresses.search(request.dated(None, None))
        value = f"{_iso(start)}..{_iso(end)}"
        yield Applied("date", DATE_FIELDS[request.date].label, value, False, url, dates_in_words(request, now))


def _period_chips(request: SearchRequest, addresses: Addresses) -> Iterator[Applied]:
    for period in request.periods:
        name = interval_of(period)
        url = addresses.search(request.without_periods(period))
        yield Applied(name, FACETS[name].label, period, False, url, in_words(period))


def _field_chips(request: SearchRequest, addresses: Addresses) -> Iterator[Applied]:
    for name in request.fields_searched:
        url = addresses.search(request.searching(other for other in request.fields_searched if other != name))
        yield Applied("in", "Searched in", name, False, url, TEXT_FIELDS[name].label)


def dates_in_words(request: SearchRequest, now: datetime) -> str:
    """ "July 2024", "since 3 July 2024", "until 3 July 2024, 12:00 UTC", or both ends with a dash."""
    period = request.period()
    if period is not None:
        return in_words(period)
    start, end = (_moment(bound) for bound in request.bounds(now))
    if start and end:
        return f"{start} – {end}"
    return f"since {start}" if start else f"until {end}"


def _moment(moment: date | datetime | None) -> str:
    if isinstance(moment, datetime):
        return f"{day_in_words(moment)}, {moment:%H:%M} {moment.tzname() or ''}".strip()
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
                hint = f"; there is {' and '.join(f'“{other}”' for other in near)}" if near else ""
                warnings.append(f"no article has the {KEYWORD_FIELDS[name].label.lower()} “{value}”{hint}")
    return tuple(warnings)
