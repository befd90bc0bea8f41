"""What is answered: one frozen `SearchResponse`; JSON, HTML, feeds, CSV and the terminal are renderings of it.

These types are the endpoint's answer key by key (see `docs/reference/http-api.md`): `webui` derives the OpenAPI
schema from them, so a field added here is a field of the API.
Dates are RFC 3339 strings; a bare day where the time is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Applied:
    """One condition in force, as a removable chip: `name` is the parameter, `remove_url` the search without it.

    `negated`: the value is left out instead of kept. The dates are one chip, `date`, with the value "start..end".
    `value_label` is the value for people: "English" for "en".
    """

    name: str
    label: str
    value: str
    negated: bool
    remove_url: str
    value_label: str = ""


@dataclass(frozen=True, slots=True)
class QueryInfo:
    """`text` as typed; `applied` conditions; `expanded`: other words that were searched too, e.g. forms of a prefix."""

    text: str
    applied: tuple[Applied, ...]
    expanded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """Absolute paths (with query) of this answer's neighbours and other renderings; None where there is none."""

    self: str
    first: str | None
    prev: str | None
    next: str | None
    last: str | None
    html: str
    atom: str
    feed: str
    csv: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of an article with its matches.

    `spans` are (start, end) pairs in characters of `text`; `html` is `text` escaped, matches in `<mark>`.
    `heading` is the heading it stands under; `anchor` that heading's fragment id on the article's own page.
    `url` leads there: by anchor, else by a text fragment (https://wicg.github.io/scroll-to-text-fragment/);
    None where the article has no address. `field` says which field it is from: "body" or "summary"; "headings" where
    only the heading matched, then `text` is what follows it. `heading_html` is the heading as `html` is the text.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    html: str
    heading: str | None
    anchor: str | None
    url: str | None
    field: str = "body"
    heading_html: str | None = None


@dataclass(frozen=True, slots=True)
class ExplainedField:
    field: str
    frequency: float
    length: int
    weight: float


@dataclass(frozen=True, slots=True)
class ExplainedLeaf:
    """`score = boost * idf * saturation`; `articles` hold the word at all."""

    text: str
    score: float
    articles: int
    idf: float
    saturation: float
    boost: float
    fields: tuple[ExplainedField, ...]


@dataclass(frozen=True, slots=True)
class ExplainedHit:
    """Why this hit: `score = sum of the leaves * recency`; `summary` says it in plain words."""

    summary: str
    recency: float
    leaves: tuple[ExplainedLeaf, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One article found.

    `title_html` is the escaped title with matches in `<mark>`, "" unless `highlight=html`; `title_spans` are
    those matches in characters. `article_url` is its page on this site.
    `similar_count`: with `group=story`, how many near-copies among the hits stand behind this one; else None.
    `more_text`: the article is so long that only its beginning was looked at for snippets.
    """

    id: str
    url: str | None
    article_url: str
    title: str
    title_html: str
    sections: tuple[str, ...]
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    published: str | None
    modified: str | None
    language: str
    type: str
    summary: str
    score: float
    matched_fields: tuple[str, ...]
    snippets: tuple[Snippet, ...]
    more_text: bool
    similar_count: int | None
    similar_ids: tuple[str, ...]
    explanation: ExplainedHit | None
    title_spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FacetValue:
    """`toggle_url` is the same search with this value added or, if selected, taken away."""

    value: str
    label: str
    count: int
    selected: bool
    toggle_url: str


@dataclass(frozen=True, slots=True)
class Facet:
    """Counts of the hits; see `search.engines.results.FacetCounts` for `missing`, `other` and `truncated`.

    `missing_url` adds (or takes away) "has no value"; None for dates, which cannot be asked for by their absence.
    """

    name: str
    label: str
    values: tuple[FacetValue, ...]
    missing: int
    other: int
    truncated: bool
    missing_url: str | None = None


@dataclass(frozen=True, slots=True)
class TimelineBucket:
    """`start` and `end` are days, both included; `archive_count` is what the whole archive holds in them."""

    start: str
    end: str
    count: int
    archive_count: int
    url: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Buckets without a gap from the first to the last hit.

    A bucket whose `archive_count` is 0 is a gap in the archive.
    """

    interval: str
    buckets: tuple[TimelineBucket, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """Another query that finds `count` articles under the same filters."""

    text: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What the search would find without one of its conditions: `drop` names it in plain words."""

    drop: str
    total: int
    url: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    did_you_mean: tuple[Correction, ...]
    relax: tuple[Relaxation, ...]


@dataclass(frozen=True, slots=True)
class IndexInfo:
    generation: str
    articles: int
    built_at: str


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """The whole answer. `page` is None when paging by cursor; `warnings` say what was repaired, cut or left out.

    `timed_out`: the search ran out of time, so hits and counts may be incomplete; such an answer must not be cached.
    """

    query: QueryInfo
    total: int
    took_ms: float
    page: int | None
    per_page: int
    sort: str
    links: Links
    hits: tuple[Hit, ...]
    facets: tuple[Facet, ...]
    timeline: Timeline | None
    suggestions: Suggestions
    timed_out: bool
    warnings: tuple[str, ...]
    index: IndexInfo


@dataclass(frozen=True, slots=True)
class Completion:
    """What a search box offers: `kind` is "article", "heading", "section" or "word".

    `count` is how many articles it leads to; None where it leads to one. `url` is that article or that search.
    """

    text: str
    kind: str
    count: int | None
    url: str


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A word two articles share: as it is spelled in the first, and how many articles of the archive hold it."""

    text: str
    articles: int


@dataclass(frozen=True, slots=True)
class RelatedHit:
    """A related article and `why`: the terms it shares, the most telling first. `similar`: it is a near-copy."""

    hit: Hit
    why: tuple[SharedTerm, ...]
    similar: bool


@dataclass(frozen=True, slots=True)
class RelatedResponse:
    """Articles related to one article or draft. `terms` are those that were searched for, the most telling first.

    `total` counts every article that shares one of them, in the dates that `mode` allows.
    """

    mode: str
    terms: tuple[SharedTerm, ...]
    total: int
    took_ms: float
    hits: tuple[RelatedHit, ...]
    warnings: tuple[str, ...]
    index: IndexInfo


@dataclass(frozen=True, slots=True)
class SectionNode:
    """A section: `value` is its whole path, `label` its own name; `count` includes the sections below it."""

    value: str
    label: str
    count: int
    url: str
    children: tuple[SectionNode, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """A year or month of the archive: `value` "2024" or "2024-07", `label` in words. A month has no `months`."""

    value: str
    label: str
    count: int
    url: str
    months: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """What the archive holds: its newest articles, its sections, its years (the newest first) with their months."""

    newest: tuple[Hit, ...]
    sections: tuple[SectionNode, ...]
    years: tuple[Period, ...]
    undated: int
    languages: tuple[FacetValue, ...]
    index: IndexInfo
