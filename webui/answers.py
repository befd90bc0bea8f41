"""The endpoint's answers that `search.results.response` does not have. OpenAPI schemas are made from them."""

from __future__ import annotations

from dataclasses import dataclass

from search.document import Document, Moment
from search.ledger.removals import Kind
from search.results.response import Completion, IndexInfo, SectionNode


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
