"""What is asked: one frozen `SearchRequest`, however it came (address, command line, code).

Whatever leads from one search to another, such as a chip, a facet, a bar of the timeline or a page number, is an edit
of the request, and so a method of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from operator import itemgetter
from typing import Final, Literal, TypeGuard

from search.dates import zone_named
from search.document import SECTION_SEPARATOR, Moment
from search.engines.plan import Sort
from search.errors import DatesReversed, ParameterError
from search.periods import interval_of, period_of
from search.query import Operator, Query, to_text
from search.query.dates import Bound, RelativeTime, absolute
from search.request.facets import DATE, FacetKind, facet_kind
from search.schema import KEYWORD_FIELDS, MISSING

Highlight = Literal["html", "text", "off"]
Group = Literal["none", "story"]
Bars = Literal["count", "share"]
Joined = Literal["and", "or"]
"""Whether an article needs all of the values of a filter, or any of them."""

MAX_PER_PAGE: Final = 100
MAX_PAGE_DEPTH: Final = 10_000
"""The last hit that `page` can reach; deeper, `cursor` goes on."""
MAX_FACET_SIZE: Final = 1_000
MAX_VALUES: Final = 50
"""Filter values in one request."""

HIT_KEYS: Final = (
    "id", "url", "article_url", "title", "title_html", "sections", "authors", "tags", "published", "modified",
    "language", "type", "summary", "score", "matched_fields", "snippets", "more_text", "similar_count", "similar_ids",
    "explanation", "title_spans", "all_words",
)  # fmt: skip
"""The keys of `search.results.response.Hit`, which `fields` chooses from."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Values of one keyword field to keep and to leave out; `search.schema.MISSING` means "has none".

    `joined` says how the kept ones are joined, None for as usual: see `joined_usually`. `joined_by` keeps it so that
    the same filters are always equal.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    joined: Joined | None = None

    @property
    def joined_usually(self) -> Joined:
        """How they are joined where nothing is said: several are alternatives, as a repeated filter always is. To a
        single value the next one is added with "and", since who goes on choosing wants to find less; but nothing has
        a value and none."""
        return "and" if len(self.include) <= 1 and MISSING not in self.include else "or"

    @property
    def every(self) -> bool:
        """Whether an article needs all of the values that are kept."""
        return len(self.include) > 1 and self.joined == "and"

    def joined_by(self, joined: Joined | None) -> Filters:
        """The same values, joined so; None for as usual."""
        said = joined if self.include and joined != self.joined_usually else None
        return self if said == self.joined else replace(self, joined=said)

    def without(self, value: str) -> Filters:
        """The filters without that value, on either side, joined as before."""
        joined = self.joined or self.joined_usually
        return Filters(
            tuple(other for other in self.include if other != value),
            tuple(other for other in self.exclude if other != value),
        ).joined_by(joined)


@dataclass(frozen=True, slots=True)
class FacetRequest:
    """`section:10` or `month`: the facet's name in `search.request.facets.FACETS`, and how many values. `date` lists
    all years, whatever its size."""

    name: str
    size: int = 10


Keywords = tuple[tuple[str, Filters], ...]
"""Keyword fields, in order of name, with their filters."""


DEFAULT_FACETS: Final = (
    FacetRequest("section", 10),
    FacetRequest("date"),
    FacetRequest("author", 8),
    FacetRequest("tag", 8),
    FacetRequest("lang", 8),
)

Day = date
"""A bare date. (`SearchRequest.date` hides the type's own name.)"""

