"""The endpoint by which programs with a key put and delete articles, such as a content management system."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Blueprint, Response, request
from werkzeug.exceptions import UnprocessableEntity

from search.accepting import deleting, is_known, putting, take_one
from search.errors import NotFound, ParameterError
from search.ledger.inbox import Notice, Sending
from search.releasing import now_in_utc
from search.request.article_body import MAX_ARTICLE_BYTES, ArticleBody, written_id
from search.request.parameters import NoParameters, WritesParameters
from search.request.reading import read, validated
from search.request.urls import article_api_path
from search.results.as_json import json_bytes
from search.translation import gettext as _
from webui.answers import WriteAnswer, WriteLinks, WritesAnswer
from webui.authorization import require_key, require_scope
from webui.json_body import json_body
from webui.limiting import count_request
from webui.prefer import preferred_wait, waited_for
from webui.responses import kept_nowhere, sent
from webui.site import current_site

blueprint = Blueprint("writing", __name__)
blueprint.after_request(kept_nowhere)


@blueprint.put("/api/v1/articles/<written:id>")
def put_article(id: str) -> Response:
    """Send an article, in place of the one that was sent under this id before.

    It is on the disk when this answers 202, and can be found about a second later; `Prefer: wait=2` waits for that. The
    same article sent again is answered 200, and nothing is written. Needs a key.
    """
    key = require_key()
    _read_address(id)
    count_request(key)
    body = validated(ArticleBody, json_body(MAX_ARTICLE_BYTES))
    if body.status == "canceled":
        require_scope(key, "admin")
    archive = current_site().archive
    sending = putting(archive, key, id, body)
    if is_known(archive, sending):
        return _sent(WriteAnswer(None, id, "put", "done", "unchanged", "", None, write_links(id, None)))
    return _taken(sending, is_kill=body.status == "canceled")


@blueprint.delete("/api/v1/articles/<written:id>")
def delete_article(id: str) -> Response:
    """Delete an article from the archive. It may be put again.

    Answers as sending an article does. What must never come back is taken down instead. Needs a key.
    """
    key = require_key()
    _read_address(id)
    count_request(key)
    return _taken(deleting(current_site().archive, key, id))


@blueprint.get("/api/v1/writes/<number>")
def write(number: str) -> Response:
    """What became of an article that was sent, or of its deletion. Needs a key.

    It is told for a week, and longer of what could not be written.
    """
    require_key()
    read(NoParameters, request.query_string)
    if not re.fullmatch(r"[0-9]{1,15}", number):
        raise NotFound(_("nothing is known of the sending %(number)s", number=number[:100]))
    return _sent(_answer(_known(int(number))))


@blueprint.get("/api/v1/writes")
def writes() -> Response:
    """What was sent and is set aside, or is not written yet, the oldest first. Needs a key with the scope `admin`."""
    require_key("admin")
    asked = read(WritesParameters, request.query_string)
    inbox = current_site().archive.ledger.inbox
    rows = tuple(map(_answer, inbox.listed(asked.state, asked.limit)))
    return _sent(WritesAnswer(inbox.count("queued"), inbox.count("failed"), rows))


def _read_address(id: str) -> None:
    try:
        request.environ["PATH_INFO"].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError as error:
        # Werkzeug puts U+FFFD for such bytes, which would make one article of many.
        raise ParameterError("id", _("is not valid UTF-8; percent-encode the text as UTF-8")) from error
    written_id(id)
    read(NoParameters, request.query_string)


def _taken(sending: Sending, *, is_kill: bool = False) -> Response:
    number = take_one(current_site().archive, sending, now_in_utc())
    seconds = preferred_wait()
    waited = waited_for(number, seconds)
    response = _became(_known(number), is_kill)
    if waited:
        response.headers["Preference-Applied"] = f"wait={seconds}"
    return response


def _became(notice: Notice, is_kill: bool) -> Response:
    """The answer to who has sent it. Raises Removed, unless it was sent to have the article taken down;
    UnprocessableEntity for what is set aside."""
    answer = _answer(notice)
    if notice.state == "failed":
        raise UnprocessableEntity(_("The article cannot be written: %(reason)s", reason=notice.note))
    if notice.outcome == "removed" and not is_kill:
        current_site().archive.ledger.removed.require_not(notice.article)
        raise UnprocessableEntity(_("The article cannot be written: %(reason)s", reason=notice.note))
    response = _sent(answer)
    if notice.state == "queued":
        response.status_code = HTTPStatus.ACCEPTED
        response.headers["Location"] = answer.links.self or ""
    elif notice.outcome == "added":
        response.status_code = HTTPStatus.CREATED
    return response


def _known(number: int) -> Notice:
    notice = current_site().archive.ledger.inbox.of(number)
    if notice is None:
        raise NotFound(_("nothing is known of the sending %(number)s", number=number))
    return notice


def _answer(notice: Notice) -> WriteAnswer:
    return WriteAnswer(
        notice.number,
        notice.article,
        notice.action,
        notice.state,
        notice.outcome or None,
        notice.note,
        notice.at.isoformat(),
        write_links(notice.article, notice.number),
    )


def write_links(id: str, number: int | None) -> WriteLinks:
    """The addresses of a sending and of its article."""
    root = request.script_root
    return WriteLinks(f"{root}/api/v1/writes/{number}" if number is not None else None, article_api_path(id, root))


def _sent(answer: WriteAnswer | WritesAnswer) -> Response:
    return sent(json_bytes(answer))
