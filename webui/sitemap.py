"""Where every article page is, for crawlers, which may not follow searches: https://www.sitemaps.org/protocol.html.

`/sitemap.xml` is an index of files; each file lists a fixed number of pages, the oldest article first, so that new
articles change the last files only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Final
from xml.sax.saxutils import escape

from flask import Blueprint, Response

from search.document import Moment
from search.errors import NotFound
from search.pinned_archive import PinnedArchive
from search.request.urls import Addresses
from search.translation import gettext as _
from webui.caching import conditional, entity_tag, from_archive
from webui.languages import mount
from webui.site import current_site

blueprint = Blueprint("sitemap", __name__)

PAGES_PER_FILE: Final = 10_000
"""The protocol allows 50,000 pages and 50 MB; of this many, each address may be as long as it allows."""
MAX_ADDRESS: Final = 2_047
"""Characters of an address, by the protocol. Pages with longer ones are left out."""
XML: Final = "application/xml"

_NS: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NUMBER: Final = re.compile("[1-9][0-9]{0,5}")


@blueprint.get("/sitemap.xml")
@from_archive
def index(archive: PinnedArchive) -> Response:
    """The index of all files; each changed with the last commit, as far as the index knows."""
    root = current_site().absolute(mount())
    changed = _written(archive.status.built_at)
    numbers = range(1, _files(archive.status.articles) + 1)
    rows = (_entry("sitemap", f"{root}/sitemap-{number}.xml", changed) for number in numbers)
    return Response(_document("sitemapindex", rows), content_type=XML)


@blueprint.get("/sitemap-<number>.xml")
def pages(number: str) -> Response:
    """One file of pages, sent while it is read. The first begins with the front page.

    Raises NotFound for any number that the index does not name.
    """
    site = current_site()
    with ExitStack() as held:
        archive = held.enter_context(site.archive.pinned())
        status = archive.status
        if not _NUMBER.fullmatch(number) or int(number) > _files(status.articles):
            raise NotFound(_("there is no such part of the sitemap; /sitemap.xml names those that there are"))
        root = site.absolute(mount())
        rows = _pages(archive, int(number), root)
        tag = entity_tag(status.generation, "sitemap", number, root)
        response = conditional(tag, lambda: Response(_document("urlset", rows), content_type=XML))
        response.call_on_close(held.pop_all().close)
        return response


def _files(articles: int) -> int:
    """How many files hold the front page and the articles."""
    return articles // PAGES_PER_FILE + 1


def _pages(archive: PinnedArchive, number: int, root: str) -> Iterator[str]:
    """The entries of one file. The front page is the first of all pages, so articles stand one place further on."""
    first = (number - 1) * PAGES_PER_FILE
    if first == 0:
        yield _entry("url", f"{root}/", None)
    addresses = Addresses()
    for head in archive.oldest(max(first - 1, 0), PAGES_PER_FILE - (first == 0)):
        address = root + addresses.article(head.id)
        if len(address) <= MAX_ADDRESS:
            moment = head.modified or head.published
            yield _entry("url", address, _written(moment) if moment else None)


def _document(name: str, entries: Iterable[str]) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{_NS}">\n'
    yield from entries
    yield f"</{name}>\n"


def _entry(name: str, address: str, changed: str | None) -> str:
    stamp = f"<lastmod>{changed}</lastmod>" if changed else ""
    return f"<{name}><loc>{escape(address)}</loc>{stamp}</{name}>\n"


def _written(moment: Moment) -> str | None:
    """W3C Datetime (https://www.w3.org/TR/NOTE-datetime), in UTC; None at the ends of the calendar, which UTC lacks."""
    if not isinstance(moment, datetime):
        return date.isoformat(moment)
    try:
        return moment.astimezone(UTC).isoformat(timespec="seconds")
    except OverflowError:
        return None
