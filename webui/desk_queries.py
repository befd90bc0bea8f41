"""What readers look for, at the desk and for programs: what they ask most, what they do not find, and other spellings
for that, which a click adds to the file of variants."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, Response, request

from search.adding_variants import entry_lines, require_pair
from search.errors import ConfigError, ParameterError, QuerySyntaxError
from search.naming.proposals import UnfoundWord
from search.query.printer import to_text
from search.query.tree import Exact
from search.query_log.report import query_report
from search.request.desk_parameters import QueriesPageParameters, QueriesParameters, VariantForm, VariantParameters
from search.request.reading import read, read_pairs
from search.request.request import SearchRequest
from search.results.as_json import json_bytes
from search.translation import gettext as _
from search.variants import MAX_LENGTH, MAX_WORDS
from webui.query_lists import HEIGHT, PERIODS, WIDTH, query_lists
from webui.responses import kept_nowhere, page, sent
from webui.same_origin import require_own_page
from webui.site import addresses, current_site

blueprint = Blueprint("desk_queries", __name__)
blueprint.after_request(kept_nowhere)

_SHOWN = 50
"""Queries of each list."""


@dataclass(frozen=True, slots=True)
class VariantView:
    """The page that gives a query another spelling. `words` are those the archive does not have, with proposals.

    `name` and `spelling` fill the form. `done` says what was added; `lines` are to be added by hand.
    """

    q: str
    url: str
    words: tuple[UnfoundWord, ...] = ()
    name: str = ""
    spelling: str = ""
    problem: str = ""
    done: str = ""
    lines: str = ""
    has_file: bool = True


@blueprint.get("/desk/queries")
def queries() -> Response:
    """What readers ask most, and what they do not find."""
    days = read(QueriesPageParameters, request.query_string).days
    archive, links = current_site().archive, addresses("html")
    with current_site().turn():
        top = query_report(archive, links, days=days, limit=_SHOWN)
        missed = query_report(archive, links, days=days, limit=_SHOWN, no_hits=True)
    view = query_lists(days, top, missed, f"{request.script_root}/desk/queries/variant")
    return page("desk_queries.html", view=view, periods=PERIODS, width=WIDTH, height=HEIGHT)


@blueprint.get("/api/v1/desk/queries")
def desk_queries() -> Response:
    """What readers asked in the last days, or what they did not find.

    Only queries that were asked often enough on a day are counted for good, and nothing tells who asked them.
    """
    require_own_page(programs=True)
    asked = read(QueriesParameters, request.query_string)
    found = query_report(
        current_site().archive, addresses("html"), days=asked.days, no_hits=asked.no_hits, limit=asked.limit
    )
    return sent(json_bytes(found))


@blueprint.get("/desk/queries/variant")
def variant() -> Response:
    """Spellings that the archive has for the words of a query that it does not have."""
    return _shown(_proposed(read(VariantParameters, request.query_string).q))


@blueprint.post("/desk/queries/variant")
def add_variant() -> Response:
    """Has a name find another spelling from now on. Where no file can be written, the page has what to write."""
    require_own_page()
    form = read_pairs(VariantForm, [(name or "", value) for name, value in request.form.items(multi=True) if value])
    try:
        name, spelling = require_pair(form.name, form.spelling)
    except ParameterError:
        problem = _(
            "An entry needs two names of at most %(words)s words and %(characters)s characters, which differ in more "
            "than case and diacritics.",
            words=MAX_WORDS,
            characters=MAX_LENGTH,
        )
        return _refused(form, problem)
    if _articles(spelling) == 0:
        return _refused(form, _("The archive has no article with “%(spelling)s”.", spelling=spelling))
    archive, url = current_site().archive, _url(form.q or name)
    view = VariantView(form.q or name, url, name=name, spelling=spelling, has_file=bool(archive.settings.variants))
    if not view.has_file:
        return _shown(replace(view, lines=entry_lines(name, spelling)))
    try:
        archive.add_variant(name, spelling)
    except ConfigError as error:
        problem = _("The file of variants was not changed: %(problem)s.", problem=str(error))
        return _shown(replace(view, problem=problem, lines=entry_lines(name, spelling)), 503)
    return _shown(replace(view, done=_("“%(name)s” now also finds “%(spelling)s”.", name=name, spelling=spelling)))


def _proposed(q: str) -> VariantView:
    site = current_site()
    words: tuple[UnfoundWord, ...] = ()
    with site.turn(), site.archive.pinned() as archive:
        try:
            words = archive.unfound_words(q) if q else ()
        except QuerySyntaxError:  # it was answered, so it can be read; but who knows what an address says
            words = ()
    name = words[0].word if words else q
    return VariantView(q, _url(q), words, name, has_file=bool(site.settings.variants))


def _refused(form: VariantForm, problem: str) -> Response:
    return _shown(replace(_proposed(form.q or form.name), name=form.name, spelling=form.spelling, problem=problem), 400)


def _articles(spelling: str) -> int | None:
    """How many articles have that spelling; None if there was no time to count."""
    with current_site().archive.pinned() as archive:
        return archive.totals([SearchRequest(q=to_text(Exact(spelling), "auto"))])[0]


def _url(q: str) -> str:
    links = addresses("html")
    return links.search(SearchRequest(q=q, time_zone=links.time_zone))


def _shown(view: VariantView, status: int = 200) -> Response:
    return page("desk_variant.html", status=status, view=view)
