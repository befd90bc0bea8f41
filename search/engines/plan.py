"""What an engine is asked: one frozen plan for each search, the query in it as a tree, never as a string."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from search.periods import Interval
from search.query.match import Match

Sort = Literal["relevance", "newest", "oldest"]

Bring = Literal["nothing", "head", "text"]
"""What a hit brings of its article: its id alone, its head, or its head and its body."""


@dataclass(frozen=True, slots=True)
class KeywordFilter:
    """Keeps articles that hold any of `include` (all, if empty) and none of `exclude` in the keyword `field`.

    `every`: those that hold each of `include`, in place of any.
    Values are compared exactly; `search.schema.MISSING` stands for "has no value"; sections match their sub-sections.
    """

    field: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    every: bool = False


@dataclass(frozen=True, slots=True)
class DateFilter:
    """Keeps articles dated between both ends, included; None is open. A bare date end means that whole local day."""

    field: str
    start: date | datetime | None = None
    end: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class PeriodFilter:
    """Keeps articles dated within any of the periods `include`, all of the kind `interval`: years ("2023", "2024"),
    months or days, as they begin in the plan's time zone."""

    field: str
    interval: Interval
    include: tuple[str, ...]


Filter = KeywordFilter | DateFilter | PeriodFilter

Among = Literal["others", "hits", "rest", "calendar"]
"""The articles that a facet counts, all of which match the query: "others" pass all filters but the facet's own one,
"hits" pass all of them, "rest" pass all others and not its own; "calendar", of a date, pass all but the PeriodFilters
on that date, of whatever interval."""


@dataclass(frozen=True, slots=True)
class FacetPlan:
    """Count the hits by the values of `field`: a keyword field, or a date field with an `interval`.

    `among` says of which articles: see `Among`.
    Its own filter is a KeywordFilter on the same field, or a PeriodFilter on the same field and interval.
    The `size` most frequent values are returned, and each of `selected` besides.
    """

    field: str
    size: int = 10
    selected: tuple[str, ...] = ()
    interval: Interval | None = None
    among: Among = "others"


@dataclass(frozen=True, slots=True)
class TimelinePlan:
    """Count the hits, and the whole archive beside them, by time, in at most `max_buckets` buckets.

    The engine picks the interval with `search.dates.choose_interval`.
    """

    max_buckets: int = 400  # more bars cannot be told apart on a screen


@dataclass(frozen=True, slots=True)
class Recency:
    """Favour recent articles: see `search.ranking.recency_factor`. `now` is aware."""

    now: datetime


@dataclass(frozen=True, slots=True)
class Meaning:
    """Order the first hits by meaning too: see `search.ranking.scores_by_meaning`.

    `vector` is that of the question, of length 1, and `model` names what made it: only vectors of articles that the
    same model made are compared with it.
    """

    model: str
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class After:
    """Continue after this hit: its sort key as `Hit.sort_key` gave it, its id, and its `Hit.preferred`."""

    sort_key: float | None
    id: str
    preferred: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """All an engine needs to answer one search, in one trip. `limit` 0 asks for counts only.

    `date_field` is the date that hits are sorted by and the timeline is drawn by.
    `time_zone` is an IANA name: it decides which local day a datetime falls on, in filters, facets and timeline.
    `preferred`: articles that match it, beside `query`, come before all others, in every order; each of the two parts
    is sorted by itself. It changes no score.
    `bring` says what each hit carries of its article. `matched`: each hit says which leaves it has, how often.
    `group`: near-copies among the first hits stand behind the best of them (`search.engines.grouping`).
    `meaning` counts only if sorted by relevance; where it does, scores are those by words and meaning together.
    `deadline` is in seconds: past it the engine may return what it has, with `timed_out`.
    """

    query: Match
    filters: tuple[Filter, ...] = ()
    facets: tuple[FacetPlan, ...] = ()
    timeline: TimelinePlan | None = None
    sort: Sort = "relevance"
    date_field: str = "published"
    time_zone: str = "UTC"
    offset: int = 0
    limit: int = 10
    after: After | None = None
    recency: Recency | None = None
    meaning: Meaning | None = None
    bring: Bring = "nothing"
    matched: bool = False
    group: bool = False
    explain: bool = False
    deadline: float | None = None
    preferred: Match | None = None
