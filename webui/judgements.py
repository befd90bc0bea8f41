"""The endpoint for what editors judged, for programs that keep judgements elsewhere: there only with the desk."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from search.judging import counted, judge, judged, normalised, unjudge
from search.ledger.judgements import Grade
from search.request.desk_parameters import JudgementBody, JudgementsParameters
from search.request.parameters import NoParameters
from search.request.reading import read, validated
from search.results.as_json import json_bytes
from webui.answers import JudgementAnswer, JudgementCounts, JudgementsAnswer, JudgementsLinks
from webui.json_body import json_body
from webui.responses import kept_nowhere, sent
from webui.same_origin import require_own_page
from webui.site import addresses, current_site

blueprint = Blueprint("judgements", __name__)
blueprint.after_request(kept_nowhere)

_PATH: Final = "/api/v1/desk/judgements"
_GRADES: Final[dict[str, Grade | None]] = {"good": "good", "bad": "bad", "none": None}


@blueprint.get("/api/v1/desk/judgements")
def desk_judgements() -> Response:
    """What editors judged for a query, or for all, query by query, the oldest first."""
    require_own_page(programs=True)
    asked = read(JudgementsParameters, request.query_string)
    return _sent(asked, normalised(asked.q) if asked.q else None)


@blueprint.post("/api/v1/desk/judgements")
def judge_article() -> Response:
    """Judge an article good or bad for a query, or forget that; the answer is what is judged for the query.

    An article that is no longer in the archive can only be forgotten, by its id.
    Browsers may ask for it only from a page of this site.
    """
    require_own_page(programs=True)
    read(NoParameters, request.query_string)
    body = validated(JudgementBody, json_body())
    archive, grade = current_site().archive, _GRADES[body.grade]
    if grade is not None or not unjudge(archive, body.q, body.article):
        judge(archive, body.q, body.article, grade)
    query = normalised(body.q)
    return _sent(JudgementsParameters.model_validate({"q": query}), query)


def _sent(asked: JudgementsParameters, query: str | None) -> Response:
    archive, links = current_site().archive, addresses("html")
    rows = judged(archive, query, asked.per_page + 1, (asked.page - 1) * asked.per_page)
    shown, more = rows[: asked.per_page], len(rows) > asked.per_page
    counts = None
    if query is not None:
        with archive.pinned() as pinned:
            own = counted(query, archive.ledger.judgements.listed(query), pinned)
        counts = JudgementCounts(own.good, own.bad, own.gone)
    found = tuple(
        JudgementAnswer(
            query=row.query,
            article=row.article,
            grade=row.grade,
            title=head.title if head else None,
            article_url=links.article(row.article) if head else None,
            at=row.at.isoformat(),
        )
        for row, head in shown
    )
    around = JudgementsLinks(_address(asked, asked.page), _address(asked, asked.page + 1) if more else None)
    return sent(json_bytes(JudgementsAnswer(found, counts, around)))


def _address(asked: JudgementsParameters, number: int) -> str:
    given = {"q": asked.q, "page": number, "per_page": asked.per_page}
    usual = {name: field.default for name, field in JudgementsParameters.model_fields.items()}
    query = urlencode({name: value for name, value in given.items() if value != usual[name]})
    return f"{request.script_root}{_PATH}{'?' if query else ''}{query}"
