"""The flags of `backfile search` as parts of a `SearchRequest`; they take the same values as the endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from search.errors import ParameterError
from search.query.dates import parse_period
from search.request.request import DEFAULT_FACETS, FacetRequest, Filters

MAX_FACET_TEXT: Final = 500


def filters(values: Sequence[str]) -> Filters:
    """The values to keep, and those behind a hyphen, to exclude; behind a backslash a hyphen is part of the value."""
    include = tuple(value.removeprefix("\\") for value in values if not value.startswith("-"))
    exclude = tuple(value[1:] for value in values if value.startswith("-"))
    return Filters(include, exclude)


def keyword_filters(given: dict[str, Sequence[str]]) -> tuple[tuple[str, Filters], ...]:
    """The filters of the fields that have any, in the order of a request."""
    return tuple(sorted((name, filters(values)) for name, values in given.items() if values))


def bound(name: str, text: str | None, now: datetime) -> date | datetime | None:
    """The first or the last moment of a period: "2024", "2024-07", "2024-07-03", RFC 3339 or "now-7d".

    Raises ParameterError.
    """
    if not text:
        return None
    try:
        start, end = parse_period(text, now=now)
    except ValueError as error:
        raise ParameterError(f"--{name}", str(error)) from error
    return start if name == "from" else end


def facets(text: str | None) -> tuple[FacetRequest, ...] | None:
    """The facets named in a list such as "section:10,month"; () for "none", the default ones for "all", None for None.

    Raises ParameterError.
    """
    match text:
        case None:
            return None
        case "none":
            return ()
        case "all":
            return DEFAULT_FACETS
    return tuple(_facet(part.strip()) for part in text[:MAX_FACET_TEXT].split(",") if part.strip())


def _facet(text: str) -> FacetRequest:
    name, colon, size = text.partition(":")
    if colon and not (size.isascii() and size.isdigit() and len(size) <= 6):
        raise ParameterError("--facets", f"write a name or name:number, not {text[:40]!r}")
    return FacetRequest(name, int(size)) if colon else FacetRequest(name)
