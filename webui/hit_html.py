"""Hits as markup: where the article stands, its title, whose it is, its snippets.

They are written here, and what comes again is remembered, since a template takes several times as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import Final

from markupsafe import Markup

from search.document import SECTION_SEPARATOR
from search.request.urls import Addresses
from search.results.response import Hit
from webui.article_html import heading_id
from webui.article_page import value_url
from webui.wording import count_of, day, escaped, host, language

MAX_SECTIONS: Final = 3
MAX_AUTHORS: Final = 4
_DOT: Final = '<span class="dot" aria-hidden="true"> · </span>'
_THEN: Final = '<span class="then" aria-hidden="true"> › </span><span class="unseen">, </span>'


def hits(found: Iterable[Hit], links: Addresses) -> str:
    """The hits of a result page as items of a list."""
    return "\n".join([f"<li>{_hit(each, links, snippets(each))}</li>" for each in found])


def brief_hit(found: Hit, links: Addresses) -> Markup:
    """A hit as the front page shows it: with its summary instead of snippets, and without a link to the original."""
    summary = (
        f'<p class="summary" dir="auto"{_lang(found.language)}>{escape(found.summary)}</p>' if found.summary else ""
    )
    return Markup(_hit(found, links, summary, brief=True))  # noqa: S704 - each part is escaped


def _hit(found: Hit, links: Addresses, text: str, *, brief: bool = False) -> str:
    kicker = f'<p class="kicker">{_kicker(found.sections, links)}</p>\n  ' if found.sections else ""
    title = f'<a href="{escape(found.article_url)}" dir="auto"{_lang(found.language)}>{found.title_html}</a>'
    return (
        f'<article class="hit">\n  {kicker}<h3 class="hit-title">{title}</h3>\n  '
        f'<p class="byline">{byline(found, brief=brief)}</p>\n  {text}\n</article>'
    )


@lru_cache(maxsize=1024)
def _lang(language: str) -> str:
    return f' lang="{escape(language)}"' if language else ""


@lru_cache(maxsize=4096)
def _kicker(sections: tuple[str, ...], links: Addresses) -> str:
    """The first sections of an article, each a link to the search for its articles."""
    return _DOT.join(
        [
            f'<a href="{escape(value_url("section", section, links))}">{section_path(section)}</a>'
            for section in sections[:MAX_SECTIONS]
        ]
    )


@lru_cache(maxsize=4096)
def section_path(section: str) -> Markup:
    """The names on the path of a section: "News › Economy"."""
    parts = section.split(SECTION_SEPARATOR)
    return Markup(_THEN.join(f'<span dir="auto">{escape(part)}</span>' for part in parts))  # noqa: S704 - escaped


def byline(found: Hit, *, brief: bool) -> str:
    """The date, the authors, the language unless it is English, the number of near-copies, and, unless `brief`, a link
    to the original."""
    parts = [_when(found.published) if found.published else "Undated"]
    if found.authors:
        authors = ", ".join([f'<span dir="auto">{escaped(author)}</span>' for author in found.authors[:MAX_AUTHORS]])
        parts.append(authors + (" and others" if len(found.authors) > MAX_AUTHORS else ""))
    name = language(found.language) if found.language else "English"
    if name != "English":
        parts.append(escaped(name))
    if found.similar_count:
        parts.append(count_of(found.similar_count, "similar article", "similar articles"))
    site = "" if brief else host(found.url)
    if site and found.url:
        parts.append(
            f'<a class="outward" href="{escape(found.url)}" rel="noopener">{escaped(site)}'
            f'<span class="unseen">: the original of {escape(found.title)}</span></a>'
        )
    return _DOT.join(parts)


def snippets(found: Hit) -> str:
    """The snippets, each below its heading unless the one before stands below the same."""
    language, address = _lang(found.language), ""
    parts = []
    above: str | None = None
    for snippet in found.snippets:
        parts.append(f'<div class="snippet{" snippet-under" if snippet.heading else ""}">')
        if snippet.heading and snippet.heading != above:
            shown = snippet.heading_html or escape(snippet.heading)
            address = address or escape(found.article_url)
            place = escape(heading_id(snippet.heading, snippet.anchor))
            parts.append(f'<p class="snippet-heading"><a href="{address}#{place}" dir="auto"{language}>{shown}</a></p>')
        above = snippet.heading
        before = "… " if snippet.cut_start else ""
        after = " …" if snippet.cut_end else ""
        parts.append(f'<p class="snippet-text" dir="auto"{language}>{before}{snippet.html}{after}</p></div>')
    return "\n".join(parts)


@lru_cache(maxsize=4096)
def _when(moment: str) -> str:
    return f'<time datetime="{escape(moment)}">{escape(day(moment))}</time>'
