"""Addresses that forms send, as they should be: without empty parameters, and with dates as addresses have them."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from flask import Response, request

from webui.date_form import mended
from webui.languages import quoted_path
from webui.responses import led_to


def better(query_string: bytes) -> str | None:
    """The query string without its empty parameters, and with dates as addresses have them; None if it is so."""
    pairs = parse_qsl(query_string.decode("utf-8", "replace"), keep_blank_values=True)
    kept = [(name, value) for name, value in mended(pairs) if value]
    return urlencode(kept) if kept != pairs else None


def moved(query_string: str) -> Response:
    """A redirect to the same path with that query string."""
    address = request.script_root + quoted_path(request.path) + ("?" + query_string if query_string else "")
    response = led_to(address, 302)
    response.headers["Cache-Control"] = "no-cache"
    return response
