"""Conditional requests: who asks again while the index is the same gets 304 and no body.

The tags are weak (RFC 9110, section 8.8.1): two answers with the same tag say the same, but `took_ms` differs,
and scores move with the age of the articles by less than anyone can see within the hour that is part of the tag.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from flask import Response, request

CACHE_CONTROL: Final = "public, max-age=0, must-revalidate"
"""May be kept, must be asked about each time: a new article shows at once, an old answer costs one 304."""

VERSION: Final = version("backfile")


def current_minute() -> datetime:
    """The time that a request is answered at: whole minutes, so that "now-7d" asked twice is the same question."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def entity_tag(generation: str, address: str, *others: str) -> str:
    """The opaque part of a tag: changes with the index, the program, the hour, and whatever else is given."""
    hour = datetime.now(UTC).strftime("%Y-%m-%dT%H")
    content = "\n".join((generation, VERSION, hour, address, *others))
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def conditional(tag: str, make: Callable[[], Response]) -> Response:
    """304 if the client has that already, else what `make` gives, tagged."""
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        response = make()
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response
