"""Errors in the shape of a dialect, in place of problem documents; nothing internal shows in either."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from flask import Blueprint, Response, json
from werkzeug.exceptions import HTTPException

from search.errors import BackfileError, EngineError, ParameterError
from search.results.response import SearchResponse
from webui.problems import Problem, from_http, headed, noted, noted_unexpected
from webui.responses import JSON

Shape = Callable[[int, str], Mapping[str, object]]
"""The body of an error, by its status and what is said of it."""


def install(blueprint: Blueprint, shape: Shape, known: Collection[str] = ()) -> None:
    """Makes the addresses of the blueprint answer every exception in that shape.

    `known` are messages that clients compare, so nothing may be put before them.
    """

    def respond(problem: Problem, said: str) -> Response:
        body = json.dumps(shape(problem.status, said))
        return headed(Response(body, problem.status, content_type=JSON), problem)

    @blueprint.errorhandler(BackfileError)
    def _ours(error: BackfileError) -> Response:
        problem = noted(error)
        if isinstance(error, ParameterError) and (error.reason in known or error.reason.startswith(error.name)):
            return respond(problem, error.reason)
        return respond(problem, problem.detail)

    @blueprint.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        problem = from_http(error)
        return respond(problem, problem.detail)

    @blueprint.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        problem = noted_unexpected(error)
        return respond(problem, problem.detail)


def unanswered(parameter: str) -> ParameterError:
    """The error for what this archive has no answer to."""
    return ParameterError(parameter, "is not answered by this archive; leave it out")


def whole(found: SearchResponse) -> SearchResponse:
    """The answer, if it looked at everything: the dialects cannot say otherwise. Raises EngineError."""
    if found.timed_out or found.partial:
        raise EngineError("the search could not look at everything in its time; ask again, or ask for less")
    return found
