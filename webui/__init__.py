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
from search.translation import gettext as _
from search.translation import number
from webui import compression, headers, limiting, logs, observing, problems
from webui.json_body import MAX_BODY_BYTES
from webui.site import Site, attach, site_of

__all__ = ["create_app"]


class DeclaredJson(DefaultJSONProvider):
    """JSON in UTF-8, with keys in the order in which they are declared."""

    ensure_ascii = False
    sort_keys = False


class _App(Flask):
    """Flask without support for asynchronous views: it would look at each function again for each request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings, engine: Engine | None = None, *, workers: int = 1) -> Flask:
    """The app for an archive: for that of `engine` if given, else for the one that `settings.index` names. It is one of
    so many `workers`, among which the requests of one client are divided.

    The index need not exist yet; until it does, the pages say what to do. Raises ConfigError if no engine has that URL.
    """
    from webui import (
        api,
        article_batch,
        browsing,
        citing,
        coverage,
        discovery,
        exports,
        feeds,
        health,
        llms_txt,
        openapi,
        pages,
        removed,
        replica,
        rss,
        saved,
        searches,
        sitemap,
        writing,
    )

    app = _App(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json = DeclaredJson(app)
    attach(app, Site(settings, Archive(engine or open_engine(settings.index), settings)))
    site = site_of(app)
    site.observers = observing.install(app)
    logs.install(app, settings)
    _limit_addresses(app)
    limiting.install(app, settings, workers)
    problems.install(app)
    headers.install(app)
    compression.install(app)
    modules = (
        api,
        searches,
        removed,
        feeds,
        rss,
        exports,
        citing,
        discovery,
        sitemap,
        llms_txt,
        health,
        openapi,
        browsing,
        coverage,
        saved,
        writing,
        article_batch,
        replica,
        pages,
    )
    for module in modules:
        app.register_blueprint(module.blueprint)
    if settings.desk:
        from webui import choices, desk, desk_queries, judgements, judging

        for each in (desk, choices, desk_queries, judging, judgements):
            app.register_blueprint(each.blueprint)
    if settings.compat:
        from webui.compat import guardian, nyt

        for dialect in (guardian, nyt):
            app.register_blueprint(dialect.blueprint)
    return app


def _limit_addresses(app: Flask) -> None:
    @app.before_request
    def _refuse() -> None:
        if len(request.query_string) > MAX_QUERY_STRING:
            most = number(MAX_QUERY_STRING)
            raise RequestURITooLarge(_("At most %(n)s characters may follow the question mark.", n=most))
