"""The seam: what every engine promises and all it has to do.

An engine matches, ranks, filters, counts and stores.
It does not parse, highlight, label, link or make HTML: that is written once above it.
`tests/test_engine_contract_*.py` runs every sentence here on every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import TracebackType
from typing import Literal, Protocol, Self

from search.document import Document, Moment
from search.query.match import Match

Sort = Literal["relevance", "newest", "oldest"]
Interval = Literal["year", "month", "day"]

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


Filter = KeywordFilter | DateFilter


@dataclass(frozen=True, slots=True)
class FacetPlan:
    """Count the hits by the values of `field`: a keyword field, or a date field with an `interval`.

    The `size` most frequent values are returned, and each of `selected` besides.
    """

    field: str
    size: int = 10
    selected: tuple[str, ...] = ()
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """`values` by falling count, then value; the selected ones that were not among the first follow, also with 0.

    Values of a date facet are "2024", "2024-07" or "2024-07-03".
    `missing`: hits without a value. `other`: the summed counts of values not listed. `truncated`: some are not listed.
    Counts are of articles; they ignore the filters on the same field and obey all others.
    """

    values: tuple[tuple[str, int], ...]
    missing: int
    other: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Hits and, in the same buckets, all articles of the archive ("2024-07": count); empty buckets are left out."""

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
    """All an engine needs to answer one search. `limit` 0 asks for counts only. `date_field` is sorted and drawn by.

    `time_zone` is an IANA name: it decides which local day a datetime falls on, in filters, facets and timeline.
    `deadline` is in seconds: past it the engine may return what it has, with `timed_out`.
    """

    query: Match
    filters: tuple[Filter, ...] = ()
    facets: tuple[FacetPlan, ...] = ()
    timeline: bool = False
    sort: Sort = "relevance"
    date_field: str = "published"
    time_zone: str = "UTC"
    offset: int = 0
    limit: int = 10
    after: After | None = None
    recency: Recency | None = None
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
    """One matching article. `sort_key` is what it was sorted by: the score, or seconds since 1970 (None: undated)."""

    id: str
    score: float
    sort_key: float | None
    fingerprint: int = 0
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """`total` counts every match, whatever `offset`, `limit` and `after`. Facets stand in the order asked for.

    `warnings` says what was cut, e.g. a wildcard that fits too many words.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: tuple[FacetCounts, ...] = ()
    timeline: Timeline | None = None
    timed_out: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """`generation` changes with every commit and never comes back; `built_at` is the time of the last commit."""

    generation: str
    articles: int
    built_at: datetime
    engine: str
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells whether an article has changed: `Document.content_hash()`, and the `Document.source` it came from."""

    content_hash: str
    source: str


class Searcher(Protocol):
    """A snapshot: later commits do not show. Safe to use from several threads."""

    def status(self) -> IndexStatus: ...

    def search(self, plan: Plan) -> Results:
        """Ties in the sort key break by id, ascending; undated articles come last in both date orders.
        A filter never changes scores. `MatchAll` scores 0. Raises EngineError."""
        ...

    def document(self, id: str) -> Document | None: ...

    def documents(self, ids: Sequence[str], *, body: bool = True, html: bool = True) -> list[Document]:
        """The stored articles, in the order of `ids`; raises IndexDamaged if one is not there.
        What is said not to be needed may be left empty instead of being read: `html`, or with `body` False both."""
        ...

    def stamps(self, ids: Sequence[str]) -> Mapping[str, Stamp]:
        """The stamp of each article, by id; ids that are not in the archive are left out."""
        ...

    def ids_from(self, source: str) -> Iterator[str]:
        """The ids of all articles whose `Document.source` is `source` or a file below it, each once, in any order.
        They are streamed: an archive may hold more than fit into memory."""
        ...

    def id_of_url(self, url: str) -> str | None:
        """The id of the article whose `Document.url` is exactly that; of several the first by id; None if none is."""
        ...

    def values(self, field: str) -> Mapping[str, int]:
        """Every value of a keyword field with the number of articles that hold it (for sections: or one below it)."""
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
    """A transaction: commits on leaving the block, rolls back on an exception."""

    def add(self, document: Document) -> None:
        """Adds the article, in place of one with the same id."""
        ...

    def delete(self, id: str) -> bool:
        """Takes the article out; False if it was not there."""
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

    def writer(self, *, replace: bool = False, workers: int = 1, progress: WriterProgress | None = None) -> Writer:
        """Creates the index if there is none. `replace`: what is written takes the place of everything, at the commit.
        `workers`: how many processes it may use at most; 1 is this one alone. What is found never depends on it.
        `progress` is called now and then, in the thread that writes, and must be quick.
        Raises IndexLocked while another writer is open, IndexVersionError (unless `replace`), EngineError."""
        ...

    def searcher(self) -> Searcher:
        """The newest committed state. Raises IndexMissing, IndexVersionError, IndexDamaged."""
        ...

    def generation(self) -> str:
        """The generation `searcher()` would open: cheap enough to ask for with every request."""
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

    def close(self) -> None:
        """Ends what writers have left running for the next one. Everything goes on working afterwards."""
        ...


CAPABILITIES = frozenset(
    {"phrase", "near", "prefix", "wildcard", "fuzzy", "facets", "timeline", "cursor", "explain", "recency"}
)
"""Every capability there is; an engine declares those it has, and what it lacks is said in the answer's `warnings`."""

__all__ = [
    "CAPABILITIES", "After", "Condensed", "DateFilter", "Engine", "Explanation", "FacetCounts", "FacetPlan",
    "FieldPart", "Filter", "Hit", "IndexStatus", "Interval", "KeywordFilter", "LeafScore", "Moment", "Plan", "Problem",
    "Recency", "Repair", "Results", "Searcher", "Sort", "Stamp", "Timeline", "Writer",
]  # fmt: skip
