"""The site and the JSON endpoint. `create_app` makes the Flask app that a server runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import RequestURITooLarge

from search.archive import Archive
from search.engines import open_engine
from search.engines.protocols import Engine
from search.request.reading import MAX_QUERY_STRING
from search.settings import Settings
from webui import compression, headers, logs, problems
from webui.site import Site, attach

__all__ = ["create_app"]


class DeclaredJson(DefaultJSONProvider):
    """JSON in UTF-8, with keys in the order in which they are declared."""

    ensure_ascii = False
    sort_keys = False


class _App(Flask):
    """Flask without support for asynchronous views: it would look at each function again for each request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings, engine: Engine | None = None) -> Flask:
    """The app for an archive: for that of `engine` if given, else for the one that `settings.index` names.

    The index need not exist yet; until it does, the pages say what to do. Raises ConfigError if no engine has that URL.
    """
    from webui import api, discovery, feeds, health, openapi, pages, removed, sitemap

    app = _App(__name__)
    app.config["MAX_CONTENT_LENGTH"] = api.MAX_BODY_BYTES
    app.json = DeclaredJson(app)
    attach(app, Site(settings, Archive(engine or open_engine(settings.index), settings)))
    logs.install(app)
    _limit_addresses(app)
    problems.install(app)
    headers.install(app)
    compression.install(app)
    for module in (api, removed, feeds, discovery, sitemap, health, openapi, pages):
        app.register_blueprint(module.blueprint)
    return app


def _limit_addresses(app: Flask) -> None:
    @app.before_request
    def _refuse() -> None:
        if len(request.query_string) > MAX_QUERY_STRING:
            raise RequestURITooLarge(f"At most {MAX_QUERY_STRING:,} characters may follow the question mark.")
