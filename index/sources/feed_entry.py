"""An entry of a feed, whichever format the feed has, and the article that it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Final
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from index.article import Article
from index.extraction.body import Body, title_from
from index.extraction.html_text import read_html
from index.extraction.plain_text import read_text
from index.extraction.stated_dates import Dates
from index.identity import article_url, digest
from index.normalize import plain, section_path, unique
from search.document import language_tag
from search.errors import SourceError

_LINK: Final = re.compile(r"""(\b(?:href|src)\s*=\s*)(["'])([^"'<>]{1,2000})\2""", re.IGNORECASE)
_ABSOLUTE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|#", re.IGNORECASE)
_CUT_OFF: Final = re.compile(r"(?:…|\.\.\.|\[\s*(?:…|\.\.\.)\s*\]|read more|continue reading)\W{0,20}$", re.IGNORECASE)
_MAX_EXCERPT: Final = 1_500
"""Characters. A longer text that ends with dots is a text, not the beginning of one."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text as it stands in a feed. `base` is the address that its links are relative to."""

    value: str = ""
    is_html: bool = True
    base: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """A category; `scheme` is the address of the list that it comes from, if the feed names it."""

    name: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it stands in a feed, "" for what it does not say. `content` is the whole text, if it has that."""

    guid: str = ""
    link: str = ""
    title: Text = Text()
    content: Text = Text()
    summary: Text = Text()
    authors: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    published: str = ""
    updated: str = ""
    language: str = ""

    def article(self, origin: str, place: str, time_zone: ZoneInfo, source_warnings: tuple[str, ...] = ()) -> Article:
        """The article. Raises SourceError if it has neither a title nor a text.

        Its text is the content, else the summary. An entry without an address is known by its guid, and one without
        both by its title and date, since its number changes with each new entry.
        """
        body = _body(self.content if self.content.value.strip() else self.summary)
        title = self.plain_title() or title_from(body)
        if not title:
            raise SourceError(origin, "the entry has neither a title nor a text")
        url = article_url(self.link)
        dates = Dates(time_zone)
        published, updated = dates.published(self.published), dates.read("updated", self.updated)
        sections, tags = _sorted_categories(self.categories)
        return Article(
            origin=origin,
            id="" if url else plain(self.guid),
            guid=plain(self.guid),
            place=f"{place}#{digest(f'{title} {self.published}')}",
            title=title,
            body=body.text,
            headings=body.headings,
            html=body.html,
            summary=_line(self.summary) if self.content.value.strip() else "",
            url=url,
            sections=sections,
            authors=unique(self.authors),
            tags=tags,
            published=published or updated,
            modified=updated if published else None,
            published_between=dates.published_between,
            language=language_tag(self.language),
            is_excerpt=self.is_excerpt(),
            warnings=(*body.warnings, *dates.warnings),
            source_warnings=source_warnings,
        )

    def plain_title(self) -> str:
        """Its title on one line, without markup."""
        return _line(self.title)

    def is_excerpt(self) -> bool:
        """Whether it has only the beginning of its article: a summary, or a content that says that it goes on."""
        text = _body(self.content).text
        return not text or (len(text) <= _MAX_EXCERPT and _CUT_OFF.search(text) is not None)


def _body(text: Text) -> Body:
    return read_html(_with_absolute_links(text.value, text.base)) if text.is_html else read_text(text.value)


def _line(text: Text) -> str:
    """The text on one line, without markup."""
    if text.is_html and ("<" in text.value or "&" in text.value):
        return plain(read_html(text.value).text if "<" in text.value else unescape(text.value))
    return plain(text.value)


def _with_absolute_links(markup: str, base: str) -> str:
    return (
        _LINK.sub(lambda match: f"{match[1]}{match[2]}{_joined(base, match[3])}{match[2]}", markup) if base else markup
    )


def _joined(base: str, link: str) -> str:
    try:
        return link if _ABSOLUTE.match(link) else urljoin(base, link)
    except ValueError:
        return link


def _sorted_categories(categories: tuple[Category, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sections and tags. A category is a tag, unless it is a path in a list that the feed names (RSS 2.0)."""
    paths = [one for one in categories if one.scheme and "/" in one.name.strip("/") and "://" not in one.name]
    sections = unique(section_path(one.name.split("/")) for one in paths)
    return sections, unique(one.name for one in categories if one not in paths)
