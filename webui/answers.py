"""The endpoint's answers that `search.results.response` does not have. OpenAPI schemas are made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from search.document import Document, Moment
from search.ledger.inbox import Action, State
from search.ledger.removals import Kind
from search.results.response import Completion, IndexInfo, SearchResponse, SectionNode
from webui.problems import Problem


@dataclass(frozen=True, slots=True)
class HeadingAnswer:
    """A heading inside an article. `offset` is where it begins in the article's `text`, in characters.

    `level` is from 2 to 6.
    """

    text: str
    level: int
    offset: int
    anchor: str | None


@dataclass(frozen=True, slots=True)
class ArticleLinks:
    """Absolute paths of this answer, of the page for people, and of the related articles."""

    self: str
    html: str
    related: str


@dataclass(frozen=True, slots=True)
class ArticleAnswer:
    """A stored article, whole. `text` is plain and contains the headings.

    `html` is sanitised, and "" if there is no markup. Dates follow RFC 3339, without a time if it is unknown.
    """

    id: str
    url: str | None
    title: str
    summary: str
    text: str
    html: str
    headings: tuple[HeadingAnswer, ...]
    sections: tuple[str, ...]
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    published: str | None
    modified: str | None
    first_published: str | None
    language: str
    type: str
    links: ArticleLinks
    index: IndexInfo


@dataclass(frozen=True, slots=True)
class WriteLinks:
    """The addresses of a sending, if it has a number, and of its article."""

    self: str | None
    article: str


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """What became of an article that was sent, or of its deletion.

    `number` is null where nothing had to be written. `outcome` is null while it is queued: "waiting" is shown later,
    "absent" was not there to be deleted, "removed" was taken down, and "superseded" has given way to a later version.
    `note` says why it failed or was refused, or what was wrong with it that did no harm.
    """

    number: int | None
    id: str
    action: Action
    state: State
    outcome: str | None
    note: str
    sent_at: str | None
    links: WriteLinks


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer to one line of a batch, given by its number from 1 in `line`.

    `status` is that which the line would have had as a request: 202 for what is queued, under `number`, and 200 for
    what is "unchanged". `problem` says why a line was not taken.
    """

    line: int
    id: str
    status: int
    outcome: str | None = None
    links: WriteLinks | None = None
    problem: Problem | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class WritesAnswer:
    """How many sendings are queued and how many are set aside, and some of them."""

    queued: int
    failed: int
    writes: tuple[WriteAnswer, ...]


@dataclass(frozen=True, slots=True)
class SearchOrProblem:
    """What became of one search of several: its `answer`, or the `problem` that it has. The other is null."""

    answer: SearchResponse | None
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class SearchesAnswer:
    """The answers to several searches, in their order, all from the commit `index`."""

    answers: tuple[SearchOrProblem, ...]
    took_ms: float
    index: IndexInfo


@dataclass(frozen=True, slots=True)
class SuggestAnswer:
    """Completions of what has been typed so far, the best first."""

    q: str
    completions: tuple[Completion, ...]


@dataclass(frozen=True, slots=True)
class SectionsAnswer:
    """The sections of the archive as a tree."""

    sections: tuple[SectionNode, ...]
    index: IndexInfo


@dataclass(frozen=True, slots=True)
class RemovedArticle:
    """An article that was taken down, by an editor (`kind` is "takedown") or by its source ("killed").

    `url` is its original address, if it is known. `undone_at` is when it was let in again, null if it is still down;
    `changed_at` is the later of the two times. Times follow RFC 3339, in UTC.
    """

    id: str
    url: str | None
    reason: str
    kind: Kind
    removed_at: str
    undone_at: str | None
    changed_at: str


@dataclass(frozen=True, slots=True)
class RemovedLinks:
    """Absolute paths of this answer, and of the next page if there are more."""

    self: str
    next: str | None


@dataclass(frozen=True, slots=True)
class RemovedAnswer:
    """Articles that were taken down, in the order of `changed_at`."""

    removed: tuple[RemovedArticle, ...]
    links: RemovedLinks


@dataclass(frozen=True, slots=True)
class ChoiceAnswer:
    """A piece that an editor chose for the related articles of `subject`; both are ids. `at` follows RFC 3339, in UTC.

    `title` and `article_url` are those of the piece, null if it is no longer in the archive.
    """

    subject: str
    piece: str
    choice: Literal["pin", "block"]
    title: str | None
    article_url: str | None
    at: str


@dataclass(frozen=True, slots=True)
class ChoicesAnswer:
    """What editors chose, the oldest first."""

    choices: tuple[ChoiceAnswer, ...]


@dataclass(frozen=True, slots=True)
class JudgementAnswer:
    """An article that was judged for a query. `article` is its id; `at` follows RFC 3339, in UTC.

    `title` and `article_url` are null if it is no longer in the archive; then it does not count.
    """

    query: str
    article: str
    grade: Literal["good", "bad"]
    title: str | None
    article_url: str | None
    at: str


@dataclass(frozen=True, slots=True)
class JudgementCounts:
    """How many articles of the archive were judged `good` and `bad` for one query. `gone`: those judged that are no
    longer in the archive, which count as neither."""

    good: int
    bad: int
    gone: int


@dataclass(frozen=True, slots=True)
class JudgementsLinks:
    """Absolute paths of this answer, and of the next page if there are more."""

    self: str
    next: str | None


@dataclass(frozen=True, slots=True)
class JudgementsAnswer:
    """What editors judged, query by query, the oldest first. `counts` are those of the query that was asked for, null
    where all queries were."""

    judgements: tuple[JudgementAnswer, ...]
    counts: JudgementCounts | None
    links: JudgementsLinks


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """The archive's title, the engine with its capabilities, the program's version, and the state of the index."""

    title: str
    engine: str
    capabilities: tuple[str, ...]
    version: str
    index: IndexInfo


def article_answer(document: Document, html: str, links: ArticleLinks, index: IndexInfo) -> ArticleAnswer:
    """The answer for one stored article; `html` is its markup, sanitised."""
    return ArticleAnswer(
        id=document.id,
        url=document.url,
        title=document.title,
        summary=document.summary,
        text=document.body,
        html=html,
        headings=tuple(HeadingAnswer(row.text, row.level, row.offset, row.anchor) for row in document.headings),
        sections=document.sections,
        authors=document.authors,
        tags=document.tags,
        published=_written(document.published),
        modified=_written(document.modified),
        first_published=_written(document.first_published),
        language=document.language,
        type=document.type,
        links=links,
        index=index,
    )


def _written(moment: Moment | None) -> str | None:
    return moment.isoformat() if moment is not None else None


@dataclass(frozen=True, slots=True)
class SavedLinks:
    """Absolute paths: its page, its feeds, and this endpoint's answer with what is new."""

    html: str
    atom: str
    rss: str
    feed: str
    api: str


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """A saved search. `link` is what `/api/v1/saved` takes; `search` says what it looks for, `made` since when."""

    link: str
    search: str
    made: str
    links: SavedLinks
