"""The headers of every response: what a browser may do with it, and which other sites may read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, request

from search.request.urls import path_prefix
from webui.site import current_site, site_of

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

SECURITY_HEADERS: Final[dict[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT_TRANSPORT: Final = "max-age=31536000"
"""A year of https alone, for this host and not for those below it, which may be somebody else's (RFC 6797)."""

READ_METHODS: Final = "GET, HEAD, OPTIONS"
PREFLIGHT_SECONDS: Final = 86_400
_SHARED_PREFIXES: Final = ("/api/", "/compat/", "/openapi.json", "/search.")
_EXPOSED: Final = (
    "Backfile-Complete, Backfile-Missing, Backfile-Rows, Backfile-Total, ETag, Link, Retry-After, X-Request-ID"
)


def install(app: Flask) -> None:
    """Adds the headers to every response of the app: errors, and what is answered before Flask is asked, included."""
    app.wsgi_app = _with_headers(app.wsgi_app, _of_every_response(site_of(app).settings.public_url))  # type: ignore[method-assign, assignment]

    @app.after_request
    def _add(response: Response) -> Response:
        if request.path.startswith(_SHARED_PREFIXES):
            _allow_origin(response)
        return response


def _of_every_response(public_url: str) -> list[tuple[str, str]]:
    """Below a path the host is that of another site as well, which has to promise for itself to stay under https."""
    stays = public_url.startswith("https://") and not path_prefix(public_url)
    return [*SECURITY_HEADERS.items(), *([("Strict-Transport-Security", STRICT_TRANSPORT)] if stays else [])]


def _with_headers(application: WSGIApplication, added: list[tuple[str, str]]) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        def begin(
            status: str, headers: list[tuple[str, str]], exc_info: OptExcInfo | None = None, /
        ) -> Callable[[bytes], object]:
            return start(status, [*headers, *added], exc_info)  # no response has one of its own: see the test

        return application(environ, begin)

    return answer


def _allow_origin(response: Response) -> None:
    """Adds the headers of CORS (https://fetch.spec.whatwg.org/#http-cors-protocol). There are no users, so credentials
    are never allowed."""
    allowed = current_site().settings.cors_origins
    if not allowed:
        return
    origin = request.headers.get("Origin")
    if "*" in allowed:
        response.headers.add("Access-Control-Allow-Origin", "*")
    else:
        response.vary.add("Origin")
        if origin not in allowed:
            return
        response.headers["Access-Control-Allow-Origin"] = origin
    response.headers.add("Access-Control-Expose-Headers", _EXPOSED)
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", READ_METHODS)
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, If-None-Match"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
