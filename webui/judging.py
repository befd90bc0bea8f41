"""The pages of the desk on which hits are judged good or bad for a query, and the list of what was judged.

They are there only if the setting `desk` is true. Articles are shown in no order, with what other rankings find, unless
the order is asked for: see `search.judging.mixed` and `search.assist.pooling`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from flask import Blueprint, Response, request

from search.errors import ParameterError
from search.judging import JudgedQuery, counted, judge, judged_queries, mixed, normalised, unjudge
from search.ledger.judgements import GRADES, Grade
from search.pinned_archive import PinnedArchive
from search.request.desk_parameters import JudgedParameters, JudgeParameters
from search.request.reading import parse_judging, read, without_tracking
from search.request.request import SearchRequest
from search.results.applied import applied
from search.translation import gettext as _
from webui.judging_page import (
    MAX_OTHERS,
    JudgeView,
    hits_to_judge,
    judging_chips,
    judging_url,
    others_judged,
)
from webui.responses import kept_nowhere, led_to, page
from webui.same_origin import require_own_page
from webui.search_form import kept_pairs
from webui.site import addresses, current_site

blueprint = Blueprint("judging", __name__)
blueprint.after_request(kept_nowhere)

QUERIES_AT_ONCE: Final = 50
"""Judged queries on a page of their list."""
_PLACE: Final = re.compile(r"hit-[0-9]{1,4}|others")


@blueprint.get("/desk/judge")
def judging() -> Response:
    """The hits of a query to be judged; without a query, a form that asks for one."""
    asked, parameters = _asked()
    if not asked.q.strip():
        kept = kept_pairs(asked.without_shape(), addresses("html"))
        return page("judge.html", view=JudgeView(kept=kept, order=parameters.order))
    asked = replace(asked, q=normalised(asked.q))
    site = current_site()
    with site.turn(), site.archive.pinned() as archive:
        return page("judge.html", view=_view(archive, asked, parameters))


@blueprint.post("/desk/judge")
def judge_hit() -> Response:
    """Judges a hit, or forgets what was judged, and leads back to its place on the page."""
    require_own_page()
    asked, parameters = _asked()
    word, place, written = ([*request.form.get("judge", "").split(" ", 2), "", ""])[:3]
    article = unquote(written)  # browsers change the line breaks in what a form sends
    grade: Grade | None = next((each for each in GRADES if each == word), None)
    if not article or not _PLACE.fullmatch(place) or (grade is None and word != "undo"):
        raise ParameterError("judge", _("must name a grade and an article, as the buttons of the page do"))
    archive = current_site().archive
    if grade is None:
        unjudge(archive, asked.q, article)
    else:
        judge(archive, asked.q, article, grade)
    asked = replace(asked, q=normalised(asked.q))
    return led_to(f"{judging_url(addresses('html'), asked, parameters.order, parameters.article)}#{place}")


@blueprint.get("/desk/judgements")
def judgements() -> Response:
    """The queries that were judged, with how many articles are good and bad for each."""
    asked = read(JudgedParameters, without_tracking(request.query_string))
    archive = current_site().archive
    queries = archive.ledger.judgements.sizes()[0]
    offset = (asked.page - 1) * QUERIES_AT_ONCE
    links = addresses("html")
    rows = [(row, links.judging(SearchRequest(q=row.text, time_zone=links.time_zone))) for row in _listed(offset)]
    pages = max(1, -(-queries // QUERIES_AT_ONCE))
    return page("judgements.html", rows=rows, number=asked.page, pages=pages)


@blueprint.post("/desk/judgements")
def forget_query() -> Response:
    """Forgets all judgements of a query."""
    require_own_page()
    asked = read(JudgedParameters, request.query_string)
    query = request.form.get("forget", "")
    if not query:
        raise ParameterError("forget", _("must be a query, as the buttons of the page have it"))
    current_site().archive.ledger.judgements.remove(query)
    return led_to(f"{request.script_root}/desk/judgements?page={asked.page}#judged-title")


def _asked() -> tuple[SearchRequest, JudgeParameters]:
    raw = without_tracking(request.query_string)
    return parse_judging(raw, time_zone=current_site().settings.time_zone)


def _listed(offset: int) -> list[JudgedQuery]:
    return judged_queries(current_site().archive, QUERIES_AT_ONCE, offset)


def _view(archive: PinnedArchive, asked: SearchRequest, parameters: JudgeParameters) -> JudgeView:
    links, judgements = addresses("html"), current_site().archive.ledger.judgements
    rows = judgements.listed(asked.q)
    grades = {row.article: row.grade for row in rows}
    prev_url = next_url = ""
    notes: tuple[str, ...] = ()
    pooled = 0
    if parameters.order == "ranked":
        response = archive.search(asked, links)
        found, total, notes = list(response.hits), response.total, response.warnings
        if asked.page > 1:
            prev_url = judging_url(links, asked.on_page(asked.page - 1), "ranked")
        if response.links.next:
            next_url = judging_url(links, asked.on_page(asked.page + 1), "ranked")
    else:
        pool, shown = archive.pool(asked, parameters.article, links)
        by_id = {hit.id: hit for hit in shown}
        found = [by_id[name] for name in mixed(asked.q, pool.ids)]
        total, pooled = len(found), pool.others
        if pool.timed_out:
            notes = (_("the search ran out of its time: other rankings may have more to judge; try again"),)
    shown_ids = {hit.id for hit in found}
    left = [row for row in rows if row.article not in shown_ids]
    others = [(row, None if row.is_down else archive.head(row.article)) for row in left[:MAX_OTHERS]]
    return JudgeView(
        query=asked.q,
        order=parameters.order,
        hits=hits_to_judge(found, grades),
        counts=counted(asked.q, rows, archive),
        others=others_judged(others, links),
        more_others=len(left) - len(others),
        pooled=pooled,
        total=total,
        chips=judging_chips(applied(asked, links.search, archive.now), links, parameters.order),
        kept=kept_pairs(asked.without_shape(), links),
        notes=notes,
        own_url=judging_url(links, asked, parameters.order, parameters.article),
        mixed_url=judging_url(links, asked),
        ranked_url=judging_url(links, asked.on_page(1), "ranked"),
        search_url=links.search(asked.without_shape().on_page(1)),
        prev_url=prev_url,
        next_url=next_url,
    )
