"""The pages for people: the front page, a search, an article. Plain HTML that works without JavaScript."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from flask import Blueprint, Response, render_template, request

from search.archive import PinnedArchive
from search.request.reading import parse_article, without_tracking
from webui.article_html import heading_id
from webui.article_page import article_view, value_url
from webui.asking import addresses, asked_search
from webui.caching import from_archive, unless_timed_out
from webui.home import home_view
from webui.site import current_site
from webui.views import search_view
from webui.wording import FILTERS, failure_words

blueprint = Blueprint("pages", __name__)

STATIC: Final = Path(__file__).with_name("static")
FOREVER: Final = "public, max-age=31536000, immutable"

for _name, _filter in FILTERS.items():
    blueprint.add_app_template_filter(_filter, _name)


@blueprint.get("/")
@from_archive
def home(archive: PinnedArchive) -> Response:
    """The newest articles, the sections, and the archive by year and month."""
    return _page("home.html", view=home_view(archive.overview(addresses("html"))))


@blueprint.get("/search")
def search() -> Response:
    """What a search found. Choices that a form sent empty are taken out of the address first."""
    tidy = _without_empty(request.query_string)
    return _found() if tidy is None else _moved(tidy)


@from_archive
def _found(archive: PinnedArchive) -> Response:
    asked, links = asked_search("html"), addresses("html")
    response = archive.search(asked, links)
    view = search_view(response, asked, links, archive.section_counts())
    return unless_timed_out(_page("search.html", response=response, view=view), response)


@blueprint.get("/article/<article:id>")
@from_archive
def article(archive: PinnedArchive, id: str) -> Response:
    """A stored article; reached from a search, with its words marked and the way to the next one."""
    links = addresses("html")
    found_by = parse_article(without_tracking(request.query_string), time_zone=links.time_zone)
    view = article_view(archive, id, found_by, links)
    own = current_site().absolute(links.article(id))
    return _page("article.html", article=view.article, view=view, text=view.text, canonical=own)


def _page(template: str, **context: object) -> Response:
    return Response(render_template(template, **context), content_type="text/html; charset=utf-8")


def _without_empty(query_string: bytes) -> str | None:
    """The query string without parameters that are empty; None if there are none such."""
    pairs = parse_qsl(query_string.decode("utf-8", "replace"), keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if value]
    return urlencode(kept) if len(kept) < len(pairs) else None


def _moved(query_string: str) -> Response:
    address = request.script_root + request.path + ("?" + query_string if query_string else "")
    response = Response(status=302)
    response.headers["Location"] = address
    response.headers["Cache-Control"] = "no-cache"
    return response


@cache
def fingerprint(name: str) -> str:
    """What changes when the file in `static/` does."""
    return hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()


@blueprint.app_context_processor
def _names() -> dict[str, object]:
    """What every template may call, error pages too."""
    site = current_site()
    links = addresses("html")
    return {
        "site_title": site.settings.title,
        "path": lambda path: request.script_root + path,
        "absolute": site.absolute,
        "asset": lambda name: f"{request.script_root}/static/{quote(name)}?v={fingerprint(name)}",
        "section_url": lambda section: value_url("section", section, links),
        "heading_id": heading_id,
        "wording": failure_words,
    }


@blueprint.after_app_request
def _keep_static(response: Response) -> Response:
    """A static file asked for by its fingerprint never changes."""
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = FOREVER
    return response
