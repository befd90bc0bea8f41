"""The answer to a comparison of searches: each over the same periods, and what goes with each.

It is an answer of the endpoint as well: see `search.results.response`.
"""

from __future__ import annotations

from search.records import record
from search.results.response import Applied, IndexInfo, Timeline


@record
class Peak:
    """A period in which a search finds more than chance explains, given what the archive holds of it.

    `start` and `end` are its first and last day, `url` is the search within it. `log_likelihood` is G²: see
    `search.assist.association`.
    """

    start: str
    end: str
    count: int
    archive_count: int
    log_likelihood: float
    url: str


@record
class SignificantTerm:
    """Something that goes with a search: `articles` of the search have it, which `url` finds, and `archive_articles` of
    the archive, under the same conditions.

    `kind` is "name", "section", "tag", "author" or "word". `score` is the JLH score, by which terms of a kind stand in
    order, and `log_likelihood` is G²: see `search.assist.association`.
    """

    text: str
    kind: str
    articles: int
    archive_articles: int
    score: float
    log_likelihood: float
    url: str


@record
class CoverageSeries:
    """One of the searches that are compared. `url` is the search, which finds `total` articles, `undated` of them
    without a date.

    `timeline` has the same buckets for all searches; None if the index counts none. `sampled` articles of the search
    were read for `terms`: all of them, or a sample spread over time. `timed_out`: counts may be too low.
    `warnings` say what was repaired in the query, cut short, or left out.
    """

    query: str
    total: int
    undated: int
    url: str
    timeline: Timeline | None
    peaks: tuple[Peak, ...]
    terms: tuple[SignificantTerm, ...]
    sampled: int
    timed_out: bool
    warnings: tuple[str, ...]


@record
class ComparedWith:
    """What the searches are compared with: all articles of the archive under the conditions that they share, which
    `url` finds."""

    articles: int
    url: str


@record
class CoverageAnswer:
    """The searches that are compared, in the order in which they were asked for.

    `applied` are the conditions that they share, each with the comparison without it; `self` is this answer's own
    address, `html` the page. `interval` is that of all timelines; None if there are none.
    `timed_out`, `partial` and `warnings` are as in the answer to a search.
    """

    series: tuple[CoverageSeries, ...]
    interval: str | None
    compared_with: ComparedWith
    applied: tuple[Applied, ...]
    self: str
    html: str
    timed_out: bool
    partial: bool
    warnings: tuple[str, ...]
    index: IndexInfo
    took_ms: float
