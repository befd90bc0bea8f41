"""Conditional requests: who asks again while the index is the same gets 304 and no body.

The tags are weak (RFC 9110, section 8.8.1): two answers with the same tag say the same, but `took_ms` differs,
and the day is part of the tag because the age of the articles, measured in days, is part of their scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from flask import Response, request

from search.results.response import SearchResponse

CACHE_CONTROL: Final = "public, max-age=0, must-revalidate"
"""May be kept, must be asked about each time: a new article shows at once, an old answer costs one 304."""

VERSION: Final = version("backfile")


def entity_tag(generation: str, *others: str) -> str:
    """The opaque part of a tag: changes with the index, the program, the day in UTC, and whatever else is given."""
    content = "\n".join((generation, VERSION, datetime.now(UTC).date().isoformat(), *others))
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def once(response: Response, found: SearchResponse) -> Response:
    """The response, not to be kept if the search ran out of time: asked again it may say more."""
    if found.timed_out:
        response.cache_control.no_store = True
    return response


def conditional(tag: str, make: Callable[[], Response]) -> Response:
    """304 if the client has that already, else what `make` gives, tagged, unless `once` has said otherwise of it."""
    response = Response(status=304) if request.if_none_match.contains_weak(tag) else make()
    if response.cache_control.no_store:
        return response
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response
