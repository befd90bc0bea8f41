"""The endpoint's answers beside those in `search.results.response`. The OpenAPI schema is made from these."""

from __future__ import annotations

from dataclasses import dataclass

from search.document import Document, Moment
from search.results.response import Completion, IndexInfo, SectionNode


@dataclass(frozen=True, slots=True)
class HeadingAnswer:
    """A heading inside an article: `offset` is where its text begins in `text`, in characters; `level` is 2 to 6."""

    text: str
    level: int
    offset: int
    anchor: str | None


@dataclass(frozen=True, slots=True)
class ArticleLinks:
    """Absolute paths: this answer, the page for people, and the related articles."""

    self: str
    html: str
    related: str


@dataclass(frozen=True, slots=True)
class ArticleAnswer:
    """A stored article, whole. `text` is plain, its headings inside; `html` is sanitised, "" where there was no markup.

    Dates are RFC 3339; a bare day where the time is unknown.
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
    language: str
    type: str
    links: ArticleLinks
    index: IndexInfo


@dataclass(frozen=True, slots=True)
class SuggestAnswer:
    """Completions of what is typed so far, the best first."""

    q: str
    completions: tuple[Completion, ...]


@dataclass(frozen=True, slots=True)
class SectionsAnswer:
    """The sections of the archive as a tree."""

    sections: tuple[SectionNode, ...]
    index: IndexInfo


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """What answers: the archive's title, the engine and what it can do, the program's version and the index."""

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
        language=document.language,
        type=document.type,
        links=links,
        index=index,
    )


def _written(moment: Moment | None) -> str | None:
    return moment.isoformat() if moment is not None else None
