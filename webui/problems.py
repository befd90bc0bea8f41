"""Every failure as a person or a program can use it: RFC 9457 problem documents, or an error page with the same facts.

Nothing of the inside leaks: an unexpected exception is logged with an incident number, and only the number is shown.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, json, render_template, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from search.errors import BackfileError, CursorExpired, EngineError, NotFound, ParameterError, QuerySyntaxError

CONTENT_TYPE: Final = "application/problem+json"
URN: Final = "urn:backfile:problem:"

_MACHINE_PREFIXES: Final = ("/api/", "/openapi.json", "/search.", "/opensearch.xml", "/livez", "/readyz")
_RETRY_SECONDS: Final = 5
_log = logging.getLogger("backfile.problem")

_KINDS: Final[tuple[tuple[type[BackfileError], str], ...]] = (
    (QuerySyntaxError, "query-syntax"),
    (ParameterError, "parameter"),
    (CursorExpired, "cursor-expired"),
    (NotFound, "not-found"),
    (EngineError, "index-unavailable"),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """RFC 9457, section 3.1, with four members of our own, each only where it is known.

    `type` is stable and meant for programs; `detail` is a sentence for people. `position` is the offset in the query,
    in characters from 0; `parameter` the one to mend; `incident` the number under which the log holds the cause.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    position: int | None = None
    parameter: str | None = None
    incident: str | None = None

    def members(self) -> dict[str, object]:
        """What is sent: the members that are known."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def install(app: Flask) -> None:
    """Answers every exception of the app with a problem."""

    @app.errorhandler(BackfileError)
    def _ours(error: BackfileError) -> Response:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("%s: %s", request.path, error)
        return respond(from_error(error))

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        response = respond(from_http(error))
        _copy_headers(error, response)
        return response

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        incident = secrets.token_hex(6)
        _log.error("incident %s at %s", incident, request.path, exc_info=error)
        return respond(unexpected(incident))


def from_error(error: BackfileError) -> Problem:
    """The problem for one of our own errors."""
    kind = next((name for type_, name in _KINDS if isinstance(error, type_)), "internal")
    return Problem(
        type=URN + kind,
        title=error.title,
        status=error.status,
        detail=f"{error}." if isinstance(error, ParameterError) else _sentence(str(error)),
        instance=request.path,
        position=error.position if isinstance(error, QuerySyntaxError) else None,
        parameter=_parameter(error),
    )


def from_http(error: HTTPException) -> Problem:
    """The problem for what Werkzeug raises: 404, 405, 413, 414, 415 and the like."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    title = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    return Problem("about:blank", title, status, error.description or title, request.path)


def unexpected(incident: str) -> Problem:
    """The problem for a mistake of ours; `incident` leads to it in the log."""
    return Problem(
        type=URN + "internal",
        title="Something went wrong here",
        status=int(HTTPStatus.INTERNAL_SERVER_ERROR),
        detail=f"The request failed for a reason that is not yours. The log has it as incident {incident}.",
        instance=request.path,
        incident=incident,
    )


def respond(problem: Problem) -> Response:
    """As problem+json where a program asked, else as the page `error.html` (which gets `problem`)."""
    if request.path.startswith(_MACHINE_PREFIXES):
        response = Response(json.dumps(problem.members()), problem.status, content_type=CONTENT_TYPE)
    else:
        response = Response(_page(problem), problem.status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response


def _page(problem: Problem) -> str:
    try:
        return render_template("error.html", problem=problem)
    except Exception:  # noqa: BLE001
        # The page itself is broken: the facts in plain text are better than a second failure.
        _log.exception("the error page cannot be rendered")
        title = escape(problem.title)
        body = f"<h1>{title}</h1><p>{escape(problem.detail)}</p>"
        return f"<!doctype html><html lang=en><title>{title}</title>{body}</html>"


def _parameter(error: BackfileError) -> str | None:
    if isinstance(error, ParameterError):
        return error.name
    return {QuerySyntaxError: "q", CursorExpired: "cursor"}.get(type(error))


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:] + "."


def _copy_headers(error: HTTPException, response: Response) -> None:
    """Keeps what the status demands: `Allow` with 405, `Accept` with 415."""
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
