"""Every hit of a search as a file that is sent while it is made: a table, lines of JSON, or a bibliography.

All hits are of one commit, which is held until the last is sent. Each batch is a search that takes its turn, so that
readers wait for one batch and not for a file. How many files are sent at the same time, and how long they may be, are
settings (`exports_at_once`, `export_rows`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from time import monotonic
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import ServiceUnavailable

from search.errors import BackfileError, EngineError
from search.pinned_archive import PinnedArchive
from search.request.parameters import ExportParameters, TableParameters
from search.request.reading import export_request, read, search_request
from search.request.request import SearchRequest
from search.results.citation import Source
from search.results.exporting import FORMATS, Batch, Format, Shape, failed, most_rows, written
from search.translation import gettext as _
from webui.caching import conditional, entity_tag, minute_of, unless_timed_out
from webui.site import Site, addresses, current_site

blueprint = Blueprint("exports", __name__)

MAX_SECONDS: Final = 480.0
"""The longest that one file may take, so that a reader who takes it slowly does not hold an old commit for ever.

It is less than a cluster keeps replaced articles for by default (`keep=600`)."""
_PAGING: Final = ("page", "per_page", "cursor")
_SUFFIXES: Final = {kind.suffix: name for name, kind in FORMATS.items() if name != "csv"}
_log = logging.getLogger("backfile.export")


@blueprint.get("/search.csv")
def table() -> Response:
    """Every hit of the search as a CSV table (RFC 4180). The first line has the names of the columns.

    With `page`, `per_page` or `cursor`: only that page.
    """
    asked = read(TableParameters, request.query_string)
    search = search_request(asked, kind="csv", time_zone=current_site().settings.time_zone)
    shape = _shape(search, snippets=asked.snippets)
    if asked.model_fields_set.isdisjoint(_PAGING):
        return _every_hit(FORMATS["csv"], search, shape)
    return _page(search, shape)


@blueprint.get("/search.<any({}):suffix>".format(", ".join(f'"{suffix}"' for suffix in _SUFFIXES)))
def named_file(suffix: str) -> Response:
    """Every hit of the search as the kind of file that the suffix names."""
    return _file(read(ExportParameters, request.query_string), _SUFFIXES[suffix])


@blueprint.get("/api/v1/export")
def export() -> Response:
    """Every hit of the search as one file: NDJSON, CSV, BibTeX, RIS, CSL-JSON or text.

    Sent while it is made. `Backfile-Total` has the number of hits, `Backfile-Rows` how many are sent.
    """
    asked = read(ExportParameters, request.query_string)
    return _file(asked, asked.format)


def source() -> Source:
    """Where the citations that this site gives come from."""
    site = current_site()
    return Source(site.settings.title, site.absolute(""), datetime.now(UTC).date())


def _file(asked: ExportParameters, name: str) -> Response:
    search = export_request(asked, time_zone=current_site().settings.time_zone)
    shape = _shape(search, snippets=asked.snippets, fields=asked.fields if name == "ndjson" else None)
    return _every_hit(FORMATS[name], search, shape)


def _shape(search: SearchRequest, *, snippets: bool, fields: tuple[str, ...] | None = None) -> Shape:
    return Shape(source(), most_rows(search, current_site().settings.export_rows), snippets, fields)


def _shaped(search: SearchRequest, shape: Shape) -> SearchRequest:
    """The search for what the file needs of each hit, and for nothing else."""
    return replace(search, facets=(), explain=False, highlight="text", fields=shape.keys())


def _every_hit(format: Format, search: SearchRequest, shape: Shape) -> Response:
    site = current_site()
    with ExitStack() as held:
        archive = held.enter_context(site.archive.pinned())
        asked = repr((format.suffix, search.resolved(archive.now), shape))
        place = (request.scheme, request.host, request.script_root)
        tag = entity_tag(archive.order_generation, *place, asked, minute_of(asked), site.look)
        return conditional(tag, lambda: _sent(held, archive, format, _shaped(search, shape), shape))


def _sent(held: ExitStack, archive: PinnedArchive, format: Format, search: SearchRequest, shape: Shape) -> Response:
    """The file; what is `held` is let go once it is sent, or once the client has gone."""
    site = current_site()
    held.enter_context(_place(site))
    batches = _in_turn(site, archive.every_hit(search, addresses("html"), most=shape.most))
    first = next(batches)
    kept = held.pop_all()
    pieces = written(format, chain([first], batches), shape)
    response = Response(_unbroken(pieces, format, request.path, kept), content_type=format.media_type)
    response.call_on_close(kept.close)
    rows = min(first.rows, shape.most)
    response.headers["Content-Disposition"] = f'attachment; filename="search.{format.suffix}"'
    response.headers["Backfile-Total"] = str(first.total)
    response.headers["Backfile-Rows"] = str(rows)
    response.headers["Backfile-Complete"] = str(rows == first.rows).lower()
    return response


@contextmanager
def _place(site: Site) -> Iterator[None]:
    """One of the places for files that are sent at the same time. Raises ServiceUnavailable if there is none."""
    if not site.exports.acquire(blocking=False):
        raise ServiceUnavailable(_("As many files as this server sends at a time are on their way; try again soon."))
    try:
        yield
    finally:
        site.exports.release()


def _in_turn(site: Site, batches: Iterator[Batch]) -> Iterator[Batch]:
    """The batches, each made in its turn among all searches. Raises EngineError if they take too long together."""
    end = monotonic() + MAX_SECONDS
    while True:
        with site.turns.turn("export", refusable=False):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch
        if monotonic() > end:
            raise EngineError(f"the file took longer than {MAX_SECONDS:g} s; narrow the search")


def _unbroken(pieces: Iterator[bytes], format: Format, path: str, kept: ExitStack) -> Iterator[bytes]:
    """The pieces. If one cannot be made, a last line says so where the format has such lines; in all others the
    exception ends the connection, and with it the transfer, which so is known to be cut (RFC 9112, section 8)."""
    try:
        yield from pieces
    except BackfileError as error:
        _log.error("%s was broken off: %s", path, error)
        last = failed(format, str(error))
        if last is None:
            raise
        yield last
    finally:
        kept.close()


def _page(search: SearchRequest, shape: Shape) -> Response:
    site = current_site()
    with site.archive.pinned() as archive, site.turn():
        found = archive.search(_shaped(search, shape), addresses("csv"))
    hits = tuple(replace(hit, article_url=addresses("html").article(hit.id)) for hit in found.hits)
    body = b"".join(written(FORMATS["csv"], [Batch(hits, len(hits), found.total)], shape))
    response = Response(body, content_type=FORMATS["csv"].media_type)
    response.headers["Content-Disposition"] = 'attachment; filename="search.csv"'
    response.headers["Backfile-Total"] = str(found.total)
    for relation, target in (("first", found.links.first), ("prev", found.links.prev), ("next", found.links.next)):
        if target:
            response.headers.add("Link", f'<{_as_page(target, shape)}>; rel="{relation}"; type="text/csv"')
    return unless_timed_out(response, found)


def _as_page(address: str, shape: Shape) -> str:
    """The address of a page, which says that it is one: without such a parameter all hits are meant."""
    path, _, query = address.partition("?")
    pairs = [pair for pair in query.split("&") if pair]
    if not any(pair.partition("=")[0] in _PAGING for pair in pairs):
        pairs.append("page=1")
    return f"{path}?{'&'.join([*pairs, 'snippets=true'] if shape.snippets else pairs)}"
