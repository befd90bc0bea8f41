"""The pages for people: the front page, a search, an article. Plain HTML that works without JavaScript."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from flask import Blueprint, Response, render_template, request

from search import service
from search.errors import NotFound
from search.request.reading import parse_article, without_tracking
from webui.article import heading_id
from webui.asking import answer, ask, links_for
from webui.caching import conditional, current_minute, entity_tag
from webui.front import front_view
from webui.site import current_site
from webui.story import story_view, value_url
from webui.views import search_view
from webui.wording import FILTERS, failure_words

blueprint = Blueprint("pages", __name__)

STATIC: Final = Path(__file__).with_name("static")
TEMPLATES: Final = Path(__file__).with_name("templates")
FOREVER: Final = "public, max-age=31536000, immutable"

for _name, _filter in FILTERS.items():
    blueprint.add_app_template_filter(_filter, _name)


@blueprint.get("/")
def home() -> Response:
    """The newest articles, the sections, and the archive by year and month."""
    links = links_for("html")
    with current_site().archive.searcher() as searcher:

        def make() -> str:
            return render_template("home.html", view=front_view(service.overview(searcher, links)))

        return _page(searcher.status().generation, request.script_root + "/", make)


@blueprint.get("/search")
def search() -> Response:
    """What a search found. Choices that a form sent empty are taken out of the address first."""
    tidy = _without_empty(request.query_string)
    if tidy is not None:
        return _moved(tidy)
    asked = ask("html")
    with current_site().archive.searcher() as searcher:

        def make() -> str:
            response = answer(searcher, asked)
            view = search_view(response, asked.request, asked.links, searcher.values("section"))
            return render_template("search.html", response=response, view=view)

        return _page(searcher.status().generation, asked.identity, make)


@blueprint.get("/article/<article:id>")
def article(id: str) -> Response:
    """A stored article; reached from a search, with its words marked and the way to the next one."""
    settings = current_site().settings
    query_string = without_tracking(request.query_string)
    found_by = parse_article(query_string, time_zone=settings.time_zone)
    moment = found_by.request.resolved(current_minute()) if found_by else None
    links = links_for("html")
    with current_site().archive.searcher() as searcher:

        def make() -> str:
            document = searcher.document(id)
            if document is None:
                raise NotFound(f"there is no article {id[:200]!r}")
            view = story_view(searcher, document, found_by, links, settings.language)
            own = current_site().absolute(links.article(id))
            return render_template("article.html", article=document, view=view, text=view.text, canonical=own)

        address = f"{request.path}?{query_string.decode('latin-1')} {moment}"
        return _page(searcher.status().generation, address, make)


def _page(generation: str, address: str, make: Callable[[], str]) -> Response:
    tag = entity_tag(generation, address, current_site().absolute("/"), appearance())
    return conditional(tag, lambda: Response(make(), content_type="text/html; charset=utf-8"))


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


@cache
def appearance() -> str:
    """What changes when a template or a static file does."""
    files = sorted((*TEMPLATES.iterdir(), *STATIC.iterdir()))
    return hashlib.blake2b(b"".join(path.read_bytes() for path in files if path.is_file()), digest_size=6).hexdigest()


@blueprint.app_context_processor
def _names() -> dict[str, object]:
    """What every template may call, error pages too."""
    site = current_site()
    links = links_for("html")
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
