"""A site below a path: `public_url` may be https://news.example/archive, and every link must begin with /archive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def mount(app: Flask, public_url: str) -> None:
    """Makes `app` answer below the path of `public_url`, whether or not the proxy takes that path off."""
    prefix = urlsplit(public_url).path.rstrip("/")
    if prefix:
        app.wsgi_app = mounted(app.wsgi_app, prefix)  # type: ignore[method-assign, assignment]


def mounted(application: WSGIApplication, prefix: str) -> WSGIApplication:
    """The WSGI application with `prefix` as its SCRIPT_NAME (PEP 3333)."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(prefix + "/"):
            path = path[len(prefix) :]
        return application({**environ, "SCRIPT_NAME": prefix, "PATH_INFO": path or "/"}, start)

    return answer
