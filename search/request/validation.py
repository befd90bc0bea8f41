"""Whether a request may be asked at all: sizes and names, checked once for every way it can come in."""

from __future__ import annotations

from collections.abc import Collection

from search.dates import zone_named
from search.errors import ParameterError
from search.request.request import (
    MAX_FACET_SIZE,
    MAX_PAGE_DEPTH,
    MAX_PER_PAGE,
    MAX_VALUE_LENGTH,
    MAX_VALUES,
    SearchRequest,
)
from search.results.facets import facet_kind
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, TEXT_FIELDS


def check(request: SearchRequest) -> None:
    """Raises ParameterError for the first thing that is out of range or unknown."""
    _text("q", request.q)
    _known("date", request.date, DATE_FIELDS)
    zone_named(request.time_zone)
    for name in request.fields_searched:
        _known("in", name, TEXT_FIELDS)
    _check_filters(request)
    _check_page(request)
    for facet in request.facets:
        facet_kind(facet.name)
        _between("facets", facet.size, 1, MAX_FACET_SIZE)
    if len(request.facets) > MAX_VALUES:
        raise ParameterError("facets", f"at most {MAX_VALUES} can be asked for at once")


def _check_filters(request: SearchRequest) -> None:
    count = 0
    for name, filters in request.keywords:
        _known("filter", name, KEYWORD_FIELDS)
        for value in (*filters.include, *filters.exclude):
            count += 1
            _text(name, value)
            if len(value) > MAX_VALUE_LENGTH:
                raise ParameterError(name, f"a value is at most {MAX_VALUE_LENGTH} characters long")
    if count > MAX_VALUES:
        raise ParameterError("filter", f"at most {MAX_VALUES} values can be asked for at once")


def _check_page(request: SearchRequest) -> None:
    _between("per_page", request.per_page, 0, MAX_PER_PAGE)
    if request.cursor is not None:
        if request.group == "story":
            raise ParameterError("cursor", "cannot go with group=story; use page, or leave the grouping out")
        if request.per_page == 0:
            raise ParameterError("cursor", "cannot go with per_page=0, which asks for counts only")
        return
    if request.page < 1:
        raise ParameterError("page", "pages are counted from 1")
    if request.page * max(request.per_page, 1) > MAX_PAGE_DEPTH:
        raise ParameterError("page", f"reaches {MAX_PAGE_DEPTH:,} hits; go deeper with cursor=* and links.next")


def _text(name: str, value: str) -> None:
    """A command line in another encoding can bring half characters in, which no address can hold."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ParameterError(name, "holds bytes that are not UTF-8 text; type it again")


def _between(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ParameterError(name, f"must be from {least} to {most:,}")


def _known(parameter: str, name: str, names: Collection[str]) -> None:
    if name not in names:
        raise ParameterError(parameter, f"there is no {name[:64]!r}; choose from {', '.join(names)}")
