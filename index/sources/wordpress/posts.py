"""A post of WordPress as an article: what its exports and its REST API have in common."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from index.article import Article
from index.extraction.body import title_from
from index.extraction.dates import parse_moment
from index.extraction.html_text import read_html
from index.extraction.html_tree import drop_element, parse_html, read_tree, text_of
from index.identity import article_url
from index.normalize import one_line, plain, unique
from search.document import Moment, language_tag
from search.errors import SourceError

POST: Final = "post"
"""The post type of what WordPress calls posts; others are "page" and those that plugins add."""

# What WordPress and its themes put at the end of an excerpt that they have cut from the text.
_CUT: Final = re.compile(r"\s*(?:\[\s*(?:…|\.\.\.)\s*\]|…|\.\.\.|\[\s*\+\s*\])\s*$")
_MORE: Final = frozenset(("more-link", "read-more", "readmore", "excerpt-more", "continue-reading"))
_NO_DATE: Final = "0000-00-00"


@dataclass(frozen=True, slots=True)
class Post:
    """What is known of a post; all of it text as WordPress gives it, but names, which are plain.

    `content` is markup as it is shown. `title` and `excerpt` may hold markup too. Dates are "" or
    "2024-07-03T09:30:00", with a blank instead of the T in exports: `published_gmt` and `modified_gmt` in UTC, the
    others in the site's time zone. `place` is used as in `Article`. `is_scheduled`: it appears at its date by itself.
    """

    origin: str
    place: str
    title: str
    content: str
    excerpt: str = ""
    url: str = ""
    guid: str = ""
    type: str = POST
    published_gmt: str = ""
    published: str = ""
    modified_gmt: str = ""
    modified: str = ""
    is_scheduled: bool = False
    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    language: str = ""
    warnings: tuple[str, ...] = ()
    source_warnings: tuple[str, ...] = ()


def article_of(post: Post, time_zone: ZoneInfo) -> Article:
    """The article that a post is; `time_zone` is the site's. Raises SourceError if it has neither title nor text."""
    body = read_html(post.content)
    title = plain_text(post.title) or title_from(body)
    if not title:
        raise SourceError(post.origin, "the post has neither a title nor a text")
    warnings = [*post.warnings, *body.warnings]
    published = moment(post.published_gmt, post.published, time_zone)
    if published is None and _stated(post.published_gmt or post.published):
        warnings.append(f"its date is none that can be read: {(post.published_gmt or post.published)[:40]!r}")
    modified = moment(post.modified_gmt, post.modified, time_zone)
    changed = modified or published
    embargo = published if post.is_scheduled and isinstance(published, datetime) else None
    return Article(
        origin=post.origin,
        place=post.place,
        guid=plain(post.guid),
        title=title,
        body=body.text,
        headings=body.headings,
        html=body.html,
        summary=excerpt_text(post.excerpt),
        url=article_url(post.url),
        sections=post.sections,
        authors=unique(post.authors),
        tags=unique(post.tags),
        published=published,
        modified=modified,
        embargo=embargo,
        status="withheld" if post.is_scheduled and embargo is None else "usable",
        lifts=changed if isinstance(changed, datetime) else None,
        language=language_tag(post.language) or "",
        type="article" if post.type == POST else post.type,
        warnings=tuple(warnings),
        source_warnings=post.source_warnings,
    )


def plain_text(markup: str) -> str:
    """One line of text from a title or a name, in which WordPress leaves entities and a few tags."""
    if "<" in markup:
        return plain(text_of(parse_html(markup)))
    return plain(html.unescape(markup)) if "&" in markup else plain(markup)


def excerpt_text(markup: str) -> str:
    """An excerpt as plain text, without the marks and links that say that the text goes on ("[…]", "Read more")."""
    if not markup.strip():
        return ""
    tree = parse_html(markup)
    for link in list(tree.iter("a")):
        if _MORE & set((link.get("class") or "").split()):
            drop_element(link)
    return _CUT.sub("", one_line(read_tree(tree).text))


def moment(gmt: str, local: str, time_zone: ZoneInfo) -> Moment | None:
    """When something was, by its time in UTC, else by its local time; None if neither says it.

    WordPress has "0000-00-00 00:00:00" for what has no date, such as a draft.
    """
    found = parse_moment(gmt, ZoneInfo("UTC")) if _stated(gmt) else None
    if found is None and _stated(local):
        found = parse_moment(local, time_zone)
    return found


def changed_at(gmt: str) -> datetime | None:
    """The moment of a change, by its time in UTC; None if that does not say it."""
    found = moment(gmt, "", ZoneInfo("UTC"))
    return found if isinstance(found, datetime) else None


def _stated(text: str) -> bool:
    return bool(text.strip()) and not text.startswith(_NO_DATE) and not text.startswith("-")
