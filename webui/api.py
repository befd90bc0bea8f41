"""The JSON endpoint: the answers of `search.archive`, with the headers that HTTP clients expect."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, json, request

from search.assist.subject import Subject
from search.pinned_archive import PinnedArchive
from search.request.parameters import NamesParameters, NoParameters, RelatedParameters, SuggestParameters
from search.request.reading import parse_facet, read, related_body
from search.request.urls import article_api_path
from search.results.as_json import json_bytes, search_json
from search.results.facet_values import ValuesAsked
from search.results.overview import index_info
from search.results.response import Links
from search.translation import ngettext, number
from webui.answers import (
    ArticleLinks,
    SectionsAnswer,
    StatusAnswer,
    SuggestAnswer,
    article_answer,
)
from webui.article_html import render_article
from webui.caching import VERSION, from_archive, from_archive_and_choices, from_archive_at_once, unless_timed_out
from webui.json_body import json_body
from webui.removed import unless_removed
from webui.responses import JSON, sent
from webui.site import addresses, asked_search, current_site

blueprint = Blueprint("api", __name__)

SUGGESTIONS: Final = "application/x-suggestions+json"
"""The type that browsers expect: https://github.com/dewitt/opensearch, the suggestions extension."""


@blueprint.get("/api/v1/search")
@from_archive
def search(archive: PinnedArchive) -> Response:
    """Articles that match, with snippets, facets and links."""
    asked = asked_search("api")
    found = archive.search(asked, addresses("api"))
    return unless_timed_out(sent(search_json(found, asked.fields), _neighbours(found.links)), found)


@blueprint.get("/api/v1/facets/<name>")
@from_archive
def facet(archive: PinnedArchive, name: str) -> Response:
    """The values of one facet of a search, found by a part of their name, page by page.

    The parameters of a search that only shape its answer have no effect.
    """
    links = addresses("api")
    asked, which = parse_facet(request.query_string, kind="api", time_zone=links.time_zone)
    values = ValuesAsked(name, which.values, which.values_sort, which.values_page)
    found = archive.facet_values(asked, values, links)
    around = [(relation, to, JSON) for relation, to in (("prev", found.links.prev), ("next", found.links.next)) if to]
    return unless_timed_out(sent(json_bytes(found), around), found)


@blueprint.get("/api/v1/articles/<article:id>")
@unless_removed
@from_archive_at_once
def article(archive: PinnedArchive, id: str) -> Response:
    """One stored article, whole."""
    read(NoParameters, request.query_string)
    document = archive.article(id).document
    own = article_api_path(id, request.script_root)
    links = ArticleLinks(own, addresses("html").article(id), f"{own}/related")
    html = str(render_article(document).html) if document.html else ""
    found = article_answer(document, html, links, index_info(archive.status))
    return sent(json_bytes(found), [("alternate", links.html, "text/html"), ("related", links.related, JSON)])


@blueprint.get("/api/v1/articles/<article:id>/related")
@unless_removed
@from_archive_and_choices
def related(archive: PinnedArchive, id: str) -> Response:
    """Articles related to a stored one, and why."""
    asked = read(RelatedParameters, request.query_string)
    found = archive.related(
        Subject(id=id), addresses("api"), mode=asked.mode, limit=asked.limit, half_life=asked.half_life
    )
    return unless_timed_out(sent(json_bytes(found)), found)


@blueprint.get("/api/v1/articles/<article:id>/why-not")
@unless_removed
@from_archive
def why_not(archive: PinnedArchive, id: str) -> Response:
    """Why a search does not find an article, and where it would stand.

    The parameters are those of a search; its page, facets and shape do not matter.
    """
    return sent(json_bytes(archive.why_not(id, asked_search("api"), addresses("api"))))


@blueprint.post("/api/v1/related")
def related_to_draft() -> Response:
    """Articles related to a draft, a title or an address."""
    read(NoParameters, request.query_string)
    body = related_body(json_body())
    subject = Subject(url=body.url or None, title=body.title, text=body.text)
    site = current_site()
    with site.turn():
        found = site.archive.related(
            subject, addresses("api"), mode=body.mode, limit=body.limit, half_life=body.half_life
        )
    response = sent(json_bytes(found))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/api/v1/suggest")
@blueprint.get("/suggest", endpoint="suggest_short")
def suggest() -> Response:
    """Completions of what has been typed so far."""
    response = _suggested()
    response.vary.add("Accept")
    return response


@from_archive_at_once
def _suggested(archive: PinnedArchive) -> Response:
    asked = read(SuggestParameters, request.query_string)
    found = archive.suggest(asked.q, addresses("html"), asked.limit)
    if _browser_asks(asked.format):
        notes = ["" if row.count is None else _counted(row.count) for row in found]
        urls = [current_site().absolute(row.url) for row in found]
        body = json.dumps([asked.q, [row.text for row in found], notes, urls]).encode()
        return sent(body, content_type=SUGGESTIONS)
    return sent(json_bytes(SuggestAnswer(asked.q, found)))


@blueprint.get("/api/v1/sections")
@from_archive_at_once
def sections(archive: PinnedArchive) -> Response:
    """The sections of the archive as a tree, with the number of articles in each."""
    read(NoParameters, request.query_string)
    return sent(json_bytes(SectionsAnswer(archive.sections(addresses("api")), index_info(archive.status))))


@blueprint.get("/api/v1/names")
@from_archive
def names(archive: PinnedArchive) -> Response:
    """The names that are searched in other spellings too, with the number of articles that have each."""
    asked = read(NamesParameters, request.query_string)
    return sent(json_bytes(archive.names(asked.page, addresses("api"))))


@blueprint.get("/api/v1/status")
@from_archive_at_once
def status(archive: PinnedArchive) -> Response:
    """The archive, the engine and the state of the index."""
    read(NoParameters, request.query_string)
    title, engine = current_site().settings.title, archive.status.engine
    capabilities = tuple(sorted(archive.capabilities))
    return sent(json_bytes(StatusAnswer(title, engine, capabilities, VERSION, index_info(archive.status))))


def _counted(articles: int) -> str:
    return ngettext("%(n)s article", "%(n)s articles", articles, n=number(articles))


def _neighbours(links: Links) -> list[tuple[str, str, str]]:
    """Links to the pages around this one and to the other renderings, for the header `Link` (RFC 8288)."""
    rows = [("first", links.first, JSON), ("prev", links.prev, JSON), ("next", links.next, JSON)]
    rows += [("last", links.last, JSON), ("alternate", links.html, "text/html")]
    rows += [("alternate", links.atom, "application/atom+xml"), ("alternate", links.rss, "application/rss+xml")]
    rows += [("alternate", links.feed, "application/feed+json")]
    return [
        (relation, target, kind) for relation, target, kind in (*rows, ("alternate", links.csv, "text/csv")) if target
    ]


def _browser_asks(format: str | None) -> bool:
    """Whether a browser's search box asks for suggestions. The parameter decides; without it, `Accept` does."""
    if format is not None:
        return format == "opensearch"
    return request.accept_mimetypes.best_match([JSON, SUGGESTIONS], JSON) == SUGGESTIONS
