"""Plain-text files: captures of pages, or prose."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from index.article import Article
from index.capture import read_capture
from index.fields import plain, section_path, title_from, unique
from index.sources.encoding import decode
from search.errors import SourceError


def read_text_page(data: bytes, place: str, _: ZoneInfo) -> Article:
    """The article in a text file. Raises SourceError where it holds no text."""
    found = read_capture(decode(data))
    title = plain(found.title) or title_from(found.body)
    if not title:
        raise SourceError(place, "the file holds no text")
    return Article(
        place=place,
        title=title,
        body=found.body.text,
        headings=found.body.headings,
        summary=plain(found.summary),
        sections=unique([section_path(found.section)]),
        authors=unique(found.authors),
        tags=unique(found.tags),
        published=found.published,
        modified=found.modified,
    )
