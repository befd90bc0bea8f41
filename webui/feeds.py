"""A search as a feed (Atom, JSON Feed); `webui.rss` has RSS."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from flask import Blueprint, Response, json, request
from lxml import etree

from search.pinned_archive import PinnedArchive
from search.request.urls import Rendering
from search.results.filled import in_words
from search.results.response import Hit, SearchResponse
from webui.caching import from_archive, unless_timed_out
from webui.site import addresses, asked_search, current_site
from webui.wording import sentence, separated

blueprint = Blueprint("feeds", __name__)

ATOM: Final = "application/atom+xml"
JSON_FEED: Final = "application/feed+json"
OPENSEARCH_NS: Final = "http://a9.com/-/spec/opensearch/1.1/"

_ATOM_NS: Final = "http://www.w3.org/2005/Atom"
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNDATED: Final = "1970-01-01T00:00:00Z"

Render = Callable[[SearchResponse], Response]


@blueprint.get("/search.atom")
@from_archive
def atom(archive: PinnedArchive) -> Response:
    """The search as an Atom feed (RFC 4287) with OpenSearch elements, newest first by default."""
    return rendered(archive, "atom", _atom)


@blueprint.get("/search.json")
@from_archive
def json_feed(archive: PinnedArchive) -> Response:
    """The search as a JSON Feed 1.1, newest first by default."""
    return rendered(archive, "feed", _json_feed)


def feed_of(found: SearchResponse, kind: Rendering) -> Response:
    """An answer as a feed of that kind."""
    return _atom(found) if kind == "atom" else _json_feed(found)


def rendered(archive: PinnedArchive, kind: Rendering, render: Render) -> Response:
    """The search as a feed, newest first unless another order is asked for; `render` writes it."""
    asked = replace(asked_search(kind), facets=(), highlight="text")
    if asked.sort is None:
        asked = replace(asked, sort="newest")
    found = archive.search(asked, addresses(kind))
    return unless_timed_out(render(found), found)


def article_urn(id: str) -> str:
    """The id of an article in feeds. It does not change when the site moves."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, 'backfile:article:' + id)}"


def feed_title(found: SearchResponse) -> str:
    """The title of a feed: that of the archive with the query and the conditions."""
    title = current_site().settings.title
    conditions = [row.value_label or row.value for row in found.query.applied]
    asked = separated(part for part in (found.query.text, *conditions) if part)
    return f"{title}: {asked}" if asked else title


def _atom(found: SearchResponse) -> Response:
    site = current_site()
    feed = etree.Element(f"{{{_ATOM_NS}}}feed", nsmap={None: _ATOM_NS, "opensearch": OPENSEARCH_NS})  # type: ignore[dict-item]
    stamps = [_stamp(hit.modified or hit.published) for hit in found.hits]
    _add(
        feed,
        "id",
        f"urn:uuid:{uuid5(NAMESPACE_URL, 'backfile:search:' + found.links.first)}" if found.links.first else "",
    )
    _add(feed, "title", feed_title(found))
    if found.filled:
        _add(feed, "subtitle", sentence(in_words(found.filled)))
    _add(feed, "updated", max(stamps, default=_stamp(found.index.built_at)))
    _add(_add(feed, "author"), "name", site.settings.title)
    _add(feed, "generator", "Backfile")
    for relation, target, media_type in feed_links(found, ATOM):
        _link(feed, relation, site.absolute(target), media_type)
    _link(
        feed, "search", site.absolute(f"{request.script_root}/opensearch.xml"), "application/opensearchdescription+xml"
    )
    add_paging(feed, found)
    for hit in found.hits:
        _add_entry(feed, hit)
    body = etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return Response(body, content_type=f"{ATOM}; charset=utf-8")


