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

from search.results.response import OUT_OF_TIME, SearchResponse

CACHE_CONTROL: Final = "public, max-age=0, must-revalidate"
"""May be kept, must be asked about each time: a new article shows at once, an old answer costs one 304."""

VERSION: Final = version("backfile")


def current_minute() -> datetime:
    """The time that a request is answered at: whole minutes, so that "now-7d" asked twice is the same question."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def entity_tag(generation: str, *others: str) -> str:
    """The opaque part of a tag: changes with the index, the program, the day in UTC, and whatever else is given."""
    content = "\n".join((generation, VERSION, datetime.now(UTC).date().isoformat(), *others))
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def once(response: Response, found: SearchResponse) -> Response:
    """The response, not to be kept if the search ran out of time: asked again it may say more."""
    if any(warning.startswith(OUT_OF_TIME) for warning in found.warnings):
        response.cache_control.no_store = True
    return response


def conditional(tag: str, make: Callable[[], Response]) -> Response:
    """304 if the client has that already, else what `make` gives, tagged, unless `once` has said otherwise of it."""
    known = request.if_none_match
    # "*" is any answer that there is (RFC 9110, section 13.1.2): `make` raises where there is none.
    response = Response(status=304) if known.contains_weak(tag) and not known.star_tag else make()
    if known.star_tag:
        response.close()
        response = Response(status=304)
    if response.cache_control.no_store:
        return response
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response
