"""Finds the REST API of a site from its front page, and tells whether it answers.

WordPress names it in the header `Link` and in the head of each page, with the relation https://api.w.org/; sites that
have taken that out still have it at the usual places.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from index.article import Source
from index.extraction.html_tree import MAX_PAGE_ELEMENTS, parse_html
from index.fetching import Fetched, FetchError
from index.fetching.address import follow, read_address
from index.identity import source_key
from index.sources.encoding import decode
from index.sources.reading import Reading
from index.sources.wordpress.api import REFUSED, Api, ApiError
from index.sources.wordpress.login import Login
from index.sources.wordpress.site import ROOT, Site
from search.errors import SourceError

MAX_LINKS: Final = 500
"""Links in the head of a page that are looked at."""

_RELATION: Final = "https://api.w.org/"
_HEADER: Final = re.compile(r"""<([^<>]{1,2000})>[^,<>]{0,200};\s*rel=["']?https://api\.w\.org/["']?""")
_USUAL: Final = ("/wp-json/", "/?rest_route=/")
_NAMESPACE: Final = "wp/v2"
_IS_API: Final = re.compile(rb'"namespaces"\s*:\s*\[|"namespace"\s*:\s*""')
_LASTING: Final = frozenset({"page", "disallowed"})


def is_api(head: bytes) -> bool:
    """The first bytes of the index of an API: what it is called, and the namespaces that it has."""
    return head.lstrip()[:1] == b"{" and _IS_API.search(head) is not None


def site_at(location: str, fetched: Fetched, reading: Reading) -> Source:
    """The site whose API is at `location`. Raises SourceError if it cannot be used."""
    api = _api(fetched.url, location, reading)
    _require(api)
    return Site(location, reading, api)


def find_site(location: str, fetched: Fetched, reading: Reading) -> Source | None:
    """The site of which a front page was fetched; None if it has no API of WordPress, or none that may be asked.

    Raises SourceError if it has one that does not answer for now, or that an earlier run has read: the same site read
    in another way would be another archive.
    """
    named = list(_named(fetched))
    for root in named or _guessed(fetched):
        try:
            api = _api(root, location, reading)
            _require(api)
        except SourceError as error:
            if named:
                _judge(error, location, reading)
            continue
        return Site(location, reading, api)
    return None


def _judge(error: SourceError, location: str, reading: Reading) -> None:
    """Goes on without the API, or raises why not."""
    is_closed = isinstance(error, ApiError) and (error.status in REFUSED | {404, 410} or error.code in _LASTING)
    was_read = reading.state is not None and reading.state.get(source_key(location), ROOT) is not None
    has_login = bool(Login.from_environment(os.environ).user)
    if not is_closed or was_read or has_login:
        raise error
    reading.say(location, f"a site with WordPress, whose API cannot be used: {error.reason}")


def _named(fetched: Fetched) -> Iterator[str]:
    """The roots that the header and the head of the page name."""
    stated = [match[1] for match in _HEADER.finditer(fetched.headers.get("link", "")[:10_000])]
    if not stated:
        page = parse_html(decode(fetched.body, markup=True), most=MAX_PAGE_ELEMENTS)
        links = islice(page.getroottree().iter("link"), MAX_LINKS)
        stated = [link.get("href", "") for link in links if _RELATION in link.get("rel", "").split()]
    for address in dict.fromkeys(stated[:5]):
        try:
            yield follow(read_address(fetched.url), address).url
        except FetchError:
            continue


def _guessed(fetched: Fetched) -> Iterator[str]:
    site = read_address(fetched.url).site
    return (f"{site}{path}" for path in _USUAL)


def _api(root: str, location: str, reading: Reading) -> Api:
    if reading.fetcher is None:
        raise ValueError("nothing was fetched, so nothing is discovered")
    login = Login.from_environment(os.environ)
    return Api(root, reading.fetcher, login.headers_for(root, location, reading.fetcher))


def _require(api: Api) -> None:
    """Raises ApiError if there is no API at its root, or if it gives no posts."""
    found: Any = api.get("").value
    namespaces = found.get("namespaces") if isinstance(found, dict) else None
    if not isinstance(namespaces, list) or _NAMESPACE not in namespaces:
        raise ApiError(api.root, f"it has no API of WordPress ({_NAMESPACE})", status=404, code="no_api")
    api.get("wp/v2/posts", {"per_page": 1, "_fields": "id"})
