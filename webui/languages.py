"""The language of the site: that of the first part of an address, as in `/tr/search`, else the one that is set.

`/tr` becomes part of where the site is mounted (SCRIPT_NAME, PEP 3333), so every link on a page keeps the language, and
whatever is kept by the place of the site is kept for each language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import Flask, current_app, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from search.request.reading import MAX_QUERY_STRING, without_tracking
from search.translation import LANGUAGES, gettext, speaking, spoken
from search.translation.messages import translated, translated_count, translated_in
from webui.direction import Direction, direction

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PREFIX: Final = "backfile.language_prefix"
"""Where a request has what its address says of the language, such as "/tr"; "" if nothing."""


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """The way to the same page in another language; `name` is what the language calls itself."""

    tag: str
    name: str
    url: str
    current: bool


def install(app: Flask, language: str) -> None:
    """Makes the app speak `language` at addresses that name none."""
    app.wsgi_app = spoken_by_address(app.wsgi_app, language)  # type: ignore[method-assign, assignment]
    app.jinja_env.add_extension("jinja2.ext.i18n")
    fill_in: Any = app.jinja_env  # Jinja adds the method with the extension
    fill_in.install_gettext_callables(translated, translated_count, newstyle=True, pgettext=translated_in)


def spoken_by_address(application: WSGIApplication, language: str) -> WSGIApplication:
    """The WSGI application, which speaks the language that the first part of the path names, else `language`.

    An address that names what would be spoken without it leads to the one that does not, so that each page has one.
    """

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        named, _, rest = path[1:].partition("/")
        root = environ.get("SCRIPT_NAME", "")
        if named not in LANGUAGES:
            return _speaking(application, language, {**environ, _PREFIX: ""}, start)
        if named == language or path == f"/{named}":
            return _moved(environ, f"{root}/{rest}" if named == language else f"{root}/{named}/", start)
        prefix = f"/{named}"
        inner = {**environ, "SCRIPT_NAME": root + prefix, "PATH_INFO": f"/{rest}", _PREFIX: prefix}
        return _speaking(application, named, inner, start)

    return answer


def _speaking(
    application: WSGIApplication, language: str, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    # Files that are written after this are for programs, and in English in every language.
    with speaking(language):
        return application(environ, start)


def _moved(environ: WSGIEnvironment, path: str, start: StartResponse) -> Iterable[bytes]:
    response, query = Response(status=308), environ.get("QUERY_STRING", "")
    # Two slashes at the start would lead to another site.
    address = "/" + quoted_path(path.encode("latin-1", "replace")).lstrip("/")
    response.headers["Location"] = f"{address}?{query}" if query else address
    return response(environ, start)


def quoted_path(path: str | bytes) -> str:
    """The path as it stands in an address: percent-encoded, so that no sign in it means anything there."""
    return quote(path, safe="/:@!$&'()*+,;=~")


def mount() -> str:
    """Where the site begins in every language: the root of the current address without its language."""
    return request.script_root.removesuffix(request.environ.get(_PREFIX, ""))


def page_direction() -> Direction:
    """Which way the site's own words are read."""
    return direction(spoken(), "")


def language_links(language: str) -> tuple[LanguageLink, ...]:
    """The ways to the current page in each language; `language` is the one that addresses without any have.

    What was sent to the page, such as a draft, is in no address: the way leads to the page as it is without it.
    """
    # A page is kept for all readers: marks of the one who came first must not go on to the others.
    query = without_tracking(request.query_string).decode("ascii", "replace")
    # An address that is refused for its length is not repeated.
    is_too_long = len(request.path) + len(query) > MAX_QUERY_STRING
    path = (quoted_path(request.path) + (f"?{query}" if query else "")) if _can_be_read() and not is_too_long else "/"
    root = mount()
    return tuple(
        LanguageLink(tag, name, root + ("" if tag == language else f"/{tag}") + path, tag == spoken())
        for tag, name in LANGUAGES.items()
    )


def languages_html(language: str) -> Markup:
    """Those ways as markup. Written here, since it stands on every page, and a template takes several times as long."""
    listed = "".join([_item(link) for link in language_links(language)])
    label = escape(gettext("Language of the site"))
    return Markup(f'<nav class="languages" aria-label="{label}">\n<ul>\n{listed}</ul>\n</nav>')  # noqa: S704 - escaped


def _item(link: LanguageLink) -> str:
    current = ' aria-current="true"' if link.current else ""
    return (
        f'<li><a href="{escape(link.url)}" lang="{link.tag}" hreflang="{link.tag}"{current} rel="nofollow">'
        f"{link.name}</a></li>\n"
    )


def _can_be_read() -> bool:
    """Whether the current address answers GET."""
    if request.method in ("GET", "HEAD"):
        return True
    try:
        return current_app.url_map.bind("").test(request.path, "GET")
    except (HTTPException, RequestRedirect):
        return False
