"""Conditional requests: a client that asks again gets 304 and no body as long as the index stays the same.

The entity tags are weak (RFC 9110, section 8.8.1), because answers with the same tag may differ in `took_ms`.
They change every day, because the age of the articles in days is part of their scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from typing import Concatenate, Final, ParamSpec

from flask import Response, request

from search.archive import PinnedArchive, current_minute
from search.results.response import RelatedResponse, SearchResponse
from webui.site import current_site

CACHE_CONTROL: Final = "public, max-age=0, must-revalidate"
"""May be cached if revalidated: new articles show at once, and an unchanged answer costs one 304."""

VERSION: Final = version("backfile")

_APPEARANCE: Final = tuple(Path(__file__).with_name(name) for name in ("static", "templates"))

Arguments = ParamSpec("Arguments")


def from_archive(view: Callable[Concatenate[PinnedArchive, Arguments], Response]) -> Callable[Arguments, Response]:
    """A decorator: passes the pinned archive to a view, and answers conditional requests.

    The answer may depend only on the archive, the address, `Accept`, and, if the address contains a relative time, on
    the minute.
    """

    @wraps(view)
    def respond(*args: Arguments.args, **named: Arguments.kwargs) -> Response:
        with current_site().archive.pinned() as archive:
            return conditional(_tag(archive), lambda: view(archive, *args, **named))

    return respond


def _tag(archive: PinnedArchive) -> str:
    minute = current_minute().isoformat() if b"now" in request.query_string else ""
    accepted = request.headers.get("Accept", "")
    return entity_tag(archive.status.generation, request.url, accepted, minute, appearance())


def entity_tag(generation: str, *others: str) -> str:
    """The opaque part of an entity tag, from the index, the program, the day in UTC, and whatever else is given."""
    content = "\n".join((generation, VERSION, datetime.now(UTC).date().isoformat(), *others))
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


@cache
def appearance() -> str:
    """A short hash of all templates and static files."""
    files = sorted(path for folder in _APPEARANCE for path in folder.iterdir() if path.is_file())
    return hashlib.blake2b(b"".join(path.read_bytes() for path in files), digest_size=6).hexdigest()


def unless_timed_out(response: Response, found: SearchResponse | RelatedResponse) -> Response:
    """The response; not to be cached if the search ran out of time, because a second try may find more."""
    if found.timed_out:
        response.cache_control.no_store = True
    return response


def conditional(tag: str, make: Callable[[], Response]) -> Response:
    """304 if the client has that already, else what `make` gives, tagged unless it must not be stored."""
    known = request.if_none_match
    # "*" is any answer that there is (RFC 9110, section 13.1.2): `make` raises where there is none.
    response = Response(status=304) if known.contains_weak(tag) and not known.star_tag else make()
    if known.star_tag:
        response.close()
        response = Response(status=304)
    if response.cache_control.no_store or response.status_code not in (200, 304):
        return response
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response
