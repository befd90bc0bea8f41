"""The pages for people: the front page, search results, an article. They work without JavaScript."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, cast
from urllib.parse import parse_qsl, quote, urlencode

from flask import Blueprint, Flask, Response, render_template, request
from flask.sansio.blueprints import BlueprintSetupState
from markupsafe import Markup

from search.errors import ParameterError
from search.pinned_archive import PinnedArchive
from search.request.parameters import NamesParameters
from search.request.reading import parse_article, parse_facet, parse_why_not, read, without_tracking
from search.request.request import SearchRequest
from search.request.urls import with_query
from search.results.facet_values import ValuesAsked
from search.results.response import Hit
from search.translation import spoken
from webui.article_page import article_view
from webui.caching import from_archive, from_archive_and_choices, mark_found_nothing, unless_timed_out
from webui.citing import CITED_AS, cite_address
from webui.crawling import require_near, robots_rule
from webui.date_form import form_to_mend, mending_html
from webui.direction import direction
from webui.error_page import error_view
from webui.facet_page import facet_view
from webui.frame import MAX_FRAMES, Frame
from webui.hit_html import brief_hit, section_path
from webui.home import home_view
from webui.languages import languages_html, mount, page_direction
from webui.moving import better, moved
from webui.query_counting import count_query
from webui.removed import unless_removed
from webui.responses import HTML, page
from webui.results_html import HOLES, plain_page, results_html
from webui.results_page import results_view
from webui.search_form import SearchForm, kept_pairs, search_form
from webui.site import addresses, asked_search, current_site, site_of, stated
from webui.structured import citation_tags, news_article
from webui.wording import FILTERS, at_each_rendering

blueprint = Blueprint("pages", __name__)

STATIC: Final = Path(__file__).with_name("static")
FOREVER: Final = "public, max-age=31536000, immutable"

blueprint.add_app_template_filter(section_path, "section_path")
blueprint.add_app_template_filter(direction, "direction")

for _name, _filter in FILTERS.items():
    blueprint.add_app_template_filter(at_each_rendering(_filter), _name)


@blueprint.get("/")
@from_archive
def home(archive: PinnedArchive) -> Response:
    """The newest articles, the sections, and the archive by year and month."""
    links = addresses("html")
    form = search_form(SearchRequest(time_zone=links.time_zone), links, current_site().section_choices(archive))
    advanced = Markup(_advanced(archive, form).decode())  # noqa: S704 - our own template's output
    return page("home.html", view=home_view(archive.overview(links)), advanced=advanced)


@blueprint.get("/search")
def search() -> Response:
    """Search results. If a form sent empty controls, or dates in words, redirects to the address as it should be."""
    better_address = better(request.query_string)
    if better_address is not None:
        return moved(better_address)
    try:
        return count_query(_results())
    except ParameterError as error:
        if error.name not in ("from", "to"):
            raise
        return _dates_to_mend(error)


def _dates_to_mend(error: ParameterError) -> Response:
    """The page with the form and what is wrong beside each date, status 400."""
    links, site = addresses("html"), current_site()
    pairs = parse_qsl(request.query_string.decode("utf-8", "replace"))
    with site.archive.pinned() as archive:
        form = form_to_mend(request.query_string, pairs, error, links, site.section_choices(archive))
    without = with_query(links.path, urlencode([pair for pair in pairs if pair[0] not in ("from", "to")]))
    mending = plain_page(_results_frame(), form, dict(pairs).get("q", ""), mending_html(form, without))
    return Response(mending, 400, content_type=HTML, headers={"Cache-Control": "no-store"})


@from_archive
def _results(archive: PinnedArchive) -> Response:
    asked, links = require_near(asked_search("html")), addresses("html")
    response = archive.search(asked, links)
    choices = current_site().section_choices(archive)
    view = results_view(response, asked, links, choices, has_desk=current_site().settings.desk)
    advanced = _advanced(archive, view.form)
    own, rule = _absolute(response.links.self), robots_rule(asked)
    results = results_html(_results_frame(), response, view, links, own, advanced, rule)
    if not (response.total or response.timed_out or response.partial):
        mark_found_nothing()
    return unless_timed_out(Response(results, content_type=HTML), response)


def _advanced(archive: PinnedArchive, form: SearchForm) -> bytes:
    """The controls under “Advanced search”, as markup."""
    choices = current_site().section_choices(archive)
    return choices.written(form.advanced, lambda each: render_template("_advanced.html", advanced=each))


@blueprint.get("/facet/<name>")
def facet(name: str) -> Response:
    """All values of one facet of a search. If a form sent empty controls, redirects to the address without them."""
    better_address = better(request.query_string)
    return _facet(name) if better_address is None else moved(better_address)


@from_archive
def _facet(archive: PinnedArchive, name: str) -> Response:
    links = addresses("html")
    asked, which = parse_facet(without_tracking(request.query_string), kind="html", time_zone=links.time_zone)
    values = ValuesAsked(name, which.values, which.values_sort, which.values_page)
    found = archive.facet_values(asked, values, links)
    view = facet_view(found, values, asked, links)
    return unless_timed_out(page("facet.html", found=found, view=view, robots=robots_rule(asked)), found)


def _results_frame() -> Frame:
    """The frame of the pages of results, which is rendered once for each place where the site is mounted."""
    frames, root = current_site().frames, request.script_root
    frame = frames.get(root)
    if frame is None:
        if len(frames) >= MAX_FRAMES:
            frames.clear()
        frames[root] = frame = Frame(HOLES, lambda holes: render_template("search.html", **holes))
    return frame


def _article(archive: PinnedArchive, id: str, *, related: bool) -> Response:
    links = addresses("html")
    found_by = parse_article(without_tracking(request.query_string), time_zone=links.time_zone)
    view = article_view(archive, id, found_by, links, related=related)
    site, path = current_site(), links.article(id)
    # An article has one address, in whatever language the site speaks around it.
    own, title = site.absolute(replace(links, prefix=mount()).article(id)), site.settings.title
    return page(
        "article.html",
        article=view.article,
        view=view,
        text=view.text,
        canonical=own,
        path_here=path,
        cite_url=cite_address((id,)),
        cited_as=tuple((kind, cite_address((id,), name)) for name, kind in CITED_AS),
        structured=news_article(view.article, view.published, view.modified, own, title),
        citation_tags=citation_tags(view.article, view.published, own, title),
    )


def _article_alone(archive: PinnedArchive, id: str) -> Response:
    return _article(archive, id, related=False)


@blueprint.get("/article/<article:id>")
@unless_removed
@partial(from_archive_and_choices, while_busy=_article_alone)
def article(archive: PinnedArchive, id: str) -> Response:
    """A stored article. If a search led to it, the words are marked, and there are links to the hits around it.

    Related articles cost more than all else on the page: a busy server answers without them.
    """
    return _article(archive, id, related=True)


@blueprint.get("/why-not")
@from_archive
def why_not(archive: PinnedArchive) -> Response:
    """Why a search does not find an article. Without one, a form that asks for it."""
    links, (named, asked) = addresses("html"), parse_why_not(without_tracking(request.query_string), _time_zone())
    answer = archive.why_not(named, asked, links) if named else None
    back, hidden = links.search(asked), kept_pairs(asked, links)
    return page("why_not.html", view=answer, named=named, q=asked.q, hidden=hidden, back_url=back)


def _time_zone() -> str:
    return addresses("html").time_zone


@blueprint.get("/names")
@from_archive
def names(archive: PinnedArchive) -> Response:
    """The names that are searched in other spellings too."""
    asked = read(NamesParameters, without_tracking(request.query_string))
    return page("names.html", names=archive.names(asked.page, addresses("html")))


@lru_cache(maxsize=64)
def fingerprint(name: str) -> str:
    """A short hash of a file in `static/`."""
    return hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()


def _brief_hit(found: Hit) -> Markup:
    return brief_hit(found, addresses("html"))


def _path(path: str) -> str:
    return request.script_root + path


def _asset(name: str) -> str:
    return f"{mount()}/static/{quote(name)}?v={fingerprint(name)}"


def _absolute(path: str) -> str:
    return current_site().absolute(path)


@blueprint.record_once
def _add_names(state: BlueprintSetupState) -> None:
    """The names that every template may use, those of error pages included, besides `root`.

    They are the same for all requests, so that a template imports another once, and not for each page.
    """
    settings = site_of(cast(Flask, state.app)).settings
    state.app.jinja_env.globals.update(
        site_title=settings.title,
        has_desk=settings.desk,
        path=_path,
        absolute=_absolute,
        asset=_asset,
        brief_hit=_brief_hit,
        error_view=error_view,
        spoken=spoken,
        page_direction=page_direction,
        site_root=mount,
        languages_html=lambda: languages_html(settings.site_language),
    )


@blueprint.app_context_processor
def _root() -> dict[str, object]:
    """`root`, where the paths of this site begin."""
    return {"root": request.script_root}


@blueprint.after_app_request
def _keep_static(response: Response) -> Response:
    """Lets clients keep a static file for ever if its address has its fingerprint. While servers are replaced one by
    one, that of another version may be asked for here."""
    is_file = request.endpoint == "static" and request.method in ("GET", "HEAD") and response.status_code == 200
    if is_file and stated("v") == fingerprint((request.view_args or {})["filename"]):
        response.headers["Cache-Control"] = FOREVER
    return response
