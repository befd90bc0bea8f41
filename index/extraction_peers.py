"""Another program that finds articles on pages, read like our own so that both are measured alike."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from trafilatura import bare_extraction

from index.article import Article
from index.extraction.dates import parse_moment
from index.normalize import one_line, plain, unique
from search.document import Heading
from search.errors import SourceError


def read_with_trafilatura(data: bytes, origin: str, _: ZoneInfo) -> Article:
    """The article and the metadata that trafilatura finds by default, without comments; its date is htmldate's oldest.

    Raises SourceError if it finds none.
    """
    found: Any = bare_extraction(
        data, include_comments=False, with_metadata=True, date_extraction_params={"original_date": True}
    )
    if found is None:
        raise SourceError(origin, "no article was found on the page")
    body = "\n\n".join(one_line(" ".join(block.itertext())) for block in found.body)
    return Article(
        origin=origin,
        title=plain(found.title),
        body=body or found.text or "",
        summary=plain(found.description),
        headings=tuple(Heading(one_line("".join(head.itertext())), 2, 0, None) for head in found.body.iter("head")),
        url=found.url,
        sections=unique(found.categories or ()),
        authors=unique((found.author or "").split(";")),
        tags=unique(found.tags or ()),
        published=parse_moment(found.date or ""),
        language=found.language or "",
    )
