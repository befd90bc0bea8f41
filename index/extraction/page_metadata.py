"""What a page states about its article.

The most explicit statement counts: JSON-LD, then OpenGraph and other `<meta>` elements, then microdata, then the
markup of the page itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from index.extraction.html_tree import Element
from index.extraction.jsonld import types, unescape
from index.extraction.page_authors import find_authors
from index.extraction.page_dates import find_modified, find_published
from index.extraction.page_markup import listed
from index.extraction.page_sections import find_sections
from index.extraction.page_statements import Statements
from index.extraction.page_title import find_title
from index.normalize import unique
from search.document import Moment, language_tag

TAGS: Final = ("article:tag", "news_keywords", "parsely-tags", "sailthru.tags", "keywords", "og:article:tag")
KINDS: Final = {
    "OpinionNewsArticle": "opinion", "ReviewNewsArticle": "review", "AnalysisNewsArticle": "analysis",
    "LiveBlogPosting": "live", "AdvertiserContentArticle": "advertisement", "BlogPosting": "blog",
}  # fmt: skip

MAX_TAGS: Final = 40
MAX_SUMMARY: Final = 2000


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """What a page states, empty where it states nothing. `article_text` is the body in its JSON-LD."""

    title: str
    url: str | None
    summary: str
    sections: tuple[str, ...]
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    published: Moment | None
    modified: Moment | None
    language: str
    type: str
    article_text: str


def read_metadata(page: Element, time_zone: ZoneInfo | None = None) -> PageMetadata:
    """The metadata of a page's article; times without a zone are in `time_zone`."""
    stated = Statements(page, time_zone)
    title, authors = find_title(stated), find_authors(stated)
    article_text = stated.article.get("articleBody")
    return PageMetadata(
        title=title,
        url=stated.url,
        summary=_summary(stated),
        sections=find_sections(stated, title, authors),
        authors=authors,
        tags=_tags(stated),
        published=find_published(stated),
        modified=find_modified(stated),
        language=_language(stated),
        type=next((KINDS[kind] for kind in types(stated.article) if kind in KINDS), "article"),
        article_text=article_text if isinstance(article_text, str) else "",
    )


def _tags(stated: Statements) -> tuple[str, ...]:
    keywords = stated.graph.names(stated.article.get("keywords"))
    for source in (keywords, *(stated.values(name) for name in TAGS)):
        tags = unique(tag for text in source for tag in listed(unescape(text)) if len(tag) <= 60 and ":" not in tag)
        if tags:
            return tags[:MAX_TAGS]
    return ()


def _language(stated: Statements) -> str:
    root = stated.page.getroottree().getroot()
    texts = [root.get("lang"), root.get("xml:lang"), *stated.text("inLanguage")]
    texts += stated.values("content-language", "og:locale", "language")
    return next(filter(None, map(language_tag, texts)), "")


def _summary(stated: Statements) -> str:
    texts = [*stated.values("og:description", "description"), *stated.text("description")]
    return next(filter(None, map(unescape, [*texts, *stated.values("twitter:description")])), "")[:MAX_SUMMARY]
