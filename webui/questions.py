"""From an address to a `SearchRequest`, and what has to be remembered to write the same address again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import Field

from search.errors import ParameterError
from search.query.dates import parse_period
from search.request.request import MAX_PAGE_DEPTH, Filters, SearchRequest
from search.schema import KEYWORD_FIELDS
from webui.parameters import SearchParameters, read
from webui.urls import SiteLinks
from webui.values import WholeNumber

_RELATIVE: Final = "now"
_USUAL: Final = SearchRequest()
_TRACKING_PREFIX: Final = b"utm_"
_TRACKING: Final = frozenset({b"fbclid", b"gclid", b"msclkid", b"mc_cid", b"mc_eid"})


@dataclass(frozen=True, slots=True)
class Question:
    """A request, and its relative dates as they were written ("now-7d").

    `position` is the place of an article among the hits, from 0, where the address is an article's.
    """

    request: SearchRequest
    spelled: Mapping[tuple[str, date | datetime], str] = field(default_factory=dict)
    position: int | None = None

    @classmethod
    def any(cls) -> Question:
        """The question for everything."""
        return cls(SearchRequest())

    def links(self, kind: str, *, prefix: str = "", time_zone: str = "UTC") -> SiteLinks:
        """What makes the addresses of this question's answer."""
        return SiteLinks(kind, prefix, time_zone, self.spelled)


class _ArticleParameters(SearchParameters):
    """The search an article was found by, and its place among the hits."""

    position: WholeNumber | None = Field(None, description="Place among the hits, from 0.")


def search_question(
    query_string: bytes, *, now: datetime, time_zone: str = "UTC", per_page: int = _USUAL.per_page
) -> Question:
    """The question in a query string. `time_zone` and `per_page` hold where it names none; `now` is aware.

    Raises ParameterError.
    """
    return _question(read(SearchParameters, query_string), now, time_zone, per_page)


def article_question(query_string: bytes, *, now: datetime, time_zone: str = "UTC") -> Question | None:
    """The search that led to an article; None where the address names none. Raises ParameterError."""
    parameters = read(_ArticleParameters, query_string)
    if not parameters.model_fields_set:
        return None
    question = _question(parameters, now, time_zone, _USUAL.per_page)
    return Question(question.request, question.spelled, parameters.position)


def without_tracking(query_string: bytes) -> bytes:
    """The query string without the marks that mail and social sites hang on links: a page must still open."""
    parts = query_string.split(b"&")
    return b"&".join(part for part in parts if not _is_tracking(part.partition(b"=")[0]))


def _is_tracking(name: bytes) -> bool:
    return name.startswith(_TRACKING_PREFIX) or name in _TRACKING


def _question(parameters: SearchParameters, now: datetime, time_zone: str, per_page: int) -> Question:
    bounds, spelled = _bounds(parameters, now)
    request = SearchRequest(
        q=parameters.q,
        fields_searched=parameters.in_,
        keywords=_keywords(parameters),
        start=bounds["from"],
        end=bounds["to"],
        date=parameters.date,
        time_zone=parameters.tz or time_zone,
        sort=parameters.sort,
        operator=parameters.op,
        page=parameters.page,
        per_page=per_page if parameters.per_page is None else parameters.per_page,
        cursor=parameters.cursor,
        facets=parameters.facets,
        fields=parameters.fields,
        highlight=parameters.highlight,
        group=parameters.group,
        explain=parameters.explain,
    )
    _check_order(request)
    _check_depth(request)
    return Question(request, spelled)


def _keywords(parameters: SearchParameters) -> tuple[tuple[str, Filters], ...]:
    filters = {name: getattr(parameters, name) for name in sorted(KEYWORD_FIELDS)}
    return tuple((name, each) for name, each in filters.items() if each != Filters())


def _bounds(
    parameters: SearchParameters, now: datetime
) -> tuple[dict[str, date | datetime | None], dict[tuple[str, date | datetime], str]]:
    bounds: dict[str, date | datetime | None] = {"from": None, "to": None}
    spelled: dict[tuple[str, date | datetime], str] = {}
    for end, (name, text) in enumerate((("from", parameters.from_), ("to", parameters.to))):
        if not text:
            continue
        try:
            bound = parse_period(text, now=now)[end]
        except ValueError as error:
            raise ParameterError(name, str(error)) from error
        bounds[name] = bound
        if text.startswith(_RELATIVE) and bound is not None:
            spelled[name, bound] = text
    return bounds, spelled


def _check_order(request: SearchRequest) -> None:
    if request.start is None or request.end is None:
        return
    zone = ZoneInfo(request.time_zone)
    if _moment(request.start, time.min, zone) > _moment(request.end, time.max, zone):
        raise ParameterError("from", "is later than to")


def _moment(bound: date | datetime, at: time, zone: ZoneInfo) -> datetime:
    return bound if isinstance(bound, datetime) else datetime.combine(bound, at, zone)


def _check_depth(request: SearchRequest) -> None:
    if request.cursor is not None and request.page != _USUAL.page:
        raise ParameterError("cursor", "stands in place of page; give one of them")
    if request.page * request.per_page > MAX_PAGE_DEPTH:
        last = MAX_PAGE_DEPTH // request.per_page
        advice = "begin with cursor=* and follow links.next to go deeper"
        raise ParameterError("page", f"can be at most {last:,} with {request.per_page} hits a page; {advice}")
