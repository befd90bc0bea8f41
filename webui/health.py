"""Two questions an orchestrator asks: is the process up, and can it answer searches."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import Blueprint, Response, json

from search.errors import EngineError
from webui.problems import from_error, respond
from webui.site import current_site

blueprint = Blueprint("health", __name__)


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """`status` is "ok"; `generation` and `articles` of the index are given by `/readyz`."""

    status: str
    generation: str | None = None
    articles: int | None = None


@blueprint.get("/livez")
def live() -> Response:
    """Whether the process answers at all; says nothing of the index."""
    return _plain(HealthAnswer("ok"))


@blueprint.get("/readyz")
def ready() -> Response:
    """Whether searches are answered from the newest state of the index; 503 and the reason if not."""
    archive = current_site().archive
    with archive.pinned() as pinned:
        status = pinned.status
    problem: EngineError | None = archive.problem
    if problem is not None:
        return respond(from_error(problem))
    return _plain(HealthAnswer("ok", status.generation, status.articles))


def _plain(body: HealthAnswer) -> Response:
    response = Response(json.dumps(asdict(body)), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
