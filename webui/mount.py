"""A site below a path: `public_url` may be https://news.example/archive, and every link must begin with /archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

_Environ = dict[str, Any]
_Start = Callable[..., Any]
_Application = Callable[[_Environ, _Start], Iterable[bytes]]


def mount(app: Flask, public_url: str) -> None:
    """Makes `app` answer below the path of `public_url`, whether or not the proxy takes that path off."""
    prefix = urlsplit(public_url).path.rstrip("/")
    if prefix:
        app.wsgi_app = mounted(app.wsgi_app, prefix)  # type: ignore[method-assign]


def mounted(application: _Application, prefix: str) -> _Application:
    """The WSGI application with `prefix` as its SCRIPT_NAME (PEP 3333)."""

    def answer(environ: _Environ, start: _Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(prefix + "/"):
            path = path[len(prefix) :]
        return application({**environ, "SCRIPT_NAME": prefix, "PATH_INFO": path or "/"}, start)

    return answer
