"""The parameters of the Guardian's dialect, as a search of the archive and what to show of each article.

Parameters that the dialect does not have are ignored, as there; those that it has and the archive cannot answer are
refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from search.document import Moment
from search.engines.plan import Sort
from search.errors import ParameterError
from search.query import Query
from search.query.parser import all_of
from search.request.request import MAX_PAGE_DEPTH, MAX_PER_PAGE, SearchRequest
from webui.compat import guardian_query
from webui.compat.boolean import written
from webui.compat.errors import unanswered
from webui.compat.moments import dated, local
from webui.compat.sent import Sent, unknown

TOO_DEEP: Final = "Content API does not support paging this far. Please change page or page-size."
BEYOND: Final = "requested page is beyond the number of available pages"
NO_DATE: Final = (
    "Dates must be an ISO8601 date or datetime (e.g. 2010-07-20 or 2010-07-20T10:00:00+05:00). "
    "Remember to URL-encode the '+' if you provide a timezone offset."
)
KNOWN: Final = frozenset({TOO_DEEP, BEYOND, NO_DATE})
"""Messages that clients know, word for word."""

_USUAL_SIZE: Final = 10
_LOST_PLUS: Final = re.compile(r" (?=\d\d:?\d\d$)")
_DATES: Final = {"published": "published", "last-modified": "modified"}
_ORDERS: Final[Mapping[str, Sort]] = {"relevance": "relevance", "newest": "newest", "oldest": "oldest"}
_FIELDS: Final = {
    "headline": ("title",),
    "webTitle": ("title",),
    "body": ("body", "headings"),
    "byline": ("author",),
    "standfirst": ("summary",),
    "trailText": ("summary",),
    "tags": ("tags",),
}
_FILTERS: Final[Mapping[str, Callable[[str, str], Query]]] = {
    "section": guardian_query.sections,
    "tag": guardian_query.tags,
    "lang": guardian_query.values("lang"),
    "type": guardian_query.values("type"),
}
_UNANSWERED: Final = (
    "reference", "reference-type", "production-office", "rights", "ids", "star-rating", "contains-element",
    "lead-content", "membership-access", "commentable", "filename",
)  # fmt: skip
_UNSHOWN: Final = (
    "show-blocks", "show-elements", "show-references", "show-rights", "show-atoms", "show-stats", "show-story-package",
    "show-editors-picks", "show-most-viewed", "show-packages",
)  # fmt: skip
_NOT_SHOWN: Final = ("none", "false")
"""Values with which a client says that it wants nothing."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of each article beside what always is: fields and kinds of tags, which may be "all"; its section;
    the articles related to it."""

    fields: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    section: bool = False
    related: bool = False


def shown(sent: Sent) -> Shown:
    """What is to be shown. Raises ParameterError."""
    if sent.text("format", "json") != "json":
        raise ParameterError("format", "can only be json in this archive")
    if sent.text("callback"):
        raise unanswered("callback")
    for name in _UNSHOWN:
        if sent.text(name, "none") not in _NOT_SHOWN:
            raise unanswered(name)
    return Shown(
        frozenset(sent.listed("show-fields")),
        frozenset(sent.listed("show-tags")),
        sent.truth("show-section"),
        sent.truth("show-related"),
    )


def search(sent: Sent, time_zone: str) -> SearchRequest:
    """The search. Raises ParameterError."""
    for name in _UNANSWERED:
        if sent.text(name):
            raise unanswered(name)
    q = sent.text("q")
    size = _number(sent, "page-size", _USUAL_SIZE, MAX_PER_PAGE)
    page = _number(sent, "page", 1, None)
    if page * size > MAX_PAGE_DEPTH:
        raise ParameterError("page", TOO_DEEP)
    return SearchRequest(
        q=written("q", all_of([*_parts(sent, q, time_zone)]), "and"),
        fields_searched=_fields(sent),
        operator="and",
        date=sent.meant("order-date", _DATES, "published"),
        time_zone=time_zone,
        sort=sent.meant("order-by", _ORDERS, "relevance" if q else "newest"),
        page=page,
        per_page=size,
        facets=(),
        highlight="off",
    )


def _parts(sent: Sent, q: str, time_zone: str) -> Iterator[Query]:
    """What an article must match: the words, each filter, and the dates."""
    if q:
        yield guardian_query.words(q)
    for name, read in _FILTERS.items():
        if expression := sent.text(name):
            yield read(name, expression)
    used = sent.meant("use-date", _DATES, "published")
    start, end = _moment(sent, "from-date", time_zone), _moment(sent, "to-date", time_zone)
    if start is not None or end is not None:
        yield dated("from-date", start, end, used)


def _fields(sent: Sent) -> tuple[str, ...]:
    names = sent.listed("query-fields")
    for name in names:
        if name not in _FIELDS:
            raise unknown("query-fields", name, _FIELDS)
    return tuple(dict.fromkeys(field for name in names for field in _FIELDS[name]))


def _number(sent: Sent, name: str, usual: int, most: int | None) -> int:
    text = sent.text(name, str(usual))
    value = int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0
    if value < 1 or (most is not None and value > most):
        between = f"an integer between 1 and {most}" if most else "an integer greater than 0"
        raise ParameterError(name, f"{name} must be {between}")
    return value


def _moment(sent: Sent, name: str, time_zone: str) -> Moment | None:
    text = _LOST_PLUS.sub("+", sent.text(name))
    if not text:
        return None
    try:
        return _day_or_time(text, time_zone)
    except ValueError as error:
        raise ParameterError(name, NO_DATE) from error


def _day_or_time(text: str, time_zone: str) -> Moment:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return local(datetime.fromisoformat(text), time_zone)
