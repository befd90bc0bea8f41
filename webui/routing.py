"""Where the site's addresses begin, and how an article's id stands in one.

`public_url` may be https://news.example/archive; every link must then begin with /archive.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.routing import PathConverter

from search.request.urls import article_id, path_prefix, quote_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ArticleIdConverter(PathConverter):
    """`<article:id>` in a route: any id, however it is spelled, through every proxy and browser (see `quote_id`)."""

    regex = r"[^/][\s\S]*?"

    def to_python(self, value: str) -> str:
        return article_id(value)

    def to_url(self, value: str) -> str:
        return quote_id(value)


def mount(app: Flask, public_url: str) -> None:
    """Makes `app` answer below the path of `public_url`, whether or not the proxy takes that path off."""
    prefix = path_prefix(public_url)
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
