"""Hits as markup: where the article stands, its title, whose it is, its snippets.

They are written here, and what comes again is remembered, since a template takes several times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from typing import Final

from markupsafe import Markup

from search.document import SECTION_SEPARATOR
from search.request.urls import Addresses
from search.results.response import Hit, Snippet
from search.translation import gettext_noop, language_in_words, ngettext, number, remembered_by_language, spoken
from search.translation.messages import translated
from webui.article_html import heading_id
from webui.article_page import value_url
from webui.direction import direction
from webui.languages import page_direction
from webui.wording import day, escaped, host, separated
from webui.wording import in_markup as _

MAX_SECTIONS: Final = 3
MAX_AUTHORS: Final = 4
MAX_STANDFIRST: Final = 320
"""Characters of a standfirst on the front page."""
OPEN_SNIPPETS: Final = 1
"""Snippets that are shown at once; those after them are folded, so that several hits are in sight."""
_DOT: Final = '<span class="dot" aria-hidden="true"> · </span>'
_THEN: Final = '<span class="then" aria-hidden="true"> › </span><span class="unseen">, </span>'


def hits(found: Iterable[Hit], links: Addresses) -> str:
    """The hits of a result page as items of a list."""
    return "\n".join([f"<li>{_hit(each, links, snippets(each))}</li>" for each in found])


def brief_hit(found: Hit, links: Addresses) -> Markup:
    """A hit as the front page shows it: with its standfirst instead of snippets, and without a link to the original."""
    words = escape(_standfirst(found))
    summary = f'<p class="summary" dir="auto"{_lang(found.language)}>{words}</p>' if words else ""
    return Markup(_hit(found, links, summary, brief=True))  # noqa: S704 - each part is escaped


def _standfirst(found: Hit) -> str:
    """The summary, or else the first words of the text; cut between words."""
    text, cut = found.summary, False
    if not text and found.snippets:
        text, cut = found.snippets[0].text, found.snippets[0].cut_end
    if len(text) > MAX_STANDFIRST:
        start = text[:MAX_STANDFIRST]
        text, cut = start.rpartition(" ")[0] or start, True
    return f"{text} …" if cut else text


def _hit(found: Hit, links: Addresses, text: str, *, brief: bool = False) -> str:
    kicker = _kicker(found.sections, links) if found.sections else ""
    above = f'<p class="kicker">{kicker}</p>\n  ' if brief and kicker else ""
    before = f'<span class="kicker">{kicker}</span>{_DOT}' if kicker and not brief else ""
    title = f'<a href="{escape(found.article_url)}" dir="auto"{_lang(found.language)}>{found.title_html}</a>'
    return (
        f'<article class="hit" data-article="{escape(found.id)}" dir="{direction(found.language, found.title)}">\n  '
        f'{above}<h3 class="hit-title">{title}</h3>\n  '
        f'<p class="byline">{before}{byline(found, brief=brief)}</p>\n  {text}\n</article>'
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
    """The date, the authors, the language unless it is that of the site, the number of near-copies, and, unless
    `brief`, a link to the original."""
    parts = [_when(spoken(), found.published) if found.published else _("Undated")]
    if found.authors:
        parts.append(_authors(found.authors))
    name = _language(spoken(), found.language) if found.language else ""
    if name:
        parts.append(name)
    if found.similar_count:
        parts.append(_similar(found.similar_count))
    site = "" if brief else host(found.url)
    if site and found.url:
        said = _original(spoken()) % {"site": escaped(site), "title": escape(found.title)}
        parts.append(f'<a class="outward" href="{escape(found.url)}" rel="noopener">{said}</a>')
    if "rtl" in (direction(found.language, found.title), page_direction()):
        parts = [f"<bdi>{part}</bdi>" for part in parts]  # else words of the one fall apart among those of the other
    return _DOT.join(parts)


def _authors(names: Sequence[str]) -> str:
    shown = [f'<span dir="auto">{escaped(name)}</span>' for name in names[:MAX_AUTHORS]]
    if len(shown) == 1:
        return shown[0]
    return _("%(names)s and others", names=separated(shown)) if len(names) > MAX_AUTHORS else separated(shown)


@remembered_by_language(maxsize=256)
def _similar(count: int) -> str:
    return escape(ngettext("%(n)s similar article", "%(n)s similar articles", count, n=number(count)))


@lru_cache(maxsize=1024)
def _language(reader: str, tag: str) -> str:
    """The name of a language as markup; "" for that of the site, which its readers expect."""
    name = language_in_words(tag)
    return "" if name == language_in_words(reader) else escape(name)


@lru_cache(maxsize=16)
def _original(_language: str) -> str:
    """What a link to an original says, as markup with the site and the title still to be filled in."""
    return translated(gettext_noop('%(site)s<span class="unseen">: the original of %(title)s</span>'))


def snippets(found: Hit) -> str:
    """The snippets, each below its heading unless the one before stands below the same; the last ones folded."""
    language, address = _lang(found.language), ""
    parts = []
    above: str | None = None
    folded = found.snippets[OPEN_SNIPPETS:]
    for place, snippet in enumerate(found.snippets):
        if place == OPEN_SNIPPETS:
            parts.append(f'<details class="more-snippets">{_summary(folded, above, language)}')
        parts.append(f'<div class="snippet{" snippet-under" if snippet.heading else ""}">')
        if snippet.heading and snippet.heading != above:
            shown = snippet.heading_html or escape(snippet.heading)
            address = address or escape(found.article_url)
            anchor = escape(heading_id(snippet.heading, snippet.anchor))
            parts.append(
                f'<p class="snippet-heading"><a href="{address}#{anchor}" dir="auto"{language}>{shown}</a></p>'
            )
        above = snippet.heading
        before = "… " if snippet.cut_start else ""
        after = " …" if snippet.cut_end else ""
        parts.append(f'<p class="snippet-text" dir="auto"{language}>{before}{snippet.html}{after}</p></div>')
    if folded:
        parts.append("</details>")
    return "\n".join(parts)


def _summary(folded: Sequence[Snippet], above: str | None, language: str) -> str:
    """What the fold holds: how many passages, and the headings they stand under."""
    more = _more(spoken(), len(folded))
    headings = dict.fromkeys(snippet.heading for snippet in folded if snippet.heading and snippet.heading != above)
    shown = _DOT.join([f'<bdi class="folded"{language}>{escape(heading)}</bdi>' for heading in headings])
    return f"<summary>{more}{': ' if shown else ''}{shown}</summary>"


@lru_cache(maxsize=256)
def _more(_language: str, count: int) -> str:
    return escape(ngettext("%(n)s more passage", "%(n)s more passages", count, n=number(count)))


@lru_cache(maxsize=8192)
def _when(_language: str, moment: str) -> str:
    return f'<time datetime="{escape(moment)}">{escape(day(moment))}</time>'
