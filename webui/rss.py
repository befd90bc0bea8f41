"""A search as an RSS 2.0 feed, for the readers of feeds that know no other.

https://www.rssboard.org/rss-specification, with the OpenSearch elements, `atom:link` and `dc:creator` that the
specification of best practices names (https://www.rssboard.org/rss-profile).
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from flask import Blueprint, Response, request
from lxml import etree

from search.pinned_archive import PinnedArchive
from search.results.response import Hit, SearchResponse
from search.translation import gettext as _
from webui.caching import from_archive
from webui.feeds import (
    OPENSEARCH_NS,
    about,
    add_paging,
    article_urn,
    feed_links,
    feed_title,
    rendered,
    without_controls,
)
from webui.site import current_site

blueprint = Blueprint("rss", __name__)

RSS: Final = "application/rss+xml"
_SPACES: Final = {
    "atom": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "opensearch": OPENSEARCH_NS,
}


@blueprint.get("/search.rss")
@from_archive
def rss(archive: PinnedArchive) -> Response:
    """The search as an RSS 2.0 feed with OpenSearch elements, newest first by default."""
    return rendered(archive, "rss", rss_of)


def rss_of(found: SearchResponse) -> Response:
    """An answer as an RSS feed."""
    site = current_site()
    root = etree.Element("rss", nsmap=_SPACES, version="2.0")
    channel = etree.SubElement(root, "channel")
    _add(channel, "title", feed_title(found))
    _add(channel, "link", site.absolute(found.links.html))
    _add(channel, "description", _("Articles of %(title)s, found by a search", title=site.settings.title))
    moments = [hit.modified or hit.published for hit in found.hits]
    newest = max((_moment(moment) for moment in moments if moment), default=_moment(found.index.built_at))
    _add(channel, "lastBuildDate", format_datetime(newest, usegmt=True))
    _add(channel, "generator", "Backfile")
    for relation, target, media_type in feed_links(found, RSS):
        if relation != "alternate":
            _link(channel, relation, site.absolute(target), media_type)
    description = f"{request.script_root}/opensearch.xml"
    _link(channel, "search", site.absolute(description), "application/opensearchdescription+xml")
    add_paging(channel, found)
    for hit in found.hits:
        _add_item(channel, hit)
    body = etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return Response(body, content_type=f"{RSS}; charset=utf-8")


def _add_item(channel: etree._Element, hit: Hit) -> None:
    item = etree.SubElement(channel, "item")
    _add(item, "title", hit.title)
    _add(item, "link", hit.url or current_site().absolute(hit.article_url))
    _add(item, "description", about(hit))
    for author in hit.authors:
        _add(item, f"{{{_SPACES['dc']}}}creator", author)
    for term in (*hit.sections, *hit.tags):
        _add(item, "category", term)
    _add(item, "guid", article_urn(hit.id)).set("isPermaLink", "false")
    if hit.published:
        _add(item, "pubDate", format_datetime(_moment(hit.published), usegmt=True))


def _moment(text: str) -> datetime:
    """A date in RFC 3339 as an instant in UTC; a day without a time begins at midnight."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    child = etree.SubElement(parent, name)
    child.text = without_controls(text)
    return child


def _link(channel: etree._Element, relation: str, target: str, media_type: str) -> None:
    link = etree.SubElement(channel, f"{{{_SPACES['atom']}}}link", rel=relation, type=media_type)
    link.set("href", without_controls(target))
