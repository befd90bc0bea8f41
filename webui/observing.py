"""Tells whoever measures the site of each request that was answered, and of where its time went.

Whoever measures gets no query, no path and no address: a route is a template, such as `/article/<article:id>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Final, Literal, Protocol, get_args

from flask import Flask, Response, g, request

from search.phases import Recording, record

Source = Literal["made", "kept", "unchanged"]
"""Where an answer came from that may be kept: made now, made before, or the client has it already (304)."""
SOURCES: Final[tuple[Source, ...]] = get_args(Source)

UNKNOWN: Final = "unknown"
"""The route of addresses at which there is nothing, and the method that nobody has heard of."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Answered:
    """One request that was answered. `source` is None for answers that are never kept, and for errors."""

    route: str
    method: str
    status: int
    seconds: float
    source: Source | None
    recording: Recording


class Observer(Protocol):
    """Whoever measures. It is called in the thread of the request, before the answer is sent, and must be quick."""

    def answered(self, answered: Answered) -> None: ...


def install(app: Flask) -> list[Observer]:
    """Makes the app tell each of the observers in the list, which is empty at first."""
    observers: list[Observer] = []

    @app.before_request
    def _begin() -> None:
        g.begun, g.recording = perf_counter(), record()

    @app.after_request
    def _end(response: Response) -> Response:
        if observers:
            answered = _answered(response)
            for observer in observers:
                observer.answered(answered)
        return response

    return observers


def route() -> str:
    """The template of the current address, without the language that it begins with."""
    return request.url_rule.rule if request.url_rule is not None else UNKNOWN


def _answered(response: Response) -> Answered:
    return Answered(
        route(),
        request.method if request.method in _METHODS else UNKNOWN,
        response.status_code,
        perf_counter() - g.begun,
        _source(response),
        g.recording,
    )


def _source(response: Response) -> Source | None:
    if response.status_code == 304:
        return "unchanged"
    said = response.headers.get("Cache-Status", "")
    if not said:
        return None
    return "kept" if said.endswith("; hit") else "made"
