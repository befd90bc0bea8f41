"""The site that an app serves: its archive, where its addresses begin, and the search that an address asks for.

`public_url` may have a path, as in https://news.example/archive. Every link then begins with /archive.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qsl, urlsplit

from flask import Flask, current_app, g, request
from werkzeug.routing import PathConverter
from werkzeug.sansio.utils import get_current_url

from search.archive import Archive
from search.pinned_archive import PinnedArchive
from search.query_log.counter import QueryCounter
from search.request.reading import parse_search, without_tracking
from search.request.request import SearchRequest
from search.request.urls import Addresses, Rendering, article_id, path_prefix, quote_id
from search.settings import Settings
from search.translation import spoken
from webui import languages
from webui.answer_cache import AnswerCache
from webui.frame import Frame
from webui.observing import Observer
from webui.search_form import SectionChoices
from webui.turns import Turns

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

EXTENSION: Final = "backfile"
"""The key of the `Site` in `app.extensions`."""

UNSEEN: Final = frozenset({
    "index", "ledger", "detect_language", "languages", "section_map", "variants", "index_workers", "host", "port",
    "workers", "cors_origins", "deadline_seconds", "searches_at_once", "cache_bytes", "user_agent", "fetch_allow",
    "exports_at_once", "queue_seconds", "fetch_per_second", "mail_server", "mail_from", "alert_allow", "log_level",
    "query_log", "query_log_least", "metrics", "log_format", "log_queries", "log_addresses", "log_slow_seconds",
    "inbox", "webhooks", "inbox_most", "write_per_minute", "client_requests_per_minute", "trusted_proxies",
    "compat",
})  # fmt: skip
"""Settings that no whole answer depends on, or only by the index, the order of the sections and the variants, which
have versions of their own. What depends on the others is another answer if they are others."""


@dataclass(slots=True)
class Site:
    """An archive with the settings it is served by; the `answers` given before, the `turns` of searches, the places for
    `exports`, and the `frames` of its pages of results, by where it is mounted. `look` tells apart the settings that
    answers show. `queries` counts what readers ask, None if that is off. `observers` are told of each request."""

    settings: Settings
    archive: Archive
    answers: AnswerCache = field(init=False)
    turns: Turns = field(init=False)
    exports: threading.BoundedSemaphore = field(init=False)
    frames: dict[str, Frame] = field(init=False, default_factory=dict)
    look: str = field(init=False)
    queries: QueryCounter | None = field(init=False, default=None)
    observers: list[Observer] = field(init=False, default_factory=list)
    _sections: dict[str, tuple[str, SectionChoices]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.answers = AnswerCache(self.settings.cache_bytes)
        self.turns = Turns(self.settings.searches_at_once, self.settings.queue_seconds)
        self.exports = threading.BoundedSemaphore(self.settings.exports_at_once)
        self.look = self.settings.model_dump_json(exclude=set(UNSEEN))
        if self.settings.query_log:
            ledger, least = self.archive.ledger, self.settings.query_log_least
            self.queries = QueryCounter(ledger, self.settings.time_zone, least)

    def turn(self, *, part: bool = False, refusable: bool = True) -> AbstractContextManager[None]:
        """A turn among the searches of this worker, for the current request or for a cheaper `part` of it. Entering it
        may raise Busy, unless it is not `refusable`."""
        return self.turns.turn(f"{request.endpoint}{', in part' if part else ''}", refusable=refusable)

    def section_choices(self, archive: PinnedArchive) -> SectionChoices:
        """The sections of the archive at its commit, as options of the search form: made once for each commit and
        language."""
        known = self._sections.get(spoken())
        if known is None or known[0] != archive.status.generation:
            known = archive.status.generation, SectionChoices(archive.section_counts())
            self._sections[spoken()] = known
        return known[1]

    def absolute(self, path: str) -> str:
        """The whole address of a path on this site. The host is that of `public_url`, else that of the request."""
        return (_origin(self.settings.public_url) or _shown(request.scheme, request.host)) + path


def stated(name: str) -> str | None:
    """The first value of that name in the query string of the request, whatever bytes it has; None if it has no such.

    What Werkzeug offers raises UnicodeDecodeError for bytes that are not UTF-8, which clients may send unescaped.
    """
    written = request.query_string.decode("utf-8", "replace")
    return next((value for key, value in parse_qsl(written, keep_blank_values=True) if key == name), None)


@lru_cache(maxsize=64)
def _origin(address: str) -> str:
    """The scheme and the host of an address; "" if it is empty."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if address else ""


@lru_cache(maxsize=64)
def _shown(scheme: str, host: str) -> str:
    """The same for a request, its host in the letters that people read, as far as they can be told."""
    try:
        return _origin(get_current_url(scheme, host))
    except ValueError:  # Python knows IDNA as of 2003, which had no name with ß; and hosts may be anything that is sent
        return f"{scheme}://{host}"


def attach(app: Flask, site: Site) -> None:
    """Makes `app` serve `site`: mounted below the path of its `public_url`, in the languages that addresses name, with
    `<article:id>` for routes."""
    # An article id may hold two slashes in a row.
    app.url_map.merge_slashes = False
    app.url_map.converters["article"] = ArticleIdConverter
    app.url_map.converters["written"] = WrittenIdConverter
    app.extensions[EXTENSION] = site
    languages.install(app, site.settings.site_language)
    prefix = path_prefix(site.settings.public_url)
    if prefix:
        app.wsgi_app = mounted(app.wsgi_app, prefix)  # type: ignore[method-assign, assignment]


def current_site() -> Site:
    """The site that the current request is for."""
    return site_of(current_app)


def site_of(app: Flask) -> Site:
    """The site that an app serves."""
    return cast(Site, app.extensions[EXTENSION])


def asked_search(kind: Rendering) -> SearchRequest:
    """The search that the current address asks for, in that rendering (see `search.request.urls.ROUTES`): read once.

    Pages ignore the parameters that mail programs and social sites add to links; programs get an error.
    Raises ParameterError.
    """
    raw = request.query_string
    known: tuple[Rendering, bytes, SearchRequest] | None = g.get("asked_search")
    if known is not None and known[:2] == (kind, raw):
        return known[2]
    shown = without_tracking(raw) if kind == "html" else raw
    asked = parse_search(shown, kind=kind, time_zone=current_site().settings.time_zone)
    g.asked_search = kind, raw, asked
    return asked


def addresses(kind: Rendering) -> Addresses:
    """Writes addresses of that rendering on the current site."""
    return Addresses(kind, request.script_root, current_site().settings.time_zone)


class ArticleIdConverter(PathConverter):
    """`<article:id>` in a route: any id, whatever characters it holds (see `search.request.urls.quote_id`)."""

    regex = r"[^/][\s\S]*?"

    def to_python(self, value: str) -> str:
        return article_id(value)

    def to_url(self, value: str) -> str:
        return quote_id(value)


class WrittenIdConverter(ArticleIdConverter):
    """`<written:id>`: the same where the article itself is meant, and not what is asked about it."""

    regex = r"(?![\s\S]*/(?:related|why-not)\Z)[^/][\s\S]*?"


def mounted(application: WSGIApplication, prefix: str) -> WSGIApplication:
    """The WSGI application below the path `prefix`, which becomes its SCRIPT_NAME (PEP 3333).

    It answers whether or not a proxy has removed the prefix from the path.
    """

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(prefix + "/"):
            path = path[len(prefix) :]
        return application({**environ, "SCRIPT_NAME": prefix, "PATH_INFO": path or "/"}, start)

    return answer
