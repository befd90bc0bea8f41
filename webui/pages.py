"""The pages for people: the front page, search results, an article. They work without JavaScript."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final, cast
from urllib.parse import parse_qsl, quote, urlencode

from flask import Blueprint, Flask, Response, render_template, request
from flask.sansio.blueprints import BlueprintSetupState
from markupsafe import Markup

from search.archive import PinnedArchive
from search.request.reading import parse_article, without_tracking
from search.results.response import Hit
from webui.article_page import article_view
from webui.caching import from_archive, unless_timed_out
from webui.error_page import error_view
from webui.frame import MAX_FRAMES, Frame
from webui.hit_html import brief_hit, section_path
from webui.home import home_view
from webui.removed import unless_removed
from webui.results_html import HOLES, results_html
from webui.results_page import results_view
from webui.site import addresses, asked_search, current_site, site_of
from webui.wording import FILTERS

blueprint = Blueprint("pages", __name__)

STATIC: Final = Path(__file__).with_name("static")
HTML: Final = "text/html; charset=utf-8"
FOREVER: Final = "public, max-age=31536000, immutable"

blueprint.add_app_template_filter(section_path, "section_path")
for _name, _filter in FILTERS.items():
    blueprint.add_app_template_filter(_filter, _name)


@blueprint.get("/")
@from_archive
def home(archive: PinnedArchive) -> Response:
    """The newest articles, the sections, and the archive by year and month."""
    return _page("home.html", view=home_view(archive.overview(addresses("html"))))


@blueprint.get("/search")
def search() -> Response:
    """Search results. If a form sent empty controls, redirects to the address without them."""
    shorter = _without_empty(request.query_string)
    return _results() if shorter is None else _moved(shorter)


@from_archive
def _results(archive: PinnedArchive) -> Response:
    asked, links = asked_search("html"), addresses("html")
    response = archive.search(asked, links)
    choices = current_site().section_choices(archive)
    view = results_view(response, asked, links, choices)
    advanced = choices.written(view.form.advanced, lambda each: render_template("_advanced.html", advanced=each))
    page = results_html(_results_frame(), response, view, links, _absolute(response.links.self), advanced)
    return unless_timed_out(Response(page, content_type=HTML), response)


def _results_frame() -> Frame:
    """The frame of the pages of results, which is rendered once for each place where the site is mounted."""
    frames, root = current_site().frames, request.script_root
    frame = frames.get(root)
    if frame is None:
        if len(frames) >= MAX_FRAMES:
            frames.clear()
        frames[root] = frame = Frame(HOLES, lambda holes: render_template("search.html", **holes))
    return frame


@blueprint.get("/article/<article:id>")
@unless_removed
@from_archive
def article(archive: PinnedArchive, id: str) -> Response:
    """A stored article. If a search led to it, the words are marked, and there are links to the hits around it."""
    links = addresses("html")
    found_by = parse_article(without_tracking(request.query_string), time_zone=links.time_zone)
    view = article_view(archive, id, found_by, links)
    own = current_site().absolute(links.article(id))
    return _page("article.html", article=view.article, view=view, text=view.text, canonical=own)


def _page(template: str, **context: object) -> Response:
    return Response(render_template(template, **context), content_type=HTML)


def _without_empty(query_string: bytes) -> str | None:
    """The query string without its empty parameters; None if it has none."""
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
    """A short hash of a file in `static/`."""
    return hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()


def _brief_hit(found: Hit) -> Markup:
    return brief_hit(found, addresses("html"))


def _path(path: str) -> str:
    return request.script_root + path


def _asset(name: str) -> str:
    return f"{request.script_root}/static/{quote(name)}?v={fingerprint(name)}"


def _absolute(path: str) -> str:
    return current_site().absolute(path)


@blueprint.record_once
def _add_names(state: BlueprintSetupState) -> None:
    """The names that every template may use, those of error pages included, besides `root`.

    They are the same for all requests, so that a template imports another once, and not for each page.
    """
    state.app.jinja_env.globals.update(
        site_title=site_of(cast(Flask, state.app)).settings.title,
        path=_path,
        absolute=_absolute,
        asset=_asset,
        brief_hit=_brief_hit,
        error_view=error_view,
    )


@blueprint.app_context_processor
def _root() -> dict[str, object]:
    """`root`, where the paths of this site begin."""
    return {"root": request.script_root}


@blueprint.after_app_request
def _keep_static(response: Response) -> Response:
    """Lets clients keep a static file for ever if its address has a fingerprint."""
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = FOREVER
    return response
