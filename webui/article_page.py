"""The article page: the text with the words of the search marked, and links to what a reader may want next."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from search.assist.related_modes import Mode
from search.assist.subject import Subject
from search.document import Document, web_address
from search.pinned_archive import PinnedArchive
from search.request.reading import WayBack
from search.request.request import Filters, SearchRequest
from search.request.urls import Addresses
from search.results.hits import moment_text
from search.results.related_response import RelatedHit
from search.results.response import Hit, OtherVersion
from search.translation import gettext as _
from search.translation import gettext_noop, language_in_words
from webui.article_html import ArticleText, mark_text, render_article
from webui.direction import Direction, direction
from webui.search_form import kept_pairs
from webui.wording import Link, host

RELATED: Final[tuple[tuple[Mode, str], ...]] = (
    ("background", gettext_noop("Background")),
    ("follow-ups", gettext_noop("What followed")),
)
MAX_RELATED: Final = 4
"""How many articles each group holds."""
_DESCRIPTION: Final = 200
"""Characters of the description in the head of the page."""


@dataclass(frozen=True, slots=True)
class RelatedGroup:
    """Related articles of one kind, the most similar first."""

    label: str
    hits: tuple[RelatedHit, ...]


@dataclass(frozen=True, slots=True)
class ArticleView:
    """Everything that the article page shows.

    If a search led to the article, `searched` is true, `q` and `hidden` fill the search form with it, `back_url` leads
    to its results, and `position` is that of the article among the `rows` of them, from 0. `previous` and `next` are
    the hits around. `related` is None if they were not looked for. `also_in`: translations and near-copies of the
    article. `summary_html` is empty if the text begins with the summary.
    """

    article: Document
    direction: Direction
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
    first_published: str | None
    original: str | None
    host: str
    related: tuple[RelatedGroup, ...] | None
    also_in: tuple[OtherVersion, ...]
    searched: bool
    q: str
    hidden: tuple[tuple[str, str], ...]
    back_url: str
    position: int | None
    rows: int | None
    previous: Hit | None
    next: Hit | None


def article_view(
    archive: PinnedArchive, id: str, found_by: WayBack | None, links: Addresses, *, related: bool = True
) -> ArticleView:
    """The view of the article `id`; `found_by` is the search that led to it, if one did. Unless `related`, neither
    related articles nor other versions are looked for.

    Raises NotFound, QuerySyntaxError, ParameterError and EngineError.
    """
    request = found_by.request if found_by else SearchRequest(time_zone=links.time_zone)
    zone = ZoneInfo(request.time_zone)
    position = found_by.position if found_by else None
    found = archive.article(id, request, position, links)
    document, spans = found.document, found.marks.spans if found.marks else None
    original = web_address(document.url)
    groups, also_in = _related(archive, document, links) if related else (None, ())
    return ArticleView(
        article=document,
        direction=direction(document.language, document.title),
        text=render_article(document, spans),
        title_html=mark_text(document.title, "title", spans),
        summary_html=Markup() if _begins_with_summary(document) else mark_text(document.summary, "summary", spans),
        summary_line=" ".join((document.summary or document.body[:_DESCRIPTION]).split())[:_DESCRIPTION],
        sections=_links_to("section", document.sections, links),
        authors=_links_to("author", document.authors, links),
        tags=_links_to("tag", document.tags, links),
        language=_language(document, links),
        published=moment_text(document.published, zone),
        modified=moment_text(document.modified, zone),
        first_published=moment_text(document.first_published, zone),
        original=original,
        host=host(original),
        related=groups,
        also_in=also_in,
        searched=found_by is not None,
        q=request.q,
        hidden=kept_pairs(request, links) if found_by else (),
        back_url=links.search(request.on_page((position or 0) // max(request.per_page, 1) + 1)),
        position=position,
        rows=found.rows,
        previous=found.previous,
        next=found.next,
    )


def _begins_with_summary(document: Document) -> bool:
    """Whether the text begins with the summary, whole or cut off: then the text alone shows it."""
    words = _words(document.summary)
    return bool(words) and _words(document.body[: 2 * len(document.summary) + _DESCRIPTION])[: len(words)] == words


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _related(
    archive: PinnedArchive, document: Document, links: Addresses
) -> tuple[tuple[RelatedGroup, ...], tuple[OtherVersion, ...]]:
    """Related articles from before the article, and from after it if it has a date; and its other versions."""
    asked = RELATED if document.published else RELATED[:1]
    modes = tuple(mode for mode, _label in asked)
    found = archive.related_by_mode(Subject(id=document.id), modes, links, limit=MAX_RELATED, snippets=False)
    groups = (RelatedGroup(_(label), own.hits) for (_mode, label), own in zip(asked, found, strict=True))
    versions = {version.id: version for own in found for version in own.also_in}
    return tuple(group for group in groups if group.hits), tuple(versions.values())


def _links_to(field: str, values: tuple[str, ...], links: Addresses) -> tuple[Link, ...]:
    return tuple(Link(value, value_url(field, value, links)) for value in values)


def value_url(field: str, value: str, links: Addresses) -> str:
    """The address of the search for all articles with that value in that keyword field."""
    return replace(links, kind="html").search(
        SearchRequest(time_zone=links.time_zone).with_filters(field, Filters((value,)))
    )


def _language(document: Document, links: Addresses) -> Link | None:
    if not document.language:
        return None
    return Link(language_in_words(document.language), value_url("lang", document.language, links))
