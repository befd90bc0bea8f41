"""Saved searches: the page that makes a link, and what is new for it as a page, as feeds, and for programs.

A link is verified before anything in it is read, and it leads to answers alone: nothing here sends or calls anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, unquote

from flask import Blueprint, Response, request
from markupsafe import Markup

from search.alerts.arriving import begin
from search.alerts.keys import read_keys
from search.alerts.news import MOST_NEW, USUAL
from search.alerts.saved import SavedSearch, in_words, saved, signed, verified
from search.dates import zone_named
from search.errors import ParameterError
from search.releasing import now_in_utc
from search.request.parameters import SavedParameters
from search.request.reading import read, without_tracking
from search.request.urls import Rendering
from search.results.as_json import json_bytes
from search.results.response import Links, SearchResponse
from search.translation import gettext as _
from search.translation import ngettext, number
from webui.answers import SavedAnswer, SavedLinks
from webui.caching import appearance, conditional, entity_tag, minute_of, unless_timed_out
from webui.feeds import feed_of
from webui.hit_html import hits
from webui.responses import page, sent
from webui.rss import rss_of
from webui.site import addresses, asked_search, current_site

blueprint = Blueprint("saved", __name__)

_SINCE: Final = re.compile(r"&since=([^&]*)$")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was asked for: the query string that is signed, the search in it, and since when articles count.
    `own` is all that stands behind the question mark."""

    text: str
    search: SavedSearch
    since: datetime
    own: str


@blueprint.get("/save")
def save() -> Response:
    """The link of a search with its feeds, and how to be alerted."""
    made, text = _saved("html")
    saved_page = page(
        "save.html",
        words=in_words(made.request),
        link=current_site().absolute(_path("/saved", text)),
        feeds=[(name, current_site().absolute(_path(path, text))) for name, path in _FEEDS],
        back=addresses("html").search(made.request),
    )
    return _unstored(saved_page)


@blueprint.get("/api/v1/save")
def save_for_programs() -> Response:
    """Save a search: its link, and the addresses of what is new for it.

    Of the parameters only those count that decide which articles are found.
    """
    made, text = _saved("api")
    links = SavedLinks(
        html=_path("/saved", text),
        atom=_path("/saved.atom", text),
        rss=_path("/saved.rss", text),
        feed=_path("/saved.json", text),
        api=_path("/api/v1/saved", f"link={quote(text, safe='')}"),
    )
    answer = SavedAnswer(text, in_words(made.request), made.made.isoformat(), links)
    return _unstored(sent(json_bytes(answer)))


@blueprint.get("/saved")
def show() -> Response:
    """What is new for a saved search, as a page."""
    link = _asked_link()

    def listed(found: SearchResponse) -> Response:
        return page(
            "saved.html",
            words=in_words(link.search.request),
            since=link.since,
            tally=ngettext("%(n)s new article", "%(n)s new articles", found.total, n=number(found.total)),
            shown=len(found.hits),
            found=found,
            hits=Markup(hits(found.hits, addresses("html"))),  # noqa: S704 - each part is escaped
            all_url=addresses("html").search(link.search.request),
            feeds=[(name, _path(path, link.text)) for name, path in _FEEDS],
        )

    return _answered(link, "html", USUAL, listed)


@blueprint.get("/saved.atom")
def atom() -> Response:
    """What is new for a saved search, as an Atom feed."""
    return _answered(_asked_link(), "atom", USUAL, lambda found: feed_of(found, "atom"))


@blueprint.get("/saved.rss")
def rss() -> Response:
    """What is new for a saved search, as an RSS feed."""
    return _answered(_asked_link(), "rss", USUAL, rss_of)


@blueprint.get("/saved.json")
def json_feed() -> Response:
    """What is new for a saved search, as a JSON Feed."""
    return _answered(_asked_link(), "feed", USUAL, lambda found: feed_of(found, "feed"))


@blueprint.get("/api/v1/saved")
def saved_for_programs() -> Response:
    """What is new for a saved search: its articles among those that came since it was saved, or since a moment.

    The newest by date come first. `total` counts all of them.
    """
    asked = read(SavedParameters, request.query_string)
    link = _verified(asked.link, asked.since, request.query_string.decode("ascii", "replace"))
    return _answered(link, "api", asked.per_page, lambda found: sent(json_bytes(found)))


_FEEDS: Final = (("Atom", "/saved.atom"), ("RSS", "/saved.rss"), ("JSON Feed", "/saved.json"))


def _saved(kind: Rendering) -> tuple[SavedSearch, str]:
    """The search that the address asks for, saved now, and its signed text."""
    archive = current_site().archive
    now = now_in_utc()
    asked = saved(asked_search(kind), now)
    with archive.pinned() as pinned:
        pinned.news(asked.request, ())  # a query that cannot be read is no search to save
    keys = begin(archive.engine, archive.ledger, now)
    return asked, signed(asked, keys, archive.ledger.arrivals.made_archive_id())


def _asked_link() -> Link:
    text = without_tracking(request.query_string).decode("ascii", "replace")
    found = _SINCE.search(text)
    since = unquote(found[1].replace("+", " ")) if found else None
    return _verified(text[: found.start()] if found else text, since, text)


def _verified(text: str, since: str | None, own: str) -> Link:
    """The link. Raises ParameterError."""
    ledger = current_site().archive.ledger
    search = verified(text, read_keys(ledger.place), ledger.arrivals.archive_id())
    return Link(text, search, search.made if since is None else _moment(since), own)


def _moment(text: str) -> datetime:
    """A day, or a time with its zone. Raises ParameterError."""
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
        if moment.tzinfo is None and len(text.strip()) <= len("2024-07-03"):
            moment = moment.replace(tzinfo=zone_named(current_site().settings.time_zone))
        if moment.utcoffset() is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ParameterError("since", _("must be a day, or a time with its zone, such as 2024-07-03T12:00:00Z"))


def _answered(link: Link, kind: Rendering, limit: int, render: Callable[[SearchResponse], Response]) -> Response:
    """What is new, rendered; the same as before as long as neither the index nor what has come is another, and, if the
    search has a relative date, within a minute."""
    site = current_site()
    ledger = site.archive.ledger
    with site.archive.pinned() as archive:

        def made() -> Response:
            with site.turn():
                ids = frozenset(ledger.arrivals.since(link.since, MOST_NEW))
                asked = replace(link.search.request, highlight="html" if kind in ("html", "api") else "text")
                found = archive.news(asked, ids, addresses(kind), limit=limit)
            return unless_timed_out(render(replace(found, links=_links(link, kind, found.links))), found)

        minute = minute_of(repr(link.search.request))
        known = str(ledger.arrivals.last()), str(ledger.removed.version()), minute
        place = request.scheme, request.host, request.script_root, request.path, link.own
        tag = entity_tag(archive.order_generation, *known, *place, appearance(), site.look)
        return conditional(tag, made)


def _links(link: Link, kind: Rendering, usual: Links) -> Links:
    """Those of a saved search in place of those of a search. A feed is the same whatever moment it is asked from."""
    own = _path(request.path, link.own)
    first = own if kind == "api" else _path(request.path, link.text)
    return Links(
        self=own,
        first=first,
        prev=None,
        next=None,
        last=None,
        html=_path("/saved", link.text),
        atom=_path("/saved.atom", link.text),
        rss=_path("/saved.rss", link.text),
        feed=_path("/saved.json", link.text),
        csv=usual.csv,
    )


def _path(path: str, text: str) -> str:
    return f"{request.script_root}{path}?{text}"


def _unstored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
