"""Whether a request may be asked at all: sizes and names, checked once for every way it can come in."""

from __future__ import annotations

from collections.abc import Collection

from search.dates import zone_named
from search.errors import ParameterError
from search.periods import first_day
from search.request.facets import facet_kind
from search.request.request import (
    HIT_KEYS,
    MAX_FACET_SIZE,
    MAX_PAGE_DEPTH,
    MAX_PER_PAGE,
    MAX_VALUES,
    SearchRequest,
)
from search.request.wording import facet_size, out_of_range, quoted, too_long, too_many, unknown
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, MAX_VALUE_LENGTH, TEXT_FIELDS
from search.translation import gettext as _
from search.translation import number


def check(request: SearchRequest) -> None:
    """Raises ParameterError for the first thing that is out of range, unknown, or contradicts another.

    Whether `start` is later than `end` is known only at a moment (`SearchRequest.bounds`).
    """
    _text("q", request.q)
    _known("date", request.date, DATE_FIELDS)
    zone_named(request.time_zone)
    for name in request.fields_searched:
        _known("in", name, TEXT_FIELDS)
    for name in request.fields or ():
        _known("fields", name, HIT_KEYS)
    _check_filters(request)
    _check_page(request)
    for facet in request.facets:
        facet_kind(facet.name)
        if not 1 <= facet.size <= MAX_FACET_SIZE:
            raise ParameterError("facets", facet_size(facet.name, MAX_FACET_SIZE))
    if len(request.facets) > MAX_VALUES:
        raise ParameterError("facets", too_many(MAX_VALUES))


def _check_filters(request: SearchRequest) -> None:
    count = 0
    for name, filters in request.keywords:
        _known("filter", name, KEYWORD_FIELDS)
        for value in (*filters.include, *filters.exclude):
            count += 1
            _text(name, value)
            if len(value) > MAX_VALUE_LENGTH:
                raise ParameterError(name, too_long(MAX_VALUE_LENGTH))
    for period in request.periods:
        try:
            first_day(period)
        except ValueError as error:
            message = _("%(value)s is not a year, a month or a day", value=quoted(period))
            raise ParameterError("periods", message) from error
    if count + len(request.periods) > MAX_VALUES:
        raise ParameterError("filter", too_many(MAX_VALUES))


def _check_page(request: SearchRequest) -> None:
    if not 0 <= request.per_page <= MAX_PER_PAGE:
        raise ParameterError("per_page", out_of_range(0, MAX_PER_PAGE))
    if request.page < 1:
        raise ParameterError("page", _("pages are counted from 1"))
    if request.cursor is not None:
        _check_cursor(request)
    elif request.page * max(request.per_page, 1) > MAX_PAGE_DEPTH:
        last = MAX_PAGE_DEPTH // max(request.per_page, 1)
        message = _(
            "can be at most %(last)s with %(hits)s hits a page; "
            "begin with %(cursor)s and follow links.next to go deeper",
            last=number(last),
            hits=number(request.per_page),
            cursor="cursor=*",
        )
        raise ParameterError("page", message)


def _check_cursor(request: SearchRequest) -> None:
    if request.page != 1:
        raise ParameterError("cursor", _("stands in place of page; give one of them"))
    if request.group == "story":
        raise ParameterError("cursor", _("cannot go with group=story; use page, or leave the grouping out"))
    if request.per_page == 0:
        raise ParameterError("cursor", _("cannot go with per_page=0, which asks for counts only"))


def _text(name: str, value: str) -> None:
    """A command line in another encoding can bring half characters in, which no address can hold."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ParameterError(name, _("holds bytes that are not UTF-8 text; type it again"))


def _known(parameter: str, name: str, names: Collection[str]) -> None:
    if name not in names:
        raise ParameterError(parameter, unknown(name, names))
