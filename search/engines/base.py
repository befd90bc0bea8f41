"""The seam: what every engine promises and all it has to do.

An engine matches, ranks, filters, counts and stores.
It does not parse, highlight, label, link or make HTML: that is written once above it.
`tests/test_engine_contract_*.py` runs every sentence here on every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import TracebackType
from typing import Literal, Protocol, Self, runtime_checkable

from search.document import Document, Head, Moment
from search.periods import Interval
from search.query.match import Leaf, Match
from search.schema import ValueMatch

Sort = Literal["relevance", "newest", "oldest"]

Bring = Literal["nothing", "head", "text"]
"""What a hit brings of its article: its id alone, its head, or its head and its body."""


Phase = Literal["building", "merging", "committing"]
"""What a writer may be busy with for long: inverting articles, joining segments, making all of it durable."""

WriterProgress = Callable[[Phase, int, int], None]
"""Called with the phase and how much of it is done, of how much: articles when building or merging, files when
committing. Both are 0 where that is not known."""


@dataclass(frozen=True, slots=True)
class KeywordFilter:
    """Keeps articles that hold any of `include` (all, if empty) and none of `exclude` in the keyword `field`.

    Values are compared exactly; `search.schema.MISSING` stands for "has no value"; sections match their sub-sections.
    """

    field: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class FacetPlan:
    """Count the hits by the values of `field`: a keyword field, or a date field with an `interval`.

    Its own filter is a KeywordFilter on the same field, or a PeriodFilter on the same field and interval.
    The `size` most frequent values are returned, and each of `selected` besides.
    """

    field: str
    size: int = 10
    selected: tuple[str, ...] = ()
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class TimelinePlan:
    """Count the hits, and the whole archive beside them, by time, in at most `max_buckets` buckets.

    The engine picks the interval with `search.dates.choose_interval`.
    """

    max_buckets: int = 400  # more bars cannot be told apart on a screen


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """`values` by falling count, then value; the selected ones that were not among the first follow, also with 0.

    Values of a date facet are "2024", "2024-07" or "2024-07-03".
    `missing`: hits without a value. `other`: the summed counts of values not listed. `truncated`: some are not listed.
    Counts are of articles; they ignore the facet's own filter and obey all others.
    """

    values: tuple[tuple[str, int], ...]
    missing: int
    other: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Hits and, in the same buckets, all articles of the archive: counts by label; empty buckets are left out.

    Labels are those of `search.periods`: "2024-07-03", "2024-07", "2024", "202X" (a decade) or "20XX" (a century).
    """

    interval: Interval
    counts: Mapping[str, int]
    archive: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Recency:
    """Favour recent articles: see `search.ranking.recency_factor`. `now` is aware."""

    now: datetime


@dataclass(frozen=True, slots=True)
class After:
    """Continue after this hit: its sort key as `Hit.sort_key` gave it, and its id."""

    sort_key: float | None
    id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All an engine needs to answer one search, in one trip. `limit` 0 asks for counts only.

    `date_field` is the date that hits are sorted by and the timeline is drawn by.
    `time_zone` is an IANA name: it decides which local day a datetime falls on, in filters, facets and timeline.
    `bring` says what each hit carries of its article. `matched`: each hit says which leaves it matches.
    `group`: near-copies among the first hits stand behind the best of them (`search.engines.grouping`).
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
    bring: Bring = "nothing"
    matched: bool = False
    group: bool = False
    explain: bool = False
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class FieldPart:
    """What one field added to a leaf: `frequency` counts its occurrences (other forms of the word for less than 1),
    `length` is the field's in words, `weight` what they come to: see `search.ranking.normalised_frequency`."""

    field: str
    frequency: float
    length: int
    weight: float