def feed_links(found: SearchResponse, media_type: str) -> list[tuple[str, str, str]]:
    """The links of a feed: its pages (RFC 5005), and the page for people."""
    links = found.links
    rows = [("self", links.self), ("first", links.first), ("previous", links.prev), ("next", links.next)]
    paging = [(relation, target, media_type) for relation, target in (*rows, ("last", links.last)) if target]
    return [*paging, ("alternate", links.html, "text/html")]


def add_paging(feed: etree._Element, found: SearchResponse) -> None:
    """Adds what OpenSearch has of a response: how many hits there are, which of them these are, and the query."""
    numbers = {"totalResults": found.total, "itemsPerPage": found.per_page}
    if found.page is not None:
        numbers["startIndex"] = (found.page - 1) * found.per_page + 1
    for name, number in numbers.items():
        etree.SubElement(feed, f"{{{OPENSEARCH_NS}}}{name}").text = str(number)
    query = etree.SubElement(
        feed, f"{{{OPENSEARCH_NS}}}Query", role="request", searchTerms=without_controls(found.query.text)
    )
    if found.page is not None:
        query.set("startPage", str(found.page))


def _add_entry(feed: etree._Element, hit: Hit) -> None:
    site = current_site()
    entry = _add(feed, "entry")
    _add(entry, "id", article_urn(hit.id))
    _add(entry, "title", hit.title)
    _add(entry, "updated", _stamp(hit.modified or hit.published))
    if hit.published:
        _add(entry, "published", _stamp(hit.published))
    page = site.absolute(hit.article_url)
    _link(entry, "alternate", hit.url or page, "text/html")
    if hit.url:
        _link(entry, "related", page, "text/html")
    for author in hit.authors:
        _add(_add(entry, "author"), "name", author)
    for term in (*hit.sections, *hit.tags):
        _add(entry, "category").set("term", without_controls(term))
    summary = _add(entry, "summary", about(hit))
    if hit.language:
        summary.set("{http://www.w3.org/XML/1998/namespace}lang", hit.language)


def _json_feed(found: SearchResponse) -> Response:
    site = current_site()
    body: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed_title(found),
        "home_page_url": site.absolute(found.links.html),
        "feed_url": site.absolute(found.links.self),
        "items": [_item(hit) for hit in found.hits],
    }
    if found.filled:
        body["description"] = sentence(in_words(found.filled))
    if found.links.next:
        body["next_url"] = site.absolute(found.links.next)
    return Response(json.dumps(body), content_type=JSON_FEED)


def _item(hit: Hit) -> dict[str, object]:
    page = current_site().absolute(hit.article_url)
    known: dict[str, object] = {
        "summary": hit.summary,
        "date_published": _stamp(hit.published) if hit.published else None,
        "date_modified": _stamp(hit.modified) if hit.modified else None,
        "authors": [{"name": name} for name in hit.authors],
        "tags": [*hit.sections, *hit.tags],
        "language": hit.language,
        "external_url": hit.url,
    }
    item: dict[str, object] = {"id": article_urn(hit.id), "url": page, "title": hit.title, "content_text": about(hit)}
    return item | {name: value for name, value in known.items() if value}


def about(hit: Hit) -> str:
    """What a feed says of an article: its summary, else the passages that match, else its title."""
    return hit.summary or " … ".join(snippet.text for snippet in hit.snippets) or hit.title


def _stamp(moment: str | None) -> str:
    """An RFC 3339 date with a time, which feeds require; a day without one begins at midnight UTC."""
    if moment is None:
        return _UNDATED
    return moment if "T" in moment else f"{moment}T00:00:00Z"


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{_ATOM_NS}}}{name}")
    if text is not None:
        child.text = without_controls(text)
    return child


def _link(parent: etree._Element, relation: str, target: str, media_type: str) -> None:
    _add(parent, "link").attrib.update({"rel": relation, "href": without_controls(target), "type": media_type})


def without_controls(text: str) -> str:
    """The text without the characters that XML 1.0 does not allow."""
    return _NOT_XML.sub("", text)
