"""HTML pages: the running text with its headings, and what the page states about its article."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from index.article import Article
from index.extraction.body import Body, title_from
from index.extraction.html_tree import MAX_PAGE_ELEMENTS, parse_html
from index.extraction.plain_text import read_text
from index.normalize import plain
from index.sources.encoding import decode
from index.sources.reading import Reading
from search.errors import SourceError

if TYPE_CHECKING:
    from index.extraction.page_metadata import PageMetadata

RICHER: Final = 1.5
"""JSON-LD that holds this many times the text found on the page is taken instead: a script fills that page in."""


def read_html_file(data: bytes, origin: str, reading: Reading) -> Article:
    """The article in a file. Raises as `read_html_page` does."""
    return read_html_page(data, origin, reading.time_zone)


def read_html_page(data: bytes, origin: str, time_zone: ZoneInfo) -> Article:
    """The article on a page. Raises SourceError if there is neither running text nor a title."""
    from index.extraction.page_body import extract_body  # trafilatura with it, for sources that may hold no page
    from index.extraction.page_metadata import read_metadata

    warnings: list[str] = []
    page = parse_html(decode(data, markup=True), most=MAX_PAGE_ELEMENTS, warn=warnings.append)
    stated = read_metadata(page, time_zone)
    body = _body(extract_body(page, stated), stated)
    title = plain(stated.title) or title_from(body)
    if not title:
        raise SourceError(origin, "no article was found on the page: it has neither a title nor running text")
    return Article(
        origin=origin,
        title=title,
        body=body.text,
        headings=body.headings,
        html=body.html,
        summary=plain(stated.summary),
        url=stated.url,
        sections=stated.sections,
        authors=stated.authors,
        tags=stated.tags,
        published=stated.published,
        modified=stated.modified,
        language=stated.language,
        type=stated.type,
        warnings=(*warnings, *(() if body.text else ("no running text was found on the page",))),
    )


def _body(found: Body, stated: PageMetadata) -> Body:
    if len(stated.article_text) > max(200, RICHER * len(found.text)):
        return read_text(stated.article_text)
    return found
