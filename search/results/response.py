"""The answers: JSON, HTML, feeds, CSV and the terminal all render the same frozen `SearchResponse`.

These types are the endpoint's answers, key by key (see `docs/reference/http-api.md`). `webui` derives the OpenAPI
schema from them, so a field added here is added to the API.
Dates are RFC 3339 strings; if the time is unknown, the day alone.
"""

from __future__ import annotations

from search.records import record


@record
class Applied:
    """One condition of the search, as a removable chip. `name` is its parameter; `remove_url` is the search without it.

    `negated`: articles with the value are excluded. `from` and `to` are one chip, `date`, with the value "start..end".
    `value_label` is the value for people: "English" for "en".
    `joined` is "and" or "or" where several values of the parameter are kept: whether articles have all or any of them.
    """

    name: str
    label: str
    value: str
    negated: bool
    remove_url: str
    value_label: str = ""
    joined: str | None = None


@record
class QueryInfo:
    """The query: `text` as typed, the conditions `applied`, and in `expanded` other words that were searched too.

    `exact_url` is the same search without the other spellings of its names; None if it has none.
    """

    text: str
    applied: tuple[Applied, ...]
    expanded: tuple[str, ...]
    exact_url: str | None = None


@record
class Links:
    """This answer, the pages around it and its other renderings, as absolute paths with query strings.

    None where there is no such page.
    """

    self: str
    first: str | None
    prev: str | None
    next: str | None
    last: str | None
    html: str
    atom: str
    feed: str
    rss: str
    csv: str


@record
class Snippet:
    """A piece of an article with its matches.

    `spans` are (start, end) pairs in characters of `text`; `html` is `text` escaped, with the matches in `<mark>`.
    `heading` is the heading above it, `heading_html` the same with its matches marked, and `anchor` its fragment id.
    `url` leads to the piece on the article's own page, by anchor or else by a text fragment
    (https://wicg.github.io/scroll-to-text-fragment/); None if the article has no address.
    `cut_start` and `cut_end`: the piece begins or ends inside a sentence, because the whole would be too long.
    `field` is "body" or "summary"; or "headings" if only the heading matched, and then `text` is what follows it.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    html: str
    heading: str | None
    anchor: str | None
    url: str | None
    field: str = "body"
    heading_html: str | None = None
    cut_start: bool = False
    cut_end: bool = False


@record
class ExplainedField:
    """What one field adds to a leaf: see `search.engines.results.FieldPart`."""

    field: str
    frequency: float
    length: int
    factor: float
    weight: float


@record
class ExplainedLeaf:
    """One leaf of the query: `score = boost * idf * saturation`. `articles` is the number of articles it matches.

    `spelling_of`: the word of the query of which it is another spelling; None if it was typed so.
    """

    text: str
    score: float
    articles: int
    idf: float
    saturation: float
    boost: float
    fields: tuple[ExplainedField, ...]
    spelling_of: str | None = None


@record
class ExplainedMeaning:
    """How a hit was ordered by meaning: its `similarity` to the question, a cosine, None if that is not known;
    `by_words`, its score before; and the `weight` of the similarity in its score after."""

    similarity: float | None
    by_words: float
    weight: float


@record
class ExplainedHit:
    """Why a hit has its score: `score = sum of the leaves * recency`. `summary` says it in plain words.

    `meaning`: among the first hits of an archive that is searched by meaning too, what became of that score; else None.
    """

    summary: str
    recency: float
    leaves: tuple[ExplainedLeaf, ...]
    meaning: ExplainedMeaning | None = None


@record
class Hit:
    """One article found.

    `article_url` is its page on this site, `url` its own address.
    `title_html` is the escaped title with matches in `<mark>`, "" unless `highlight=html`; `title_spans` are
    those matches in characters.
    `similar_count`: with `group=story`, the number of near-copies that are grouped under this hit; else None.
    `more_text`: the article is so long that only its beginning was searched for snippets.
    `all_words`: it has all words of the query; false for those that fill up the list (see `Filled`).
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
    all_words: bool = True


@record
class FacetValue:
    """A value of a facet. `toggle_url` is the search with this value added or, if it is selected, removed.

    `count` is what that search finds; of a selected value, the hits that have it. In the facet `date` it is what the
    search finds in that year, month or day alone.
    """

    value: str
    label: str
    count: int
    selected: bool
    toggle_url: str


