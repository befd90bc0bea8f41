"""The parts of a hit that every hit of a page has, as markup: where the article stands, whose it is, its snippets.

They are written here, and the first remembered, since a template takes several times as long.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Final

from markupsafe import Markup

from search.document import SECTION_SEPARATOR
from search.request.urls import Addresses
from search.results.response import Hit
from webui.article_html import heading_id
from webui.article_page import value_url
from webui.wording import count_of, day, host, language

MAX_SECTIONS: Final = 3
MAX_AUTHORS: Final = 4
_DOT: Final = '<span class="dot" aria-hidden="true"> · </span>'
_THEN: Final = '<span class="then" aria-hidden="true"> › </span><span class="unseen">, </span>'


@lru_cache(maxsize=4096)
def kicker(sections: tuple[str, ...], links: Addresses) -> Markup:
    """The first sections of an article, each a link to the search for its articles."""
    return Markup(  # noqa: S704 - each part is escaped
        _DOT.join(
            f'<a href="{escape(value_url("section", section, links))}">{section_path(section)}</a>'
            for section in sections[:MAX_SECTIONS]
        )
    )


@lru_cache(maxsize=4096)
def section_path(section: str) -> Markup:
    """The names on the path of a section: "News › Economy"."""
    parts = section.split(SECTION_SEPARATOR)
    return Markup(_THEN.join(f'<span dir="auto">{escape(part)}</span>' for part in parts))  # noqa: S704 - escaped


def byline(found: Hit, *, brief: bool) -> Markup:
    """The date, the authors, the language unless it is English, the number of near-copies, and, unless `brief`, a link
    to the original."""
    parts = [_when(found.published) if found.published else "Undated"]
    if found.authors:
        authors = ", ".join([f'<span dir="auto">{escape(author)}</span>' for author in found.authors[:MAX_AUTHORS]])
        parts.append(authors + (" and others" if len(found.authors) > MAX_AUTHORS else ""))
    if found.language and language(found.language) != "English":
        parts.append(escape(language(found.language)))
    if found.similar_count:
        parts.append(count_of(found.similar_count, "similar article", "similar articles"))
    site = "" if brief else host(found.url)
    if site and found.url:
        parts.append(
            f'<a class="outward" href="{escape(found.url)}" rel="noopener">{escape(site)}'
            f'<span class="unseen">: the original of {escape(found.title)}</span></a>'
        )
    return Markup(_DOT.join(parts))  # noqa: S704 - each part is escaped


def snippets(found: Hit) -> Markup:
    """The snippets, each below its heading unless the one before stands below the same."""
    language = f' lang="{escape(found.language)}"' if found.language else ""
    address = escape(found.article_url)
    parts = []
    above: str | None = None
    for snippet in found.snippets:
        parts.append(f'<div class="snippet{" snippet-under" if snippet.heading else ""}">')
        if snippet.heading and snippet.heading != above:
            shown = snippet.heading_html or escape(snippet.heading)
            place = escape(heading_id(snippet.heading, snippet.anchor))
            parts.append(f'<p class="snippet-heading"><a href="{address}#{place}" dir="auto"{language}>{shown}</a></p>')
        above = snippet.heading
        before = "… " if snippet.cut_start else ""
        after = " …" if snippet.cut_end else ""
        parts.append(f'<p class="snippet-text" dir="auto"{language}>{before}{snippet.html}{after}</p></div>')
    return Markup("\n".join(parts))  # noqa: S704 - each part is escaped


@lru_cache(maxsize=4096)
def _when(moment: str) -> str:
    return f'<time datetime="{escape(moment)}">{escape(day(moment))}</time>'
