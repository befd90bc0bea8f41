"""The site that an app serves: its archive, where its addresses begin, and the search that an address asks for.

`public_url` may have a path, as in https://news.example/archive. Every link then begins with /archive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from werkzeug.routing import PathConverter
from werkzeug.sansio.utils import get_current_url

from search.archive import Archive, PinnedArchive
from search.request.reading import parse_search, without_tracking
from search.request.request import SearchRequest
from search.request.urls import Addresses, Rendering, article_id, path_prefix, quote_id
from search.settings import Settings
from webui.answer_cache import AnswerCache
from webui.frame import Frame
from webui.search_form import SectionChoices
from webui.turns import Turns

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

EXTENSION: Final = "backfile"
"""The key of the `Site` in `app.extensions`."""

UNSEEN: Final = frozenset({
    "index", "ledger", "detect_language", "languages", "section_map", "index_workers", "host", "port", "workers",
    "cors_origins", "deadline_seconds", "searches_at_once", "cache_bytes", "user_agent", "fetch_allow",
    "fetch_per_second", "log_level",
})  # fmt: skip
"""Settings that no whole answer depends on, or only by the index and by the order of the sections, which have versions
of their own. What depends on the others is another answer if they are others."""


@dataclass(slots=True)
class Site:
    """An archive with the settings it is served by; the `answers` given before, the `turns` of searches, and
    the `frames` of its pages of results, by where it is mounted. `look` tells apart the settings that answers show."""

    settings: Settings
    archive: Archive
    answers: AnswerCache = field(init=False)
    turns: Turns = field(init=False)
    frames: dict[str, Frame] = field(init=False, default_factory=dict)
    look: str = field(init=False)
    _sections: tuple[str, SectionChoices] = field(init=False, default=("", SectionChoices()))

    def __post_init__(self) -> None:
        self.answers = AnswerCache(self.settings.cache_bytes)
        self.turns = Turns(self.settings.searches_at_once)
        self.look = self.settings.model_dump_json(exclude=set(UNSEEN))

    def section_choices(self, archive: PinnedArchive) -> SectionChoices:
        """The sections of the archive at its commit, as options of the search form: made once for each commit."""
        known = self._sections
        if known[0] != archive.status.generation:
            self._sections = known = archive.status.generation, SectionChoices(archive.section_counts())
        return known[1]

    def absolute(self, path: str) -> str:
        """The whole address of a path on this site. The host is that of `public_url`, else that of the request."""
        return (_origin(self.settings.public_url) or _shown(request.scheme, request.host)) + path


@lru_cache(maxsize=64)
def _origin(address: str) -> str:
    """The scheme and the host of an address; "" if it is empty."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if address else ""


@lru_cache(maxsize=64)
def _shown(scheme: str, host: str) -> str:
    """The same for a request, its host in the letters that people read."""
    return _origin(get_current_url(scheme, host))


def attach(app: Flask, site: Site) -> None:
    """Makes `app` serve `site`: mounted below the path of its `public_url`, with `<article:id>` for routes."""
    # An article id may hold two slashes in a row.
    app.url_map.merge_slashes = False
    app.url_map.converters["article"] = ArticleIdConverter
    app.extensions[EXTENSION] = site
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