@record
class Facet:
    """What the search finds with each value; for `missing`, `other` and `truncated` see
    `search.engines.results.FacetCounts`.

    `missing_url` adds or removes the filter "has no value"; None for dates, which have no such filter, and where it
    would change nothing. `joined`: how the values are joined, "and" or "or", the next one that is added included; None
    for facets of which an article has one value at most. `join_url`: the search with them joined the other way; None
    unless a value is selected.
    """

    name: str
    label: str
    values: tuple[FacetValue, ...]
    missing: int
    other: int
    truncated: bool
    missing_url: str | None = None
    joined: str | None = None
    join_url: str | None = None


@record
class FacetLinks:
    """This page of values, those around it, the first in either order, and the search whose facet it is. Absolute paths
    with query strings; None where there is no such page."""

    self: str
    prev: str | None
    next: str | None
    by_count: str
    by_name: str
    search: str


@record
class FacetValues:
    """A page of the values of one facet: see `Facet` for `missing`, `missing_url`, `joined` and `join_url`.

    `total` counts the articles that the search finds, `matching` the values that fit. `truncated`: the facet has so
    many values that only those with the most articles are listed and looked through.
    """

    name: str
    label: str
    total: int
    values: tuple[FacetValue, ...]
    matching: int
    page: int
    missing: int
    missing_url: str | None
    truncated: bool
    joined: str | None
    join_url: str | None
    links: FacetLinks
    timed_out: bool
    partial: bool
    warnings: tuple[str, ...]
    index: IndexInfo


@record
class TimelineBucket:
    """The days from `start` to `end`, both included. `archive_count` counts all articles of the archive in them."""

    start: str
    end: str
    count: int
    archive_count: int
    url: str


@record
class Timeline:
    """All buckets from that of the first hit to that of the last, including empty ones.

    A bucket with `archive_count` 0 shows that the archive itself has a gap.
    """

    interval: str
    buckets: tuple[TimelineBucket, ...]


@record
class Correction:
    """A corrected query, which finds `count` articles under the same filters."""

    text: str
    count: int
    url: str


@record
class Relaxation:
    """What the search finds without one of its conditions. `drop` names the condition, worded to follow "without"."""

    drop: str
    total: int
    url: str


@record
class DateMeant:
    """A year among the words of the query, taken as a date: the search without that word finds `count` articles in it.
    `value` is the year, `text` the query without it."""

    value: str
    text: str
    count: int
    url: str


@record
class Suggestions:
    """Other searches that are offered."""

    did_you_mean: tuple[Correction, ...]
    relax: tuple[Relaxation, ...]
    date: DateMeant | None = None


@record
class IndexInfo:
    """The commit that answered: see `search.engines.results.IndexStatus`."""

    generation: str
    articles: int
    built_at: str


@record
class Filled:
    """How a list was filled up because few articles have all words of the query: first come the `all_words` articles
    that have all `words` of them, then those that have at least `least`. `total` and all counts are of both.

    With one word, a run in a script without spaces, what follows has most of its parts.
    """

    words: int
    all_words: int
    least: int


@record
class SearchResponse:
    """The whole answer to a search.

    `filled`: how the list was filled up; null if every hit has all words that were asked for.
    `page` is None when paging by cursor. `warnings` say what was repaired, cut or left out.
    `timed_out`: the search ran out of time, so hits and counts may be incomplete; such an answer must not be cached.
    `partial`: parts of the index did not answer, so hits and counts are incomplete; it must not be cached either.
    """

    query: QueryInfo
    total: int
    filled: Filled | None
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
    partial: bool
    warnings: tuple[str, ...]
    index: IndexInfo


@record
class Completion:
    """A completion for a search box: `kind` is "article", "heading", "section" or "word".

    `url` leads to an article, and then `count` is None, or to a search that finds `count` articles.
    """

    text: str
    kind: str
    count: int | None
    url: str


@record
class SectionNode:
    """A section: `value` is its whole path, `label` its last part. `count` includes the sections below it."""

    value: str
    label: str
    count: int
    url: str
    children: tuple[SectionNode, ...]


@record
class Period:
    """A year or month of the archive: `value` is "2024" or "2024-07", `label` the same in words.

    Only years have `months`.
    """

    value: str
    label: str
    count: int
    url: str
    months: tuple[Period, ...] = ()


@record
class OtherVersion:
    """Another version of an article: with `translation` in another `language`, else nearly the same text."""

    id: str
    url: str | None
    article_url: str
    title: str
    language: str
    published: str | None
    translation: bool


@record
class Overview:
    """What the archive holds: its newest articles, its sections, and its years (the newest first) with their months.

    `newest` has each story once; `also_in` has the other versions of each, in the same order.
    """

    newest: tuple[Hit, ...]
    also_in: tuple[tuple[OtherVersion, ...], ...]
    sections: tuple[SectionNode, ...]
    years: tuple[Period, ...]
    undated: int
    languages: tuple[FacetValue, ...]
    index: IndexInfo
