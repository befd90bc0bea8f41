"""The page of results as markup in UTF-8, all but its frame and what few pages have, which are templates.

It is written here, since a template takes several times as long. Each part is encoded by itself: nearly all are ASCII,
which takes no time, and one quotation mark in the whole page would make all of it slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from flask import render_template

from search.request.urls import Addresses
from search.results.response import Links, SearchResponse
from webui.chart import figure
from webui.facet_boxes import facets_html
from webui.frame import Frame
from webui.hit_html import hits
from webui.results_page import PagerItem, Part, ResultsView
from webui.wording import count_of, sentence

HOLES: Final = ("title", "head", "query", "controls", "main")
"""What `search.html` leaves open."""

_UNSEEN_PAGE: Final = '<span class="unseen"> page</span></a></li>'
_GAP: Final = '<span class="pager-gap" aria-hidden="true">…</span></li>'


def results_html(
    frame: Frame, response: SearchResponse, view: ResultsView, links: Addresses, canonical: str, advanced: bytes
) -> bytes:
    """The page. `canonical` is its whole address, `advanced` the controls under “Advanced search”."""
    heading = escape(view.heading)
    title = f"{heading}, page {response.page}" if response.page and response.page > 1 else heading
    hidden = [f'<input type="hidden" name="{name}" value="{escape(value)}">\n' for name, value in view.form.hidden]
    return frame.filled(
        {
            "title": title.encode(),
            "head": _head(response.links, heading, canonical).encode(),
            "query": escape(response.query.text).encode(),
            "controls": "".join(hidden).encode() + advanced,
            "main": b"".join(_main(response, view, links, heading)),
        }
    )


def _head(around: Links, heading: str, canonical: str) -> str:
    """The links of the page to those around it and to its feeds."""
    rows = [f'<link rel="canonical" href="{escape(canonical)}">']
    neighbours = ("prev", around.prev), ("next", around.next)
    rows += [f'<link rel="{name}" href="{escape(address)}">' for name, address in neighbours if address]
    feeds = ("atom+xml", around.atom), ("feed+json", around.feed)
    rows += [
        f'<link rel="alternate" type="application/{kind}" title="{heading}" href="{escape(address or "")}">'
        for kind, address in feeds
    ]
    return "\n".join(rows)


def _main(response: SearchResponse, view: ResultsView, links: Addresses, heading: str) -> Iterator[bytes]:
    yield f'<div class="search-head">\n  <h1 dir="auto">{heading}</h1>\n  {_tally(response, view)}\n'.encode()
    if view.chips or response.warnings or response.query.expanded or response.suggestions.did_you_mean:
        yield render_template("_notes.html", response=response, view=view).encode()
    yield b"</div>\n"
    if view.facets:
        yield _facets(view)
    yield b'<div class="results">\n'
    if view.chart:
        yield from figure(view.chart)
    if response.hits:
        yield _sorting(view).encode()
        for part in view.parts:
            yield _part(part, links).encode()
    else:
        yield render_template("_nothing.html", response=response, view=view).encode()
    yield _pager(response.links, view.pager).encode()
    yield _take_away(response.links, view.api_url).encode()


def _tally(response: SearchResponse, view: ResultsView) -> str:
    if response.total:
        counted = f"<strong>{count_of(response.total, 'article', 'articles')}</strong>"
        if view.last_shown and (view.first_shown > 1 or view.pager):
            counted += f", {view.first_shown:,}–{view.last_shown:,} shown"
        if view.filled:
            counted += f'<span class="tally-filled">: {escape(view.filled)}</span>'
    else:
        counted = "No articles found" + (" with these conditions" if response.query.applied else "")
    return f'<p class="tally" role="status">{counted}</p>'


def _facets(view: ResultsView) -> bytes:
    selected = f' <span class="soft">({view.selected} selected)</span>' if view.selected else ""
    return (
        f'<details class="facets" data-facets>\n  <summary>Narrow the search{selected}</summary>\n'
        '  <section class="facet-column" aria-labelledby="facets-title">\n'
        '  <h2 class="unseen" id="facets-title">Narrow the search</h2>\n'
        f"{facets_html(view.facets)}</section>\n</details>\n"
    ).encode()


def _sorting(view: ResultsView) -> str:
    options = "\n".join(
        [
            f'<li><a href="{escape(sort.url)}" rel="nofollow"{_current("true", sort.current)}>{sort.label}</a></li>'
            for sort in view.sorts
        ]
    )
    return (
        f'<nav class="sorting" aria-label="Sort by">\n<ul>\n{options}\n</ul>\n</nav>\n'
        '<h2 class="unseen" id="results-title">Results</h2>\n'
    )


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
    rows = [f'<li><a rel="prev" href="{escape(around.prev)}">Previous{_UNSEEN_PAGE}'] if around.prev else []
    rows += [_pager_item(item) for item in pager]
    if around.next:
        rows.append(f'<li><a rel="next" href="{escape(around.next)}">Next{_UNSEEN_PAGE}')
    listed = "\n".join(rows)
    return f'<nav class="pager" aria-label="Pages">\n<ul>\n{listed}\n</ul>\n</nav>\n'


def _pager_item(item: PagerItem) -> str:
    start = "<li>" if item.near else '<li class="pager-far">'
    if item.number is None:
        return start + _GAP
    return (
        f'{start}<a href="{escape(item.url)}"{_current("page", item.current)}>'
        f'<span class="unseen">Page </span>{item.number:,}</a></li>'
    )


def _take_away(own: Links, api_url: str) -> str:
    formats = (
        (own.atom, "application/atom+xml", "Atom"),
        (own.feed, "application/feed+json", "JSON Feed"),
        (api_url, "application/json", "JSON"),
        (own.csv, "text/csv", "CSV"),
    )
    listed = ", ".join([f'<a href="{escape(url or "")}" type="{kind}">{name}</a>' for url, kind, name in formats])
    return (
        '<nav class="take-away" aria-label="Other formats">\n'
        f"<p>This search as a feed or as data: {listed}</p>\n</nav>\n</div>\n"
    )
