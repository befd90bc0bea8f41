"""The page of one stored article: its text with the searched words marked, and the ways onward from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from search import service
from search.analysis import language_name
from search.assist.related import Mode
from search.document import Document, web_address
from search.engines.base import Searcher
from search.highlight.highlighter import Highlighter, merged
from search.request.planning import understand
from search.request.request import Filters, SearchRequest
from search.results.hits import moment_text
from search.results.response import Hit, RelatedHit
from webui.article import ArticleText, mark_text, render_article
from webui.marking import Spans
from webui.questions import Question
from webui.urls import SiteLinks
from webui.views import travelling
from webui.wording import Link, host

RELATED: Final[tuple[tuple[Mode, str], ...]] = (("background", "Background"), ("follow-ups", "What followed"))
MAX_RELATED: Final = 4
"""In each group."""
_DESCRIPTION: Final = 200


@dataclass(frozen=True, slots=True)
class RelatedGroup:
    """Related articles of one kind, the nearest first."""

    label: str
    hits: tuple[RelatedHit, ...]


@dataclass(frozen=True, slots=True)
class StoryView:
    """All that the article page needs beside the stored document. `searched`: a search led here."""

    text: ArticleText
    title_html: Markup
    summary_html: Markup
    summary_line: str
    sections: tuple[Link, ...]
    authors: tuple[Link, ...]
    tags: tuple[Link, ...]
    language: Link | None
    published: str | None
    modified: str | None
    original: str | None
    host: str
    related: tuple[RelatedGroup, ...]
    searched: bool
    q: str
    hidden: tuple[tuple[str, str], ...]
    back_url: str
    position: int | None
    previous: Hit | None
    next: Hit | None


def story_view(
    searcher: Searcher, document: Document, question: Question | None, links: SiteLinks, language: str
) -> StoryView:
    """The view of `document`, reached by `question`; `language` is that of the stop words.

    Raises QuerySyntaxError, ParameterError and EngineError.
    """
    request = question.request if question else SearchRequest(time_zone=links.time_zone)
    spans = _spans(searcher, document, request, language)
    zone = ZoneInfo(request.time_zone)
    original = web_address(document.url)
    position = question.position if question else None
    previous, following = _neighbours(searcher, request, position, links, language)
    return StoryView(
        text=render_article(document, spans),
        title_html=mark_text(document.title, "title", spans),
        summary_html=mark_text(document.summary, "summary", spans),
        summary_line=" ".join((document.summary or document.body[:_DESCRIPTION]).split())[:_DESCRIPTION],
        sections=_links_to("section", document.sections, links),
        authors=_links_to("author", document.authors, links),
        tags=_links_to("tag", document.tags, links),
        language=_language(document, links),
        published=moment_text(document.published, zone),
        modified=moment_text(document.modified, zone),
        original=original,
        host=host(original),
        related=tuple(_related(searcher, document, links)),
        searched=question is not None,
        q=request.q,
        hidden=travelling(request, links) if question else (),
        back_url=links.search(request.on_page((position or 0) // max(request.per_page, 1) + 1)),
        position=position,
        previous=previous,
        next=following,
    )


def _spans(searcher: Searcher, document: Document, request: SearchRequest, language: str) -> Spans | None:
    if not request.q.strip():
        return None
    highlighter = Highlighter(understand(searcher, request, language).match)

    def spans(text: str, field: str) -> list[tuple[int, int]]:
        found = highlighter.spans(text, document.language, field)
        if field == "headings":
            # A heading stands in the body too.
            found += highlighter.spans(text, document.language, "body")
        return merged(found)

    return spans


def _neighbours(
    searcher: Searcher, request: SearchRequest, position: int | None, links: SiteLinks, language: str
) -> tuple[Hit | None, Hit | None]:
    if position is None:
        return None, None
    return service.neighbours(searcher, request, position, links, language=language)


def _related(searcher: Searcher, document: Document, links: SiteLinks) -> Iterator[RelatedGroup]:
    """What was published up to that day, and what came after; without a day there is no after."""
    for mode, label in RELATED if document.published else RELATED[:1]:
        found = service.related(searcher, links, id=document.id, mode=mode, limit=MAX_RELATED)
        if found.hits:
            yield RelatedGroup(label, found.hits)


def _links_to(field: str, values: tuple[str, ...], links: SiteLinks) -> tuple[Link, ...]:
    return tuple(Link(value, value_url(field, value, links)) for value in values)


def value_url(field: str, value: str, links: SiteLinks) -> str:
    """The articles that hold that value in that keyword field."""
    return replace(links, kind="html").search(
        SearchRequest(time_zone=links.time_zone).with_filters(field, Filters((value,)))
    )


def _language(document: Document, links: SiteLinks) -> Link | None:
    if not document.language:
        return None
    return Link(language_name(document.language), value_url("lang", document.language, links))
