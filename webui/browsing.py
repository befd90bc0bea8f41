"""Browsing: a calendar of the archive, its sections and authors, and what it published on this day."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import Blueprint, Response, request

from search.browsing import LEAP_YEAR
from search.errors import NotFound, ParameterError
from search.pinned_archive import PinnedArchive
from search.request.parameters import AuthorsParameters, CalendarParameters, NoParameters, OnThisDayParameters
from search.request.reading import read, without_tracking
from search.results.as_json import json_bytes
from search.results.browsing import CalendarAnswer, CalendarMonth
from search.results.response import Period
from search.translation import gettext as _
from search.translation import weekday_names
from webui.caching import from_archive
from webui.home import shade_of
from webui.responses import led_to, page, sent
from webui.site import addresses, current_site

blueprint = Blueprint("browsing", __name__)

_YEAR: Final = re.compile("[0-9]{4}")


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the calendar. `shade` is as in `webui.home.Month`."""

    number: int
    label: str
    count: int
    url: str
    shade: int


@dataclass(frozen=True, slots=True)
class MonthGrid:
    """A month of the calendar. `blank`: the days of the first week before it, which begins on Monday."""

    month: CalendarMonth
    blank: int
    days: tuple[DayCell, ...]


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A year, and the years with articles before and after it."""

    answer: CalendarAnswer
    months: tuple[MonthGrid, ...]
    earlier: Period | None
    later: Period | None


def calendar_view(answer: CalendarAnswer) -> CalendarView:
    """The view of a year."""
    busiest = max((day.count for month in answer.months for day in month.days), default=1)
    earlier = [year for year in answer.years if year.value < answer.year]
    later = [year for year in answer.years if year.value > answer.year]
    return CalendarView(
        answer,
        tuple(MonthGrid(month, _weekday(month), tuple(_cells(month, busiest))) for month in answer.months),
        earlier[0] if earlier else None,
        later[-1] if later else None,
    )


def _weekday(month: CalendarMonth) -> int:
    return date.fromisoformat(f"{month.value}-01").weekday()


def _cells(month: CalendarMonth, busiest: int) -> Iterator[DayCell]:
    known = {int(day.value[8:]): day for day in month.days}
    year, number = map(int, month.value.split("-"))
    for place in range(1, monthrange(year, number)[1] + 1):
        day = known.get(place)
        if day is None:
            yield DayCell(place, "", 0, "", 0)
        else:
            yield DayCell(place, day.label, day.count, day.url, shade_of(day.count, busiest))


@blueprint.get("/calendar")
@from_archive
def calendar(archive: PinnedArchive) -> Response:
    """The newest year of the archive, day by day."""
    return _calendar(archive, "")


@blueprint.get("/calendar/<year>")
@from_archive
def calendar_of(archive: PinnedArchive, year: str) -> Response:
    """A year of the archive, day by day. Raises NotFound."""
    if not _YEAR.fullmatch(year) or year == "0000":
        raise NotFound(_("there is no such year; a year has four digits"))
    return _calendar(archive, year)


def _calendar(archive: PinnedArchive, year: str) -> Response:
    _take_no_parameters()
    view = calendar_view(archive.calendar_year(year, addresses("html")))
    weekdays, short_weekdays = weekday_names(), weekday_names(short=True)
    return page("calendar.html", view=view, weekdays=weekdays, short_weekdays=short_weekdays)


@blueprint.get("/sections")
@from_archive
def sections(archive: PinnedArchive) -> Response:
    """All sections as a tree."""
    _take_no_parameters()
    return page("sections.html", sections=archive.sections(addresses("html")))


@blueprint.get("/authors")
@from_archive
def authors(archive: PinnedArchive) -> Response:
    """The authors whose names begin with a letter."""
    asked = read(AuthorsParameters, without_tracking(request.query_string))
    own = f"{request.script_root}/authors"
    return page("authors.html", view=archive.authors(asked.letter or "", asked.page, addresses("html"), own))


@blueprint.get("/on-this-day")
def today() -> Response:
    """Leads to the page of the day it is now."""
    with current_site().archive.pinned() as archive:
        day = archive.today.isoformat()[5:]
    response = led_to(f"{request.script_root}/on-this-day/{day}", 302)
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/on-this-day/<day>")
@from_archive
def on_this_day(archive: PinnedArchive, day: str) -> Response:
    """What appeared on that day ("07-03") in all years. Raises NotFound."""
    _take_no_parameters()
    try:
        found = archive.on_this_day(day, addresses("html"))
    except ParameterError as error:
        raise NotFound(_("there is no such day; a month and a day are written like 07-03")) from error
    here = date.fromisoformat(f"{LEAP_YEAR}-{day}")
    before, after = ((here + timedelta(days=step)).isoformat()[5:] for step in (-1, 1))
    return page("on_this_day.html", view=found, before=before, after=after)


def _take_no_parameters() -> None:
    read(NoParameters, without_tracking(request.query_string))


@blueprint.get("/api/v1/calendar")
@from_archive
def calendar_answer(archive: PinnedArchive) -> Response:
    """A year of the archive, day by day, with the number of articles."""
    asked = read(CalendarParameters, request.query_string)
    return sent(json_bytes(archive.calendar_year(asked.year or "", addresses("api"))))


@blueprint.get("/api/v1/authors")
@from_archive
def authors_answer(archive: PinnedArchive) -> Response:
    """The authors whose names begin with a letter, with the number of articles of each."""
    asked = read(AuthorsParameters, request.query_string)
    own = f"{request.script_root}/api/v1/authors"
    return sent(json_bytes(archive.authors(asked.letter or "", asked.page, addresses("api"), own)))


@blueprint.get("/api/v1/on-this-day")
@from_archive
def on_this_day_answer(archive: PinnedArchive) -> Response:
    """What appeared on one day of the year, in all years."""
    asked = read(OnThisDayParameters, request.query_string)
    day = asked.on or archive.today.isoformat()[5:]
    response = sent(json_bytes(archive.on_this_day(day, addresses("api"))))
    if not asked.on:
        response.cache_control.no_store = True  # tomorrow it is another day
    return response
