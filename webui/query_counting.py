"""Counts what readers ask: a page of results is one asking, whether it was made, kept or answered with 304.

Only people count, and each search of theirs once. Headers are looked at to tell that, and nothing of them is kept.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from flask import Response, request

from search.query_log.normalising import countable
from search.request.request import SearchRequest
from search.results.cursor import START
from search.translation import LANGUAGES
from webui.caching import found_nothing
from webui.languages import mount
from webui.site import asked_search, current_site

_BROWSERS: Final = re.compile(r"(?:Mozilla|Opera|Lynx|w3m|E?Links|Dillo|NetSurf)\b")
"""How the names of browsers begin. Programs call themselves otherwise, or nothing."""
_ROBOTS: Final = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|headless|phantom|preview|lighthouse|monitor|pingdom|scan|https?://", re.IGNORECASE
)
"""What robots have in their names that begin as a browser's do. A Cubot is a telephone."""


_DESK: Final = re.compile(rf"(?:/(?:{'|'.join(LANGUAGES)}))?/desk(?:/|$)")
"""The pages of the desk, in any language."""


def count_query(response: Response) -> Response:
    """The response, after its query was counted if a reader asked for it: a first page of results, whole."""
    counter = current_site().queries
    if counter is None or request.method != "GET" or response.status_code not in (200, 304):
        return response
    asked = asked_search("html")
    if asked.q and asked.page == 1 and asked.cursor in (None, START) and _is_from_reader() and not _is_repeated(asked):
        counter.count(asked.q, filtered=_is_filtered(asked), found_nothing=found_nothing(response))
    return response


def _is_from_reader() -> bool:
    """Whether a person looks at the page now: no program, and no browser that fetches it in advance."""
    agent = request.headers.get("User-Agent", "")
    if not _BROWSERS.match(agent) or _ROBOTS.search(agent):
        return False
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return False
    return request.headers.get("Sec-Fetch-Dest", "document") == "document"


def _is_repeated(asked: SearchRequest) -> bool:
    """Whether the same person asks the same again: by loading the page again, or by a link from a page about that
    query, which may lead to another order or a filter. The desk's links are no questions of readers either."""
    if {"max-age=0", "no-cache"} & {part.strip() for part in request.headers.get("Cache-Control", "").split(",")}:
        return True
    try:
        before = urlsplit(request.referrer or "")
        queries = parse_qs(before.query, max_num_fields=1_000).get("q", [])
    except ValueError:
        return False
    if before.netloc not in (request.host, urlsplit(current_site().absolute("")).netloc):
        return False
    if _DESK.match(before.path.removeprefix(mount())):
        return True
    return bool(queries) and countable(queries[-1]) == countable(asked.q)


def _is_filtered(asked: SearchRequest) -> bool:
    return bool(asked.keywords or asked.start or asked.end or asked.periods or asked.fields_searched)
