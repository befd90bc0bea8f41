"""Cursors: positions in a long list of hits, each as one opaque word for a URL.

A cursor holds the generation of the index it was made for, a digest of the search, the time from which its relative
dates and recency are measured, and the last hit's sort key and id.
It grants nothing: a forged cursor only asks another question.
"""

from __future__ import annotations

import binascii
import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Final, NoReturn

from search.engines.plan import After
from search.errors import CursorExpired, ParameterError
from search.request.request import SearchRequest
from search.translation import gettext as _

START: Final = "*"
"""The cursor before the first hit."""

_FROM_START: Final = f"cursor={START}"
_VERSION: Final = b"\x02"
_MAX_LENGTH: Final = 20_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position after one hit of one search in one generation of the index. `now` is aware."""

    generation: str
    digest: str
    now: datetime
    after: After


def search_digest(request: SearchRequest) -> str:
    """Equal for requests with absolute dates that find the same hits in the same order."""
    search = (
        request.q,
        request.fields_searched,
        request.keywords,
        request.start,
        request.end,
        request.periods,
        request.date,
        request.time_zone,
        request.effective_sort(),
        request.operator,
    )
    return hashlib.blake2b(repr(search).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def encode(cursor: Cursor) -> str:
    """The cursor as letters, digits, "-" and "_"."""
    fields = (
        cursor.generation,
        cursor.digest,
        cursor.now.astimezone(UTC).isoformat(),
        None if cursor.after.sort_key is None else float(cursor.after.sort_key),
        cursor.after.id,
        cursor.after.preferred,
    )
    return urlsafe_b64encode(_VERSION + json.dumps(fields).encode("ascii")).rstrip(b"=").decode("ascii")


def decode(text: str) -> Cursor:
    """The cursor that `encode` wrote; raises ParameterError for any other text."""
    if len(text) > _MAX_LENGTH:
        _refuse()
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        fields = json.loads(raw[1:].decode("ascii"), parse_constant=lambda _: None)
        cursor = _cursor(fields)
    except (binascii.Error, ValueError, OverflowError, RecursionError):
        _refuse()
    if raw[:1] != _VERSION or encode(cursor) != text:
        _refuse()
    return cursor


def _cursor(fields: object) -> Cursor:
    match fields:
        case [str(generation), str(digest), str(now), (float() | None) as key, str(id), bool(preferred)]:
            moment = datetime.fromisoformat(now)
            if moment.tzinfo is not None and (key is None or isfinite(key)):
                return Cursor(generation, digest, moment.astimezone(UTC), After(key, id, preferred))
    raise ValueError("fields missing")


def _refuse() -> NoReturn:
    message = _("not a cursor of this service; begin with %(cursor)s and follow links.next", cursor=_FROM_START)
    raise ParameterError("cursor", message)


def resume(text: str, request: SearchRequest, generation: str) -> Cursor:
    """The cursor, if it was made for this search and this generation of the index.

    Relative dates of the request are counted back from the cursor's own time.
    Raises ParameterError, or CursorExpired if the index has changed since.
    """
    cursor = decode(text)
    if cursor.generation != generation:
        message = _("the index has changed since this cursor was made; begin again with %(cursor)s", cursor=_FROM_START)
        raise CursorExpired(message)
    if cursor.digest != search_digest(request.resolved(cursor.now)):
        message = _(
            "made for another search; keep every parameter the same, or begin with %(cursor)s", cursor=_FROM_START
        )
        raise ParameterError("cursor", message)
    return cursor
