"""The four tools: each asks the archive one question and cuts the answer to what a model needs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from search.agents.answers import (
    ArticleFacts,
    ArticleText,
    CountedValue,
    FacetsAnswer,
    Passage,
    Piece,
    RelatedAnswer,
    RelatedPiece,
    SearchAnswer,
)
from search.agents.arguments import (
    MAX_PAGE,
    FacetsArguments,
    FetchArguments,
    RelatedArguments,
    SearchArguments,
    searched_for,
)
from search.agents.untrusted import NOTICE, all_visible, boundary, quoted, visible
from search.assist.subject import Subject
from search.document import Document, Moment
from search.errors import NotFound
from search.pinned_archive import PinnedArchive
from search.request.urls import Addresses, path_prefix
from search.results.facet_values import VALUES_A_PAGE, ValuesAsked
from search.results.related_response import RelatedHit
from search.results.response import Hit, SearchResponse
from search.settings import Settings

MAX_SUMMARY: Final = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the archive is read by people, for the addresses of articles that have none of their own."""

    origin: str
    addresses: Addresses
    time_zone: str

    def url(self, id: str, own: str | None) -> str | None:
        """The article's own address, else that of its page on the site, if the site has a known one."""
        return own or (self.origin + self.addresses.article(id) if self.origin else None)


def place_of(settings: Settings) -> Place:
    """The place that the settings name by `public_url`."""
    parts = urlsplit(settings.public_url)
    origin = f"{parts.scheme}://{parts.netloc}" if settings.public_url else ""
    return Place(origin, Addresses("html", path_prefix(settings.public_url), settings.time_zone), settings.time_zone)


def search(archive: PinnedArchive, place: Place, arguments: SearchArguments) -> SearchAnswer:
    """The articles that match. Raises RequestError, EngineError."""
    found = archive.search(searched_for(arguments, place.time_zone), place.addresses)
    return SearchAnswer(
        notice=NOTICE,
        results=tuple(_piece(hit, place) for hit in found.hits),
        total=found.total,
        page=arguments.page,
        next_page=_next_page(arguments.page, is_last=found.links.next is None),
        did_you_mean=tuple(row.text for row in found.suggestions.did_you_mean),
        warnings=found.warnings,
        complete=_is_complete(found),
    )


def fetch(archive: PinnedArchive, place: Place, arguments: FetchArguments) -> ArticleText:
    """A stored article, or the part of it that is asked for. Raises NotFound, Removed, EngineError."""
    document = _document(archive, arguments.id)
    body, mark = visible(document.body), boundary()
    end = _end(body, arguments.offset, arguments.limit)
    offset = min(arguments.offset, end)
    facts = ArticleFacts(
        notice=NOTICE,
        boundary=mark,
        published=_written(document.published),
        modified=_written(document.modified),
        sections=all_visible(document.sections),
        authors=all_visible(document.authors),
        tags=all_visible(document.tags),
        language=document.language,
        type=visible(document.type),
        summary=visible(document.summary[:MAX_SUMMARY]),
        offset=offset,
        end=end,
        characters=len(body),
        next_offset=end if end < len(body) else None,
    )
    text = quoted(body[offset:end], mark)
    return ArticleText(document.id, visible(document.title), text, place.url(document.id, document.url), facts)


def related(archive: PinnedArchive, place: Place, arguments: RelatedArguments) -> RelatedAnswer:
    """Articles related to one of the archive or to a draft. Raises NotFound, Removed, ParameterError, EngineError."""
    if arguments.id is not None:
        subject = Subject(id=_document(archive, arguments.id).id)
    else:
        subject = Subject(title=arguments.title, text=arguments.text)
    modes = (arguments.mode,)
    [found] = archive.related_by_mode(subject, modes, place.addresses, limit=arguments.limit, snippets=False)
    pieces = tuple(_related_piece(each, place) for each in found.hits)
    return RelatedAnswer(NOTICE, pieces, found.warnings, not found.timed_out)


def facets(archive: PinnedArchive, place: Place, arguments: FacetsArguments) -> FacetsAnswer:
    """How many articles have each value. Raises RequestError, EngineError."""
    asked = ValuesAsked(arguments.facet, arguments.contains, page=arguments.page)
    found = archive.facet_values(searched_for(arguments, place.time_zone), asked, place.addresses)
    return FacetsAnswer(
        notice=NOTICE,
        facet=found.name,
        values=tuple(CountedValue(visible(row.value), visible(row.label), row.count) for row in found.values),
        total=found.total,
        matching=found.matching,
        missing=found.missing,
        page=found.page,
        next_page=_next_page(found.page, is_last=found.page * VALUES_A_PAGE >= found.matching),
        warnings=found.warnings,
        complete=not (found.timed_out or found.partial),
    )


def _document(archive: PinnedArchive, name: str) -> Document:
    """The article of that id, else of that former id or address. Raises NotFound, Removed, EngineError."""
    with suppress(NotFound):
        return archive.article(name).document
    return archive.article(archive.named(name).id).document


def _piece(hit: Hit, place: Place) -> Piece:
    url = place.url(hit.id, hit.url)
    snippets = tuple(
        Passage(visible(row.text), row.heading and visible(row.heading), row.url or url) for row in hit.snippets
    )
    return Piece(
        id=hit.id,
        title=visible(hit.title),
        url=url,
        published=hit.published,
        sections=all_visible(hit.sections),
        authors=all_visible(hit.authors),
        language=hit.language,
        snippets=snippets,
    )


def _related_piece(found: RelatedHit, place: Place) -> RelatedPiece:
    hit = found.hit
    return RelatedPiece(
        id=hit.id,
        title=visible(hit.title),
        url=place.url(hit.id, hit.url),
        published=hit.published,
        sections=all_visible(hit.sections),
        authors=all_visible(hit.authors),
        language=hit.language,
        reasons=all_visible(found.reasons),
        days=found.days,
        likeness=round(hit.score, 4),
    )


def _is_complete(found: SearchResponse) -> bool:
    return not (found.timed_out or found.partial)


def _next_page(page: int, *, is_last: bool) -> int | None:
    return None if is_last or page == MAX_PAGE else page + 1


def _end(body: str, offset: int, limit: int) -> int:
    """Where the part ends: after the limit, or at the last line that ends in its second half."""
    end = offset + limit
    if end >= len(body):
        return len(body)
    line = body.rfind("\n", offset + limit // 2, end)
    return end if line < 0 else line + 1


def _written(moment: Moment | None) -> str | None:
    return None if moment is None else moment.isoformat()