_NO_FILTERS: Final = Filters()


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A whole search as it was asked for. Every default is what the endpoint does when the parameter is absent.

    `keywords` maps a keyword field ("section", "tag", "author", "lang", "type") to its filters.
    `start` and `end` bound `date`, both included; relative ones are kept as they were written until `resolved`.
    `periods`, sorted, are years, months and days of `date`: articles of any of the years, any of the months, any of
    the days.
    `page` counts from 1. `sort` None: relevance with `q`, else newest. `fields` None: all keys of a hit.
    `facets` () for none, and no timeline either. `bars` says what those of the page's timeline stand for.
    """

    q: str = ""
    fields_searched: tuple[str, ...] = ()
    keywords: Keywords = ()
    start: Bound | None = None
    end: Bound | None = None
    periods: tuple[str, ...] = ()
    date: str = "published"
    time_zone: str = "UTC"
    sort: Sort | None = None
    operator: Operator = "auto"
    page: int = 1
    per_page: int = 10
    cursor: str | None = None
    facets: tuple[FacetRequest, ...] = DEFAULT_FACETS
    fields: tuple[str, ...] | None = None
    highlight: Highlight = "html"
    group: Group = "none"
    explain: bool = False
    bars: Bars = "count"

    # What it says

    @property
    def timeline(self) -> bool:
        """Whether a timeline is asked for: it goes with the facets."""
        return bool(self.facets)

    def effective_sort(self) -> Sort:
        """The order in force."""
        return self.sort or ("relevance" if self.q.strip() else "newest")

    def filters(self, name: str) -> Filters:
        """The filters on one keyword field; empty ones if there are none."""
        for field, filters in self.keywords:
            if field == name:
                return filters
        return _NO_FILTERS

    def period(self) -> str | None:
        """The year, month or day that the dates span exactly; None if they span none."""
        if not is_day(self.start) or not is_day(self.end):
            return None
        return period_of(self.start, self.end)

    def joined(self, name: str) -> Joined:
        """How the values of that keyword field are joined, the next one that is added included."""
        filters = self.filters(name)
        usual: Joined = filters.joined_usually if KEYWORD_FIELDS[name].several else "or"
        return filters.joined or usual

    def selected(self, kind: FacetKind) -> tuple[str, ...]:
        """The values of that facet that the request asks for, each once."""
        if kind.keyword is not None:
            return tuple(dict.fromkeys(self.filters(kind.keyword).include))
        if kind.name == DATE:
            return tuple(dict.fromkeys(period[:length] for period in self.periods for length in (4, 7, len(period))))
        return tuple([period for period in self.periods if interval_of(period) == kind.interval])

    def bounds(self, now: datetime) -> tuple[Moment | None, Moment | None]:
        """`start` and `end`, with relative times counted back from `now` (aware).

        Raises ParameterError if one lies before the calendar begins, DatesReversed if `start` is later than `end`.
        """
        start, end = _absolute("from", self.start, now), _absolute("to", self.end, now)
        if start is not None and end is not None:
            zone = zone_named(self.time_zone)
            first = start if isinstance(start, datetime) else datetime.combine(start, time.min, zone)
            last = end if isinstance(end, datetime) else datetime.combine(end, time.max, zone)
            if first > last:
                raise DatesReversed
        return start, end

    def resolved(self, now: datetime) -> SearchRequest:
        """The same request at that moment, with absolute bounds. Raises ParameterError like `bounds`."""
        start, end = self.bounds(now)
        relative = isinstance(self.start, RelativeTime) or isinstance(self.end, RelativeTime)
        return replace(self, start=start, end=end) if relative else self

    # Other searches. Each begins at the first page.

    def asking(self, query: Query) -> SearchRequest:
        """The same search with another query, whose bare words are joined as its own are; by AND, if by "or"."""
        operator: Operator = "auto" if self.operator == "auto" else "and"
        return replace(self, q=to_text(query, operator), operator=operator, page=1, cursor=None)

    def searching(self, fields: Iterable[str]) -> SearchRequest:
        """The same search in those text fields; in all of them if none is named."""
        return replace(self, fields_searched=tuple(fields), page=1, cursor=None)

    def sorted_by(self, sort: Sort | None) -> SearchRequest:
        """The same search in another order; None for the usual one."""
        return replace(self, sort=sort, page=1, cursor=None)

    def with_filters(self, name: str, filters: Filters) -> SearchRequest:
        """The same search with other filters on that keyword field."""
        kept = tuple(pair for pair in self.keywords if pair[0] != name)
        added = ((name, filters),) if filters.include or filters.exclude else ()
        return replace(self, keywords=tuple(sorted(kept + added, key=itemgetter(0))), page=1, cursor=None)

    def without_value(self, name: str, value: str) -> SearchRequest:
        """The same search without that filter value, whether it is kept or left out."""
        filters = self.filters(name).without(value)
        return self.with_filters(name, filters if KEYWORD_FIELDS[name].several else replace(filters, joined=None))

    def joining(self, name: str, joined: Joined) -> SearchRequest:
        """The same search with the values of that keyword field joined so, and those that are added next."""
        return self.with_filters(name, self.filters(name).joined_by(joined))

    def without_filters(self) -> SearchRequest:
        """The same search without filters and dates."""
        return replace(self, keywords=(), start=None, end=None, periods=(), page=1, cursor=None)

    def toggled(self, facet: str, value: str) -> SearchRequest:
        """The search after a click on that value of a facet: see `filters_toggled` and `periods_toggled`.

        Raises ParameterError if there is no such facet.
        """
        kind = facet_kind(facet)
        if kind.keyword is None:
            periods = self.date_toggled(value) if kind.name == DATE else self.periods_toggled(value)
            return replace(self, periods=periods, page=1, cursor=None)
        return self.with_filters(kind.keyword, self.filters_toggled(kind.keyword, value))

    def filters_toggled(self, name: str, value: str) -> Filters:
        """The filters on a keyword field after a click on that value: it is added, or taken away if it is kept.

        In a hierarchical field a section takes the place of the sections above and below it, because beside them it
        would change nothing. The values stay joined as they are (see `joined`).
        """
        filters, field, joined = self.filters(name), KEYWORD_FIELDS[name], self.joined(name)
        if value in filters.include:
            toggled = Filters(tuple(other for other in filters.include if other != value), filters.exclude)
        else:
            kept = tuple(other for other in filters.include if not (field.hierarchical and same_branch(other, value)))
            toggled = Filters((*kept, value), tuple(other for other in filters.exclude if other != value))
        return toggled.joined_by(joined) if field.several and filters.include else toggled

    def periods_toggled(self, period: str) -> tuple[str, ...]:
        """The periods after a click on that one: it is added, or taken away if it is among them."""
        return tuple(sorted({*self.periods} ^ {period}))

    def in_period(self, period: str) -> SearchRequest:
        """The same search in that year, month or day alone, and within its own dates."""
        return replace(self, periods=(period,), page=1, cursor=None)

    def date_toggled(self, period: str) -> tuple[str, ...]:
        """The periods after a click on that one in the calendar: it takes the place of all, or if it is the only one
        the period around it does: the month around a day, the year around a month."""
        if self.periods == (period,):
            return (period.rpartition("-")[0],) if "-" in period else ()
        if period in self.periods:
            return tuple(other for other in self.periods if other != period)
        return (period,)

    def dated(self, start: Bound | None, end: Bound | None) -> SearchRequest:
        """The same search with other dates."""
        return replace(self, start=start, end=end, page=1, cursor=None)

    def without_periods(self, *periods: str) -> SearchRequest:
        """The same search without those years, months and days; their neighbours stay."""
        kept = tuple(period for period in self.periods if period not in periods)
        return replace(self, periods=kept, page=1, cursor=None)

    def within(self, period: str) -> SearchRequest:
        """The same search in that year, month or day ("2024", "2024-07", "2024-07-03"), in place of its own dates."""
        return replace(self, start=None, end=None, periods=(period,), page=1, cursor=None)

    def narrowed(self, first: Day, last: Day, now: datetime) -> SearchRequest:
        """The search within those days, both included; a bound of its own that lies inside them stays as it is."""
        [(start, end)] = self.narrowings([(first, last)], now)
        return self.dated(start, end)

    def narrowings(
        self, spans: Iterable[tuple[Day, Day]], now: datetime
    ) -> Iterable[tuple[Bound | None, Bound | None]]:
        """The dates within each of those spans of days (see `narrowed`)."""
        start, end = (_local_date(bound, self.time_zone) for bound in self.bounds(now))
        if start is None and end is None:
            return spans
        return (
            (
                self.start if start is not None and start >= first else first,
                self.end if end is not None and end <= last else last,
            )
            for first, last in spans
        )

    # The same search, seen otherwise

    def on_page(self, page: int) -> SearchRequest:
        """Another page of the same hits; the request itself if it asks for that one."""
        if self.page == page and self.cursor is None:
            return self
        return replace(self, page=page, cursor=None)

    def from_cursor(self, cursor: str) -> SearchRequest:
        """The same hits from that cursor on."""
        return replace(self, page=1, cursor=cursor)

    def with_facet(self, name: str, size: int) -> SearchRequest:
        """The same answer with that many values of one of the facets asked for."""
        return replace(self, facets=tuple(FacetRequest(name, size) if row.name == name else row for row in self.facets))

    def without_shape(self) -> SearchRequest:
        """The same hits in the same order, without what only decides how they are shown."""
        shape = self.facets, self.fields, self.highlight, self.explain, self.bars
        if shape == (DEFAULT_FACETS, None, "html", False, "count"):
            return self
        return replace(self, facets=DEFAULT_FACETS, fields=None, highlight="html", explain=False, bars="count")


def is_day(bound: Bound | None) -> TypeGuard[date]:
    """Whether it is a bare day, neither a moment nor relative."""
    return isinstance(bound, date) and not isinstance(bound, datetime)


def same_branch(section: str, other: str) -> bool:
    """Whether one of two different sections is below the other."""
    below, above = section + SECTION_SEPARATOR, other + SECTION_SEPARATOR
    return other.startswith(below) or section.startswith(above)


def _absolute(name: str, bound: Bound | None, now: datetime) -> Moment | None:
    try:
        return None if bound is None else absolute(bound, now)
    except ValueError as error:
        raise ParameterError(name, str(error)) from error


def _local_date(moment: Moment | None, time_zone: str) -> date | None:
    return moment.astimezone(zone_named(time_zone)).date() if isinstance(moment, datetime) else moment
