"""Several searches in one request, for pages that show several lists: one commit answers them all.

Each takes its own turn, so that a batch holds up readers no longer than its longest search; together they have the time
of one search.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Final

from flask import Blueprint, Response, request

from search.errors import BackfileError
from search.linking import milliseconds_since
from search.pinned_archive import PinnedArchive
from search.request.parameters import NoParameters
from search.request.reading import read
from search.request.searches import request_in, searches_in
from search.results.as_json import json_bytes, search_json
from search.results.overview import index_info
from webui.json_body import json_body
from webui.problems import noted, problem_json
from webui.responses import sent
from webui.site import addresses, current_site

blueprint = Blueprint("searches", __name__)

_NO_TIME: Final = 1e-6
"""Seconds for a search whose time others have used: it says so itself, by `timed_out`."""


@blueprint.post("/api/v1/searches")
def searches() -> Response:
    """Up to 20 searches at once, each answered as by `/api/v1/search`, or with its own problem.

    All are answered from the same commit, and together they have the time of one search: what is left of it when a
    search begins is its own, and `timed_out` says if that was too little.
    """
    read(NoParameters, request.query_string)
    asked = searches_in(json_body())
    site, started, used = current_site(), perf_counter(), 0.0
    with site.archive.pinned() as archive:
        answers: list[bytes] = []
        for each in asked:
            with site.turn(refusable=not answers):
                began = perf_counter()
                answers.append(_answer(archive, each, max(_NO_TIME, site.settings.deadline_seconds - used)))
                used += perf_counter() - began
        index = json_bytes(index_info(archive.status))
    took = str(milliseconds_since(started)).encode()
    response = sent(b'{"answers":[%b],"took_ms":%b,"index":%b}' % (b",".join(answers), took, index))
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(archive: PinnedArchive, asked: Mapping[str, object], seconds: float) -> bytes:
    """A `webui.answers.SearchOrProblem` as JSON; the answer is written as by `/api/v1/search`, with the keys asked
    for."""
    try:
        search = request_in(asked, time_zone=current_site().settings.time_zone)
        found = archive.search(search, addresses("api"), deadline=seconds)
    except BackfileError as error:
        return b'{"answer":null,"problem":%b}' % problem_json(noted(error))
    return b'{"answer":%b,"problem":null}' % search_json(found, search.fields)
