"""Errors as responses: a problem document (RFC 9457) for programs, or an error page that says the same.

Neither reveals anything internal: an unexpected exception is logged under an incident number, and only that is shown.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Flask, Response, g, json, render_template, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from search.errors import (
    BackfileError,
    CursorExpired,
    EngineError,
    InboxFull,
    NotFound,
    ParameterError,
    QuerySyntaxError,
    Removed,
)
from search.translation import gettext as _
from search.translation import gettext_noop, spoken
from webui.responses import HTML
from webui.turns import Busy
from webui.wording import sentence

CONTENT_TYPE: Final = "application/problem+json"
URN: Final = "urn:backfile:problem:"

_MACHINE_PREFIXES: Final = (
    "/api/",
    "/replica/",
    "/compat/",
    "/openapi.json",
    "/search.",
    "/opensearch.xml",
    "/livez",
    "/readyz",
)
_RETRY_SECONDS: Final = 5
_log = logging.getLogger("backfile.problem")

_KINDS: Final[tuple[tuple[type[BackfileError], str], ...]] = (
    (QuerySyntaxError, "query-syntax"),
    (ParameterError, "parameter"),
    (CursorExpired, "cursor-expired"),
    (NotFound, "not-found"),
    (Removed, "removed"),
    (InboxFull, "inbox-full"),
    (EngineError, "index-unavailable"),
    (Busy, "busy"),
)


_DETAILS: Final[dict[int, str]] = {
    404: gettext_noop("There is nothing at this address."),
    405: gettext_noop("This address cannot be asked in that way."),
    413: gettext_noop("The body of the request is too long."),
}
"""What is said where nothing else is known; Werkzeug has sentences in English alone."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document (RFC 9457, section 3.1) with members of our own, left out if they are unknown.

    `request_id` is that of the request in the log.

    `type` is stable and meant for programs; `detail` is a sentence for people. `position` is where the query is wrong,
    in characters from 0; `parameter` is the one to correct; `incident` is the number of the error in the log. `reason`
    and `removed_at` (RFC 3339) say why and when an article was taken down.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    position: int | None = None
    parameter: str | None = None
    incident: str | None = None
    reason: str | None = None
    removed_at: str | None = None
    request_id: str | None = None

    def members(self) -> dict[str, object]:
        """The members that are sent: those that are known."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def install(app: Flask) -> None:
    """Makes the app answer every exception with a problem."""
    answer_errors(app, lambda problem, _error: respond(problem))


def answer_errors(part: Flask | Blueprint, shaped: Callable[[Problem, Exception], Response]) -> None:
    """Makes the app, or the addresses of one blueprint, answer every exception with what `shaped` makes of its problem,
    and with the headers that belong to it."""

    @part.errorhandler(BackfileError)
    def _ours(error: BackfileError) -> Response:
        response = shaped(noted(error), error)
        return _retried(response, error.retry_after) if isinstance(error, Busy) else response

    @part.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        response = shaped(from_http(error), error)
        _copy_headers(error, response)
        return response

    @part.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        return shaped(noted_unexpected(error), error)


def noted(error: BackfileError) -> Problem:
    """The problem for an error from `search.errors`, which is logged if the caller can do nothing about it."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # The busy refuse hundreds a second, and none of that needs mending.
        _log.log(logging.DEBUG if isinstance(error, Busy) else logging.ERROR, "%s: %s", request.path, error)
    return from_error(error)


def from_error(error: BackfileError) -> Problem:
    """The problem for an error from `search.errors`."""
    kind = next((name for type_, name in _KINDS if isinstance(error, type_)), "internal")
    return Problem(
        type=URN + kind,
        title=_(error.title),
        status=error.status,
        detail=f"{error}." if isinstance(error, ParameterError) else sentence(str(error)),
        instance=request.path,
        position=error.position if isinstance(error, QuerySyntaxError) else None,
        parameter=_parameter(error),
        reason=error.reason if isinstance(error, Removed) else None,
        removed_at=error.at.isoformat(timespec="seconds") if isinstance(error, Removed) else None,
    )


def from_http(error: HTTPException) -> Problem:
    """The problem for an error that Werkzeug raises, such as 404, 405, 413, 414 or 415."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    title = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    said = error.description
    if said is None or said == type(error).description:
        said = _(_DETAILS[status]) if status in _DETAILS else said or title
    return Problem("about:blank", title, status, said, request.path)


def noted_unexpected(error: Exception) -> Problem:
    """The problem for an exception that nobody expected, which is logged with its trace."""
    incident = secrets.token_hex(6)
    _log.error("incident %s at %s", incident, request.path, exc_info=error)
    return unexpected(incident)


def unexpected(incident: str) -> Problem:
    """The problem for an exception that nobody expected; `incident` is its number in the log."""
    return Problem(
        type=URN + "internal",
        title=_("Something went wrong here"),
        status=int(HTTPStatus.INTERNAL_SERVER_ERROR),
        detail=_(
            "The request failed, and not by your fault. The log has the reason under incident %(incident)s.",
            incident=incident,
        ),
        instance=request.path,
        incident=incident,
    )


def problem_json(problem: Problem) -> bytes:
    """The problem document in UTF-8."""
    return json.dumps(problem.members()).encode("utf-8", "backslashreplace")


def respond(problem: Problem) -> Response:
    """The response: a problem document for the addresses that programs use, an error page for all others."""
    if request.path.startswith(_MACHINE_PREFIXES):
        response = Response(problem_json(_named(problem)), problem.status, content_type=CONTENT_TYPE)
    else:
        response = Response(_page(problem), problem.status, content_type=HTML)
    return headed(response, problem)


def headed(response: Response, problem: Problem) -> Response:
    """The response with the headers that go with every problem, in whatever shape it is told."""
    response.headers["Cache-Control"] = "no-store"
    is_busy = problem.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
    return _retried(response) if is_busy else response


def _retried(response: Response, seconds: int = _RETRY_SECONDS) -> Response:
    response.headers["Retry-After"] = str(seconds)
    return response


def _named(problem: Problem) -> Problem:
    return replace(problem, request_id=g.get("request_id"))


def _page(problem: Problem) -> str:
    try:
        return render_template("error.html", problem=problem)
    except Exception:  # noqa: BLE001
        # Even if the template is broken, the reader should learn what happened.
        _log.exception("the error page cannot be rendered")
        title = escape(problem.title)
        body = f"<h1>{title}</h1><p>{escape(problem.detail)}</p>"
        return f"<!doctype html><html lang={spoken()}><title>{title}</title>{body}</html>"


def _parameter(error: BackfileError) -> str | None:
    if isinstance(error, ParameterError):
        return error.name
    return {QuerySyntaxError: "q", CursorExpired: "cursor"}.get(type(error))


def _copy_headers(error: HTTPException, response: Response) -> None:
    """Copies the headers that belong to the status, such as `Allow` to 405."""
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
