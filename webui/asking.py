"""From an HTTP request to an answer, the same way for JSON, pages and feeds."""

from __future__ import annotations

from flask import request

from search.request.reading import parse_search, without_tracking
from search.request.request import SearchRequest
from search.request.urls import Addresses, Rendering
from webui.site import current_site


def asked_search(kind: Rendering) -> SearchRequest:
    """The search in the current address, for that rendering (see `search.request.urls.ROUTES`).

    Raises ParameterError. Pages forgive what mail and social sites hang on links; programs are told.
    """
    raw = request.query_string
    asked = without_tracking(raw) if kind == "html" else raw
    return parse_search(asked, kind=kind, time_zone=current_site().settings.time_zone)


def addresses(kind: Rendering) -> Addresses:
    """What writes the addresses of that rendering on the current site."""
    return Addresses(kind, request.script_root, current_site().settings.time_zone)
