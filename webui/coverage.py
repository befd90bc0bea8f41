"""Up to four searches on one timeline, and who and what goes with each: a page, and the same for programs."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import Blueprint, Response, request

from search.errors import ParameterError
from search.pinned_archive import PinnedArchive
from search.request.comparison import Comparison
from search.request.parameters import CoverageParameters
from search.request.reading import comparison, parse_coverage, read, without_tracking
from search.results.as_json import json_bytes
from webui.caching import from_archive, unless_timed_out
from webui.coverage_page import CoverageView, coverage_form, coverage_view
from webui.moving import better, moved
from webui.responses import page, sent
from webui.site import addresses, current_site

blueprint = Blueprint("coverage", __name__)

_DATES = ("from", "to")


@blueprint.get("/coverage")
def compare() -> Response:
    """The searches on one timeline. Without any, a form to type them. If a form sent empty controls, or dates in words,
    redirects to the address as it should be."""
    better_address = better(request.query_string)
    if better_address is not None:
        return moved(better_address)
    try:
        return _compared()
    except ParameterError as error:
        if error.name not in ("q", *_DATES):
            raise
        return _to_mend(error)


@from_archive
def _compared(archive: PinnedArchive) -> Response:
    links = addresses("html")
    asked = parse_coverage(without_tracking(request.query_string), time_zone=links.time_zone)
    if not asked.queries:
        return page("coverage.html", view=CoverageView(coverage_form(asked, links)))
    answer = archive.coverage(asked, links)
    return unless_timed_out(page("coverage.html", view=coverage_view(asked, answer, links)), answer)


def _to_mend(error: ParameterError) -> Response:
    """The form as it was sent, with what is wrong beside each field, status 400. Raises ParameterError if something is
    wrong that has no field."""
    links = addresses("html")
    pairs = parse_qsl(request.query_string.decode("utf-8", "replace"))
    kept = b"&".join(
        part for part in request.query_string.split(b"&") if part.partition(b"=")[0] not in (b"from", b"to")
    )
    asked = comparison(read(CoverageParameters, without_tracking(kept)), time_zone=links.time_zone)
    problems = _problems(asked)
    dates = {name: value for name, value in pairs if name in _DATES}
    form = coverage_form(asked, links, problems=problems, dates=dates, error=error)
    response = page("coverage.html", status=400, view=CoverageView(form))
    response.headers["Cache-Control"] = "no-store"
    return response


def _problems(asked: Comparison) -> tuple[str, ...]:
    with current_site().archive.pinned() as archive:
        return archive.coverage_problems(asked)


@blueprint.get("/api/v1/coverage")
@from_archive
def coverage(archive: PinnedArchive) -> Response:
    """Up to four searches over the same periods, and who and what goes with each.

    `terms` are what more of a search's articles have than chance explains, compared with the archive.
    """
    links = addresses("api")
    answer = archive.coverage(parse_coverage(request.query_string, time_zone=links.time_zone), links)
    return unless_timed_out(sent(json_bytes(answer)), answer)
