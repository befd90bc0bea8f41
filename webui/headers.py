"""The headers of every response: what a browser may do with it, and which other sites may read it."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from webui.site import current_site

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
}

READ_METHODS: Final = "GET, HEAD, OPTIONS"
PREFLIGHT_SECONDS: Final = 86_400
_SHARED_PREFIXES: Final = ("/api/", "/openapi.json", "/search.")
_EXPOSED: Final = "Backfile-Total, ETag, Link, Retry-After"


def install(app: Flask) -> None:
    """Adds the headers to every response of the app, errors included."""

    @app.after_request
    def _add(response: Response) -> Response:
        response.headers.extend(SECURITY_HEADERS)  # no response has one of its own: see the test
        if request.path.startswith(_SHARED_PREFIXES):
            _allow_origin(response)
        return response


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
