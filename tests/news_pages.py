"""What the web server of a news site sends: pages, site maps and feeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from web_servers import Asked, reply

PROSE = "The river rose two metres overnight and the lower town was cleared before anyone was hurt. " * 3
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)
"""The namespaces of site maps."""
HTML = {"content_type": "text/html; charset=utf-8"}
"""The header of pages, as `reply` takes it."""


def page(title: str, head: str = "") -> str:
    """A page with an article of that title."""
    return f"<html><head><title>{title}</title>{head}</head><body><article><p>{PROSE}</p></article></body></html>"


def urlset(*addresses: str, more: str = "") -> str:
    """A site map of pages, each with some more elements."""
    rows = "".join(f"<url><loc>{address}</loc>{more}</url>" for address in addresses)
    return f'<?xml version="1.0"?><urlset {SPACES}>{rows}</urlset>'


def index(*addresses: str) -> str:
    """A site map of site maps."""
    rows = "".join(f"<sitemap><loc>{address}</loc></sitemap>" for address in addresses)
    return f"<sitemapindex {SPACES}>{rows}</sitemapindex>"


def rss(*items: str, head: str = "", attributes: str = "") -> str:
    """A feed."""
    spaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    title = "<title>News</title><language>en-GB</language>"
    body = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0" {spaces} {attributes}><channel>{title}{head}{body}</channel></rss>'


def serving(table: Mapping[str, Any]) -> Callable[[Asked], bytes]:
    """Answers from a table that may change: pages as text, whole answers as bytes, the rest is not there."""

    def respond(asked: Asked) -> bytes:
        answer = table.get(asked.path, reply("nothing here", 404))
        return answer if isinstance(answer, bytes) else reply(answer, **HTML)

    return respond
