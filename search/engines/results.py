"""What an engine answers: hits and counts as data. Sentences, labels and links are made above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from search.document import Head
from search.periods import Interval
from search.records import record

if TYPE_CHECKING:  # what only a search needs: the language of queries
    from search.query.match import Leaf


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """`values` by falling count, then value; the selected ones that were not among the first follow, also with 0.

    Values of a date facet are "2024", "2024-07" or "2024-07-03".
    `missing`: hits without a value. `other`: the summed counts of values not listed. `truncated`: some are not listed.
    Counts are of the articles that `FacetPlan.among` names.
    `exact` is False where an index in several parts cannot rule out that a count is too low or a value missing.
    """

    values: tuple[tuple[str, int], ...]
    missing: int
    other: int
    truncated: bool
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Timeline:
    """Hits and, in the same buckets, all articles of the archive: counts by label; empty buckets are left out.

    Labels are those of `search.periods`: "2024-07-03", "2024-07", "2024", "202X" (a decade) or "20XX" (a century).
    """

    interval: Interval
    counts: Mapping[str, int]
    archive: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FieldPart:
    """What one field added to a leaf: `frequency` counts its occurrences (other forms of the word for less than 1),
    `length` is the field's in words, `weight` what they come to: see `search.ranking.normalised_frequency`.
    `factor`: how many times as much they count because the article has no title."""

    field: str
    frequency: float
    length: int
    weight: float
    factor: float = 1.0


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
class MatchedLeaves:
    """What an article has of a query: enough to rank it by another formula above the seam.

    `leaves`: the leaves that it matches, as positions in `leaves(plan.query)`, ascending. `frequencies`: how often each
    of these occurs, summed over the leaf's fields (other forms of the word for less than 1).
    `length`: the article's in words, over all text fields.
    """

    leaves: tuple[int, ...]
    frequencies: tuple[float, ...]
    length: int


@dataclass(frozen=True, slots=True)
class MeaningScore:
    """How a hit was ordered by meaning: its `similarity` to the question, a cosine, None if the index has no vector of
    the article; and `by_words`, its score before that."""

    similarity: float | None
    by_words: float


@record
class Hit:
    """One matching article. `sort_key` is what it was sorted by: the score, or seconds since 1970 (None: undated).

    `preferred`: it matches `Plan.preferred`; true where the plan has none.
    `head` and `body` are those of the article where the plan asked for them, else None.
    `matched`: with `Plan.matched`, which leaves the article matches, and how often; else None.
    `meaning`: with `Plan.meaning`, for each of the first `search.ranking.MEANING_DEPTH` hits; else None. An
    `explanation` is then that of `meaning.by_words`.
    `similar`: with `Plan.group`, the ids of its near-copies further down; else None.
    """

    id: str
    score: float
    sort_key: float | None
    preferred: bool = True
    head: Head | None = None
    body: str | None = None
    matched: MatchedLeaves | None = None
    similar: tuple[str, ...] | None = None
    explanation: Explanation | None = None
    meaning: MeaningScore | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A leaf of which not everything was searched: of the words that fit it only the `limit` most frequent, or of the
    places of a phrase's words only about the first `limit` (`of`)."""

    leaf: Leaf
    limit: int
    of: Literal["words", "places"] = "words"


@dataclass(frozen=True, slots=True)
class Results:
    """`total` counts every match, whatever `offset`, `limit` and `after`. Facets stand in the order asked for.

    `preferred` is how many of them match `Plan.preferred`; all of them where the plan has none.

    `rows` is the length of the whole list of hits: `total`, or less where near-copies are grouped; with `limit` 0
    it is `total`.
    `frequencies`: about how many articles each leaf matches, in the order of `leaves(plan.query)` and never fewer than
    it does; with `Plan.bring` "text" only, and () where the engine does not know.
    `cut` lists what was not searched in full; `timed_out`: the deadline passed, so hits and counts may be incomplete.
    `partial`: parts of the index did not answer, and the operator allows an answer without them.
    """

    total: int
    preferred: int
    hits: tuple[Hit, ...]
    rows: int
    facets: tuple[FacetCounts, ...] = ()
    timeline: Timeline | None = None
    timed_out: bool = False
    cut: tuple[Cut, ...] = ()
    frequencies: tuple[int, ...] = ()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """`generation` changes with every commit and never comes back; `built_at` is the time of the last commit.

    `languages` are the language tags of the articles, sorted. `size_bytes`, the number of `segments` and that of the
    `commit`, which goes up by one with each, are None where they are not known.
    """

    generation: str
    articles: int
    built_at: datetime
    engine: str
    languages: tuple[str, ...] = ()
    size_bytes: int | None = None
    segments: int | None = None
    commit: int | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells whether an article has changed: `Document.content_hash()`, and the `Document.source` it came from."""

    content_hash: str
    source: str
