"""HTML pages: the running text with its headings, and what the page states about its article."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from index.article import Article
from index.body import Body
from index.fields import plain, title_from
from index.page_body import extract_body
from index.page_metadata import PageMetadata, read_metadata
from index.plaintext import read_text
from index.sources.encoding import decode
from index.trees import parse_html
from search.errors import SourceError

RICHER = 1.5
"""JSON-LD that holds this many times the text found on the page is taken instead: the page is filled in by script."""


def read_html_page(data: bytes, place: str, time_zone: ZoneInfo) -> Article:
    """The article on a page. Raises SourceError where there is neither running text nor a title."""
    page = parse_html(decode(data, markup=True))
    stated = read_metadata(page, time_zone)
    body = _body(extract_body(page, stated.title, stated.url), stated)
    title = plain(stated.title) or title_from(body)
    if not title:
        raise SourceError(place, "no article was found on the page: it has neither a title nor running text")
    return Article(
        place=place,
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
        warnings=() if body.text else ("no running text was found on the page",),
    )


def _body(found: Body, stated: PageMetadata) -> Body:
    if len(stated.article_text) > max(200, RICHER * len(found.text)):
        return read_text(stated.article_text)
    return found
