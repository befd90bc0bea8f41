"""The site and the endpoint: `create_app` makes the Flask app that a server runs."""

from __future__ import annotations

from flask import Flask, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import RequestURITooLarge

from search.archive import Archive
from search.engines import open_engine
from search.engines.protocols import Engine
from search.request.reading import MAX_QUERY_STRING
from search.settings import Settings
from webui import headers, logs, problems
from webui.routing import ArticleIdConverter, mount
from webui.site import Site, attach

__all__ = ["create_app"]


class DeclaredJson(DefaultJSONProvider):
    """JSON in UTF-8, keys in the order of their declaration."""

    ensure_ascii = False
    sort_keys = False


def create_app(settings: Settings, engine: Engine | None = None) -> Flask:
    """The app over `engine`, or over the one `settings.index` names. An index that is not there yet is no error:
    the pages say what to do until it appears. Raises ConfigError if the index URL names no engine."""
    from webui import api, discovery, feeds, health, openapi, pages, sitemap

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = api.MAX_BODY_BYTES
    app.json = DeclaredJson(app)
    # An article id may hold two slashes in a row.
    app.url_map.merge_slashes = False
    app.url_map.converters["article"] = ArticleIdConverter
    attach(app, Site(settings, Archive(engine or open_engine(settings.index), settings)))
    logs.install(app)
    _bound_addresses(app)
    problems.install(app)
    headers.install(app)
    for module in (api, feeds, discovery, sitemap, health, openapi, pages):
        app.register_blueprint(module.blueprint)
    mount(app, settings.public_url)
    return app


def _bound_addresses(app: Flask) -> None:
    @app.before_request
    def _refuse() -> None:
        if len(request.query_string) > MAX_QUERY_STRING:
            raise RequestURITooLarge(f"At most {MAX_QUERY_STRING:,} characters may follow the question mark.")
