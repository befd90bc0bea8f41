"""Errors in the shape and the language of a dialect, not in problem documents; nothing internal shows in either."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from flask import Blueprint, Response, json

from search.errors import EngineError, ParameterError
from search.results.related_response import RelatedResponse
from search.results.response import SearchResponse
from search.translation import SOURCE_LANGUAGE, speak
from webui.problems import Problem, answer_errors, headed
from webui.responses import JSON

Shape = Callable[[int, str], Mapping[str, object]]
"""The body of an error, by its status and what is said of it."""

Found = TypeVar("Found", SearchResponse, RelatedResponse)


def install(blueprint: Blueprint, shape: Shape, known: Collection[str] = ()) -> None:
    """Makes the addresses of the blueprint answer every exception in that shape, and speak English.

    `known` are messages that clients compare, so nothing may be put before them.
    """

    def shaped(problem: Problem, error: Exception) -> Response:
        body = json.dumps(shape(problem.status, _said(problem, error, known)))
        return headed(Response(body, problem.status, content_type=JSON), problem)

    answer_errors(blueprint, shaped)

    # Flask does this before anything that may refuse the request.
    @blueprint.url_value_preprocessor
    def _speak_english(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        speak(SOURCE_LANGUAGE)


def _said(problem: Problem, error: Exception, known: Collection[str]) -> str:
    if isinstance(error, ParameterError) and (error.reason in known or error.reason.startswith(f"{error.name} ")):
        return error.reason
    return problem.detail


def unanswered(parameter: str) -> ParameterError:
    """The error for what this archive has no answer to."""
    return ParameterError(parameter, "is not answered by this archive; leave it out")


def whole(found: Found) -> Found:
    """The answer, if it looked at everything: the dialects cannot say otherwise. Raises EngineError."""
    if found.timed_out or (isinstance(found, SearchResponse) and found.partial):
        raise EngineError("the search could not look at everything in its time; ask again, or ask for less")
    return found
