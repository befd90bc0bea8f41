"""The endpoint for what editors pin and block, for a content management system: there only with the desk."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from search.choosing import choose, chosen
from search.document import Head
from search.ledger.choices import Choice, Kind
from search.request.desk_parameters import ChoiceBody, ChoicesParameters
from search.request.parameters import NoParameters
from search.request.reading import read, validated
from search.results.as_json import json_bytes
from webui.answers import ChoiceAnswer, ChoicesAnswer
from webui.json_body import json_body
from webui.responses import kept_nowhere, sent
from webui.same_origin import require_own_page
from webui.site import addresses, current_site

blueprint = Blueprint("choices", __name__)
blueprint.after_request(kept_nowhere)

_KINDS: Final[dict[str, Kind | None]] = {"pin": "pin", "block": "block", "none": None}


@blueprint.get("/api/v1/desk/choices")
def desk_choices() -> Response:
    """What editors pinned and blocked for an article, or for all, the oldest first."""
    require_own_page(programs=True)
    asked = read(ChoicesParameters, request.query_string)
    return _sent(chosen(current_site().archive, asked.subject, asked.limit))


@blueprint.post("/api/v1/desk/choices")
def choose_piece() -> Response:
    """Pin a piece among the related articles of an article, block it, or undo that; the answer is all that is chosen.

    Browsers may ask for it only from a page of this site.
    """
    require_own_page(programs=True)
    read(NoParameters, request.query_string)
    body = validated(ChoiceBody, json_body())
    archive = current_site().archive
    subject, _ = choose(archive, body.subject, body.piece, _KINDS[body.choice])
    return _sent(chosen(archive, subject.id))


def _sent(rows: list[tuple[Choice, Head | None]]) -> Response:
    links = addresses("html")
    found = tuple(
        ChoiceAnswer(
            subject=choice.subject,
            piece=choice.piece,
            choice=choice.kind,
            title=head.title if head else None,
            article_url=links.article(choice.piece) if head else None,
            at=choice.at.isoformat(),
        )
        for choice, head in rows
    )
    return sent(json_bytes(ChoicesAnswer(found)))
