"""The page of results as markup in UTF-8, all but its frame and what few pages have, which are templates.

It is written here, since a template takes several times as long. Each part is encoded by itself: nearly all are ASCII,
which takes no time, and one quotation mark in the whole page would make all of it slow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from typing import Final

from flask import render_template

from search.request.urls import Addresses
from search.results.exporting import FORMATS
from search.results.response import Links, SearchResponse
from search.translation import gettext, ngettext, number, remembered_by_language, spoken
from webui.chart_html import figure
from webui.facet_boxes import facets_html
from webui.frame import Frame
from webui.hit_html import hits
from webui.languages import languages_html
from webui.results_page import PagerItem, Part, ResultsView
from webui.search_form import SearchForm
from webui.site import current_site
from webui.timeline_path import path_html
from webui.wording import escaped, sentence, separated
from webui.wording import in_markup as _

HOLES: Final = ("title", "robots", "head", "skips", "query", "controls", "main", "languages")
"""What `search.html` leaves open."""
MAX_IN_TITLE: Final = 4
"""Conditions that the title of the page names."""
_GAP: Final = '<span class="pager-gap" aria-hidden="true">…</span></li>'


def results_html(
    frame: Frame,
    response: SearchResponse,
    view: ResultsView,
    links: Addresses,
    canonical: str,
    advanced: bytes,
    robots: str,
) -> bytes:
    """The page. `canonical` is its whole address, `advanced` the controls under “Advanced search”, and `robots` what
    crawlers may do with it."""
    heading = escape(view.heading)
    hidden = [f'<input type="hidden" name="{name}" value="{escape(value)}">\n' for name, value in view.form.hidden]
    return frame.filled(
        {
            "title": escape(_title(response, view)).encode(),
            "robots": robots.encode(),
            "head": _head(response.links, heading, canonical).encode(),
            "skips": _skip_to_facets() if view.facets else b"",
            "query": escape(response.query.text).encode(),
            "controls": "".join(hidden).encode() + advanced,
            "main": b"".join(_main(response, view, links, heading)),
            "languages": languages_html(current_site().settings.site_language).encode(),
        }
    )


def _title(response: SearchResponse, view: ResultsView) -> str:
    """The title of the page: its heading, the conditions in force unless one of them is the heading, and its number.

    It is what tells two tabs apart, and the first that a screen reader says of the page (WCAG 2.4.2).
    """
    parts = [view.heading]
    if view.chips and not view.heading_is_condition:
        parts += [f"{chip.label} {chip.text}" for chip in view.chips[:MAX_IN_TITLE]]
        left = len(view.chips) - MAX_IN_TITLE
        if left > 0:
            parts.append(ngettext("%(n)s more condition", "%(n)s more conditions", left, n=number(left)))
    if response.page and response.page > 1:
        parts.append(gettext("page %(number)s", number=number(response.page)))
    return separated(parts)


@remembered_by_language(maxsize=16)
def _skip_to_facets() -> bytes:
    words = _("Skip to the filters")
    return f'<a class="skip" href="#facets">{words}</a>'.encode()


def plain_page(frame: Frame, form: SearchForm, query: str, main: bytes) -> bytes:
    """A page with that form and something else in place of results."""
    hidden = [f'<input type="hidden" name="{name}" value="{escape(value)}">\n' for name, value in form.hidden]
    advanced = render_template("_advanced.html", advanced=form.advanced)
    title = _("Please correct the dates")
    filled = {"title": title, "robots": "noindex", "head": "", "skips": "", "query": escape(query)}
    controls = "".join(hidden) + advanced
    return frame.filled(
        {
            **{name: text.encode() for name, text in filled.items()},
            "controls": controls.encode(),
            "main": main,
            "languages": languages_html(current_site().settings.site_language).encode(),
        }
    )


def _head(around: Links, heading: str, canonical: str) -> str:
    """The links of the page to those around it and to its feeds."""
    rows = [f'<link rel="canonical" href="{escape(canonical)}">']
    neighbours = ("prev", around.prev), ("next", around.next)
    rows += [f'<link rel="{name}" href="{escape(address)}">' for name, address in neighbours if address]
    feeds = ("atom+xml", around.atom), ("rss+xml", around.rss), ("feed+json", around.feed)
    rows += [
        f'<link rel="alternate" type="application/{kind}" title="{heading}" href="{escape(address or "")}">'
        for kind, address in feeds
    ]
    return "\n".join(rows)


def _main(response: SearchResponse, view: ResultsView, links: Addresses, heading: str) -> Iterator[bytes]:
    yield f'<div class="search-head">\n  <h1 dir="auto" tabindex="-1">{heading}</h1>\n  '.encode()
    yield f"{_tally(response, view)}\n{_sorting(view) if response.hits else ''}".encode()
    if (
        view.chips
        or response.warnings
        or response.query.expanded
        or response.suggestions.did_you_mean
        or response.suggestions.date
    ):
        yield render_template("_notes.html", response=response, view=view).encode()
    yield b"</div>\n"
    if view.facets:
        yield _facets(view)
    yield b'<div class="results">\n'
    if view.path:
        yield path_html(view.path).encode()
    if view.chart:
        yield from figure(view.chart, view.chart_views)
    if response.hits:
        yield b'<section class="found" id="results" tabindex="-1" aria-labelledby="results-title">\n'
        yield _results_title()
        for part in view.parts:
            yield _part(part, links).encode()
        yield b"</section>\n"
    else:
        yield render_template("_nothing.html", response=response, view=view).encode()
    yield _pager(response.links, view.pager).encode()
    yield _take_away(response.links, view).encode()


@remembered_by_language(maxsize=16)
def _results_title() -> bytes:
    words = _("Results")
    return f'<h2 class="unseen" id="results-title">{words}</h2>\n'.encode()


def _tally(response: SearchResponse, view: ResultsView) -> str:
    if response.total:
        total = ngettext("%(n)s article", "%(n)s articles", response.total, n=number(response.total))
        counted = f"<strong>{escape(total)}</strong>"
        if view.last_shown and (view.first_shown > 1 or view.pager):
            counted = _(
                "%(counted)s, %(first)s–%(last)s shown",
                counted=counted,
                first=number(view.first_shown),
                last=number(view.last_shown),
            )
        if view.filled:
            counted += f'<span class="tally-filled">: {escape(view.filled)}</span>'
    elif response.query.applied:
        counted = _("No articles found with these conditions")
    else:
        counted = _("No articles found")
    return f'<p class="tally" role="status">{counted}</p>'


def _facets(view: ResultsView) -> bytes:
    selected, words = "", _("Narrow the search")
    if view.selected:
        chosen = ngettext("%(n)s selected", "%(n)s selected", view.selected, n=number(view.selected))
        selected = f' <span class="soft">({escape(chosen)})</span>'
    return (
        f'<details class="facets" id="facets" tabindex="-1" data-unfold="52rem">\n'
        f"  <summary>{words}{selected}</summary>\n"
        '  <section class="facet-column" aria-labelledby="facets-title">\n'
        f'  <h2 class="unseen" id="facets-title">{words}</h2>\n'
        f"{facets_html(view.facets)}</section>\n</details>\n"
    ).encode()


def _sorting(view: ResultsView) -> str:
    options = "\n".join(
        [
            f'<li><a href="{escape(sort.url)}" rel="nofollow"{_current("true", sort.current)}>'
            f"{escaped(sort.label)}</a></li>"
            for sort in view.sorts
        ]
    )
    label = _("Sort by")
    return f'<nav class="sorting" aria-label="{label}">\n<ul>\n{options}\n</ul>\n</nav>\n'


def _current(what: str, current: bool) -> str:
    return f' aria-current="{what}"' if current else ""


def _part(part: Part, links: Addresses) -> str:
    border, title = "", "results-title"
    if part.border:
        title = "hits-border"
        border = f'<h2 class="hits-border" id="{title}">{escape(sentence(part.border))}</h2>\n'
    listed = hits(part.hits, links)
    return f'{border}<ol class="hits" start="{part.first}" aria-labelledby="{title}">\n{listed}\n</ol>\n'


def _pager(around: Links, pager: tuple[PagerItem, ...]) -> str:
    if not (pager or around.prev or around.next):
        return ""
    label, previous, following = _pager_words()
    rows = [f'<li><a rel="prev" href="{escape(around.prev)}">{previous}</a></li>'] if around.prev else []
    rows += [_pager_item(item) for item in pager]
    if around.next:
        rows.append(f'<li><a rel="next" href="{escape(around.next)}">{following}</a></li>')
    listed = "\n".join(rows)
    return f'<nav class="pager" aria-label="{label}">\n<ul>\n{listed}\n</ul>\n</nav>\n'


@remembered_by_language(maxsize=16)
def _pager_words() -> tuple[str, str, str]:
    """As markup: the name of the pager, and what its links to the page before and to the next one say."""
    return (
        _("Pages"),
        gettext('Previous<span class="unseen"> page</span>'),
        gettext('Next<span class="unseen"> page</span>'),
    )


def _pager_item(item: PagerItem) -> str:
    start = "<li>" if item.near else '<li class="pager-far">'
    if item.number is None:
        return start + _GAP
    words = _page_link(spoken(), item.number)
    return f'{start}<a href="{escape(item.url)}"{_current("page", item.current)}>{words}</a></li>'


@lru_cache(maxsize=1024)
def _page_link(_language: str, page: int) -> str:
    return gettext('<span class="unseen">Page </span>%(number)s', number=number(page))


def _why_not(search: str) -> str:
    """The page that says why this search does not find an article."""
    path, _, query = search.partition("?")
    return f"{path.removesuffix('search')}why-not?{query}"


def _take_away(own: Links, view: ResultsView) -> str:
    feeds = (
        (own.atom, "application/atom+xml", "Atom"),
        (own.rss, "application/rss+xml", "RSS"),
        (own.feed, "application/feed+json", "JSON Feed"),
        (view.api_url, "application/json", "JSON"),
    )
    files = ((file_url(own.csv, kind.suffix), kind.media_type, _(kind.label)) for kind in FORMATS.values())
    label = _("Other formats")
    as_feed = _("This search as a feed or as data: %(formats)s", formats=_listed(feeds))
    as_file = _("Every hit as a file: %(formats)s", formats=_listed(files))
    to_save = _("%(link)sSave this search%(end)s to follow what is new", link=_link(view.save_url), end="</a>")
    words = _("Compare with other searches")
    to_compare = f"{_link(view.compare_url)}{words}</a>"
    to_ask = _(
        "Is an article missing? %(link)sAsk why it is not found%(end)s",
        link=_link(_why_not(own.self)),
        end="</a>",
    )
    return (
        f'<nav class="take-away" aria-label="{label}">\n<p>{as_feed}</p>\n<p>{as_file}</p>\n<p>{to_save}</p>\n'
        f"<p>{to_compare}</p>\n</nav>\n"
        f'<p class="missing">{to_ask}</p>\n{_judging(view.judge_url)}</div>\n'
    )


def _link(address: str) -> str:
    return f'<a href="{escape(address)}" rel="nofollow">'


def _judging(address: str) -> str:
    if not address:
        return ""
    words = _("Judge these hits on the editors’ desk")
    return f'<p class="to-desk">{_link(address)}{words}</a></p>\n'


def _listed(formats: Iterable[tuple[str, str, str]]) -> str:
    links = (f'<a href="{escape(url)}" type="{kind}" rel="nofollow">{name}</a>' for url, kind, name in formats)
    return separated(list(links))


def file_url(table: str, suffix: str) -> str:
    """The address of every hit as another file than the `table`."""
    path, mark, query = table.partition("?")
    return path.removesuffix("csv") + suffix + mark + query