@dataclass(frozen=True, slots=True)
class LeafScore:
    """How one leaf of the query scored for one hit: `score = boost * idf * saturation`; `articles` match the leaf."""

    text: str
    score: float
    articles: int
    idf: float
    saturation: float
    boost: float
    parts: tuple[FieldPart, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a hit has its score: `score = sum of leaves (best of spellings) * recency`."""

    leaves: tuple[LeafScore, ...]
    recency: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One matching article. `sort_key` is what it was sorted by: the score, or seconds since 1970 (None: undated).

    `head` and `body` are those of the article where the plan asked for them, else None.
    `matched`: with `Plan.matched`, which leaves the article matches, as positions in `leaves(plan.query)`.
    `similar`: with `Plan.group`, the ids of its near-copies further down; else None.
    """

    id: str
    score: float
    sort_key: float | None
    head: Head | None = None
    body: str | None = None
    matched: tuple[int, ...] = ()
    similar: tuple[str, ...] | None = None
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A leaf of which not everything was searched: of the words that fit it only the `limit` most frequent."""

    leaf: Leaf
    limit: int


@dataclass(frozen=True, slots=True)
class Results:
    """`total` counts every match, whatever `offset`, `limit` and `after`. Facets stand in the order asked for.

    `rows` is the length of the whole list of hits: `total`, or less where near-copies are grouped; with `limit` 0
    it is `total`.
    `cut` lists what was not searched in full; `timed_out`: the deadline passed, so hits and counts may be incomplete.
    """

    total: int
    hits: tuple[Hit, ...]
    rows: int
    facets: tuple[FacetCounts, ...] = ()
    timeline: Timeline | None = None
    timed_out: bool = False
    cut: tuple[Cut, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """`generation` changes with every commit and never comes back; `built_at` is the time of the last commit.

    `languages` are the language tags of the articles, sorted. `size_bytes` is None where it is not known.
    """

    generation: str
    articles: int
    built_at: datetime
    engine: str
    languages: tuple[str, ...] = ()
    size_bytes: int | None = None


class Searcher(Protocol):
    """A snapshot: later commits do not show. Safe to use from several threads.

    An engine without the capability "snapshot" may show later commits.
    """

    capabilities: frozenset[str]

    def status(self) -> IndexStatus: ...

    def search(self, plan: Plan) -> Results:
        """Ties in the sort key break by id, ascending; undated articles come last in both date orders.
        A filter never changes scores. `MatchAll` scores 0. Raises EngineError."""
        ...

    def count_many(self, plans: Sequence[Plan], deadline: float | None = None) -> list[int | None]:
        """How many articles each plan finds; None for a plan that was not counted in full within `deadline` seconds,
        which hold for all of them together. One trip. Raises EngineError."""
        ...

    def document(self, id: str) -> Document | None:
        """The whole stored article; None if there is none."""
        ...

    def content_hashes(self) -> Mapping[str, str]:
        """`Document.content_hash()` of every article, by id."""
        ...

    def sources(self) -> Mapping[str, str]:
        """`Document.source` of every article, by id."""
        ...

    def id_of_url(self, url: str) -> str | None:
        """The id of the article whose `Document.url` is exactly that; of several the first by id; None if none is."""
        ...

    def top_values(self, field: str, limit: int) -> list[tuple[str, int]]:
        """The most frequent values of a keyword field, with the number of articles that hold each (for a section: or
        one below it), by falling number, then value."""
        ...

    def find_values(self, field: str, text: str, how: ValueMatch, limit: int) -> list[tuple[str, int]]:
        """At most `limit` values of a keyword field that fit `text`, with their numbers of articles.

        Values are compared as `search.query.values.comparable` writes them: without case and diacritics.
        "same": equal to it; in a hierarchical field its last part may be equal instead; by value.
        "words": each word of `text` is one of its words, the last word the beginning of one; by falling number.
        "near": likely misspellings of it, the nearest first.
        """
        ...

    def terms(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """The most frequent folded words of title, headings, summary and body that start with `prefix`,
        with the number of articles that hold them in any of these fields, by falling number, then word."""
        ...

    def similar_terms(self, word: str, distance: int, limit: int, least: int = 1) -> list[tuple[str, int]]:
        """Words as in `terms` within `distance` edits of the folded `word`, itself left out, that at least `least`
        articles hold, by distance, then falling number of articles, then word. The first character may differ."""
        ...

    def document_frequencies(self, words: Sequence[str]) -> list[int]:
        """For each folded word, the number of articles that hold it in title, headings, summary or body."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Writer(Protocol):
    """A transaction: commits on leaving the block, rolls back on an exception.

    An engine without the capability "transaction" cannot take back what it has written.
    """

    def add(self, document: Document) -> None:
        """Adds the article, in place of one with the same id."""
        ...

    def delete(self, id: str) -> bool:
        """Takes the article out; False if it was not there."""
        ...

    def commit(self) -> None:
        """Makes everything durable and visible, and closes the writer. Does nothing if it is closed already."""
        ...

    def rollback(self) -> None:
        """Forgets everything, and closes the writer. Does nothing if it is closed already."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing `check` found wrong: where, and what."""

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing `repair` did: where, what, and how many articles it cost."""

    place: str
    message: str
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Condensed:
    """What `optimize` came to: articles, segments and bytes on disk before and after, and the seconds it took."""

    articles: int
    segments: tuple[int, int]
    size_bytes: tuple[int, int]
    seconds: float


class Engine(Protocol):
    """One index, named by one URL. Opening it is cheap and touches nothing on disk."""

    url: str
    capabilities: frozenset[str]

    def writer(self, *, replace: bool = False, progress: WriterProgress | None = None) -> Writer:
        """Creates the index if there is none. `replace`: what is written takes the place of everything, at the commit.
        `progress` is called now and then, in the thread that writes, and must be quick.
        Raises IndexLocked while another writer is open, IndexVersionError (unless `replace`), EngineError."""
        ...

    def searcher(self) -> Searcher:
        """The newest committed state. Raises IndexMissing, IndexVersionError, IndexDamaged."""
        ...

    def generation(self) -> str:
        """The generation `searcher()` would open: cheap enough to ask for with every request."""
        ...

    def close(self) -> None:
        """Ends what writers have left running for the next one. Everything goes on working afterwards."""
        ...


@runtime_checkable
class Maintenance(Protocol):
    """What an engine offers besides if its index is files on a local disk; a server looks after its own."""

    def parallel_writer(self, *, workers: int, replace: bool = False, progress: WriterProgress | None = None) -> Writer:
        """A writer that may use up to `workers` processes; 1 is this one alone. The index does not depend on it."""
        ...

    def check(self) -> Iterable[Problem]:
        """Reads everything and reports what is wrong; nothing if all is well."""
        ...

    def repair(self) -> Iterable[Repair]:
        """Brings the index to a state in which `check` finds nothing, losing as little as it can; says what it did.
        Raises IndexMissing, IndexLocked, IndexVersionError, and IndexDamaged if there is nothing to go back to."""
        ...

    def optimize(self, *, progress: WriterProgress | None = None) -> Condensed:
        """Makes the index as small and as quick to search as it gets, in one commit; none if there is nothing to do.
        Raises IndexMissing, IndexLocked, IndexVersionError, IndexDamaged, EngineError."""
        ...


CAPABILITIES = frozenset(
    {"phrase", "near", "prefix", "wildcard", "fuzzy", "facets", "timeline", "cursor", "explain", "recency"}
    | {"vocabulary", "snapshot", "transaction", "reference scores"}
)
"""Every capability there is. An engine declares those it has; what it lacks is said in the answer's `warnings`.

"vocabulary": `terms`, `similar_terms` and `document_frequencies` give exact counts; without it they are not called.
"reference scores": scores are those of `search.ranking`; without it they only order the hits.
"""

__all__ = [
    "CAPABILITIES",
    "After",
    "Bring",
    "Condensed",
    "Cut",
    "DateFilter",
    "Engine",
    "Explanation",
    "FacetCounts",
    "FacetPlan",
    "FieldPart",
    "Filter",
    "Hit",
    "IndexStatus",
    "Interval",
    "KeywordFilter",
    "LeafScore",
    "Maintenance",
    "Moment",
    "PeriodFilter",
    "Plan",
    "Problem",
    "Recency",
    "Repair",
    "Results",
    "Searcher",
    "Sort",
    "Timeline",
    "TimelinePlan",
    "ValueMatch",
    "Writer",
]  # fmt: skip
