"""The responses of pages and of the endpoint, with the headers that all of one kind have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flask import Response, render_template, request

HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.1"


def page(template: str, *, status: int = 200, **context: object) -> Response:
    """A template as a page."""
    return Response(render_template(template, **context), status, content_type=HTML)


def sent(body: bytes, links: Iterable[tuple[str, str, str]] = (), content_type: str = JSON) -> Response:
    """An answer for programs, with `links` (relation, target, media type) and that to the description of the endpoint
    in the header `Link` (RFC 8288, RFC 8631)."""
    response = Response(body, content_type=content_type)
    described = ("service-desc", f"{request.script_root}/openapi.json", OPENAPI)
    for relation, target, media_type in (*links, described):
        response.headers.add("Link", f'<{target}>; rel="{relation}"; type="{media_type}"')
    return response


def led_to(address: str, status: int = 303) -> Response:
    """An answer without a body that leads to another address; 303 is for who has sent a form."""
    response = Response(status=status)
    response.headers["Location"] = address
    return response


def kept_nowhere(response: Response) -> Response:
    """The response with headers that have no cache keep it and no search engine list it: what editors see and do."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
