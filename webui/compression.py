"""Answers travel compressed where the client takes it (RFC 9110, section 12.5.3): a page of 60 kB as 11.

Compressing says how long a text is that an attacker can mix with a secret. Here are no secrets: no cookies, no users.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

try:  # the same format, ten times as fast; there is no build of it for rare processors
    from isal.igzip import compress

    _LEVEL = 2
except ImportError:
    from gzip import compress  # type: ignore[assignment]

    _LEVEL = 4  # a third of the time of the usual level 9, for a few hundredths more bytes

GZIP: Final = "gzip"
MIN_BYTES: Final = 1_000
"""The shortest body that is compressed; a shorter one fits into one packet as it is."""

_TYPES: Final = frozenset({"application/javascript", "application/json", "application/xml", "image/svg+xml"})
_ENDINGS: Final = ("+json", "+xml")


def install(app: Flask) -> None:
    """Compresses every answer of the app that gains by it."""
    app.after_request(compressed)


def accepted_coding() -> str:
    """The coding that the client would rather have: GZIP, or "" for none."""
    accepted = request.accept_encodings
    gzip = accepted.quality(GZIP) or accepted.quality("x-gzip")
    plain = accepted.quality("identity") if "identity" in accepted.values() else 0.0
    return GZIP if gzip > 0 and gzip >= plain else ""


def compressed(response: Response) -> Response:
    """The response, its body compressed if that is worth it and the client takes it.

    Left as they are: parts of a body, bodies that are sent while they are made, and kinds that are compressed already.
    """
    if not _is_worth_it(response):
        return response
    response.vary.add("Accept-Encoding")
    if accepted_coding() != GZIP:
        return response
    response.direct_passthrough = False
    response.set_data(compress(response.get_data(), _LEVEL))
    response.headers["Content-Encoding"] = GZIP
    response.headers.pop("Accept-Ranges", None)
    tag, is_weak = response.get_etag()
    if tag is not None and not is_weak:
        # A strong tag promises the same bytes in every coding (RFC 9110, section 8.8.3.3).
        response.set_etag(tag, weak=True)
    return response


def _is_worth_it(response: Response) -> bool:
    if response.status_code == 206 or "Content-Encoding" in response.headers:
        return False
    kind = response.mimetype or ""
    if not (kind.startswith("text/") or kind in _TYPES or kind.endswith(_ENDINGS)):
        return False
    if response.is_streamed and not response.direct_passthrough:
        return False
    return (response.content_length or response.calculate_content_length() or 0) >= MIN_BYTES
