"""Articles to cite or to keep: a page with every citation to copy, the same as files, and what a reader has marked.

What a reader marks stays in the browser. It comes here only as the ids of the articles that are to be written to a
file, in the body of a form, so that no log has them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from search.errors import NotFound, ParameterError, Removed
from search.ledger.ledger import Ledger
from search.pinned_archive import PinnedArchive
from search.request.parameters import MAX_CITED, CiteParameters, NoParameters
from search.request.reading import MAX_QUERY_STRING, read, without_tracking
from search.request.request import SearchRequest
from search.results.exporting import CITATIONS, FORMATS, RECORD_KEYS, SNIPPET_KEYS, Batch, Shape, written
from search.results.response import Hit
from search.translation import gettext as _
from webui.exports import source
from webui.responses import page
from webui.site import addresses, current_site

blueprint = Blueprint("citing", __name__)


@dataclass(frozen=True, slots=True)
class Cited:
    """One kind of citation: its `label`, the `text` to copy, and the address of the file."""

    label: str
    text: str
    url: str
    media_type: str


@blueprint.get("/cite")
def cite() -> Response:
    """Articles by their ids: a page with their citations, or with `format` a file."""
    asked = read(CiteParameters, without_tracking(request.query_string))
    return _file(asked, asked.format) if asked.format else _page(asked)


@blueprint.post("/cite")
def cite_marked() -> Response:
    """The same for ids in the body of a form, which no log has."""
    read(NoParameters, request.query_string)
    body = request.get_data()
    if len(body) > MAX_QUERY_STRING:
        raise RequestEntityTooLarge
    asked = read(CiteParameters, body)
    return _file(asked, asked.format or "csl-json")


@blueprint.get("/api/v1/cite")
def citations() -> Response:
    """Articles by their ids as one file: citations, or the articles as CSV or NDJSON.

    Articles that are not there are left out, and `Backfile-Missing` counts them; if there is none at all, the answer
    is that for the first of them.
    """
    asked = read(CiteParameters, request.query_string)
    return _file(asked, asked.format or "csl-json")


@blueprint.get("/marked")
def marked() -> Response:
    """The page on which a browser lists what its reader has marked and read."""
    read(NoParameters, without_tracking(request.query_string))
    files = tuple((name, _(kind.label)) for name, kind in FORMATS.items())
    response = page("marked.html", files=files, most=MAX_CITED)
    response.headers["Cache-Control"] = "no-cache"
    return response


def cite_address(ids: tuple[str, ...], kind: str = "") -> str:
    """The address of the citations of those articles; with a `kind`, of that file."""
    pairs = [("id", each) for each in ids] + ([("format", kind)] if kind else [])
    return f"{request.script_root}/cite?{urlencode(pairs)}"


CITED_AS: Final = tuple((name, FORMATS[name]) for name in CITATIONS)
"""The kinds of citations."""


def _page(asked: CiteParameters) -> Response:
    hits, missing = _found(asked)
    ids = tuple(hit.id for hit in hits)
    cited = tuple(
        Cited(_(kind.label), _written(hits, name).decode(), cite_address(ids, name), kind.media_type)
        for name, kind in CITED_AS
    )
    response = page("cite.html", hits=hits, missing=missing, cited=cited)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _file(asked: CiteParameters, name: str) -> Response:
    hits, missing = _found(asked)
    kind = FORMATS[name]
    response = Response(_written(hits, name, snippets=asked.snippets), content_type=kind.media_type)
    named = "citation" if name in CITATIONS else "articles"
    response.headers["Content-Disposition"] = f'attachment; filename="{named}.{kind.suffix}"'
    response.headers["Backfile-Missing"] = str(missing)
    response.headers["Cache-Control"] = "no-store" if request.method == "POST" else "no-cache"
    return response


def _written(hits: tuple[Hit, ...], name: str, *, snippets: bool = False) -> bytes:
    shape = Shape(source(), len(hits), snippets)
    return b"".join(written(FORMATS[name], [Batch(hits, len(hits), len(hits))], shape))


def _found(asked: CiteParameters) -> tuple[tuple[Hit, ...], int]:
    """The articles, each once, in the order of their ids; and how many are not there. Raises NotFound, Removed."""
    site, wanted = current_site(), dict.fromkeys(asked.id)
    keys = RECORD_KEYS + (SNIPPET_KEYS if asked.snippets else ())
    search = SearchRequest(asked.q, time_zone=site.settings.time_zone, facets=(), highlight="text", fields=keys)
    hits: dict[str, Hit] = {}
    problem: NotFound | Removed | None = None
    with site.archive.pinned() as archive, site.turn():
        for each in wanted:
            try:
                hit = _hit(archive, each, search)
                hits[hit.id] = hit
            except (NotFound, Removed) as error:
                problem = problem or error
    if not hits:
        raise problem or ParameterError("id", _("is missing"))
    return tuple(hits.values()), len(wanted) - len(hits)


def _hit(archive: PinnedArchive, id: str, search: SearchRequest) -> Hit:
    """The article, by its new id if it has another now."""
    ledger: Ledger = current_site().archive.ledger
    try:
        hit = archive.stored_hit(id, search, addresses("html"))
    except NotFound:
        new_id = ledger.moved_to(id)
        if new_id is None:
            raise
        hit = archive.stored_hit(new_id, search, addresses("html"))
    return replace(hit, score=0.0)
