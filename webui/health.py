"""Two questions an orchestrator asks: is the process up, and can it answer searches."""

from __future__ import annotations

from flask import Blueprint, Response, json

from search.errors import EngineError
from webui.problems import from_error, respond
from webui.site import current_site

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
def live() -> Response:
    """200 as long as the process answers at all; says nothing of the index."""
    return _plain({"status": "ok"})


@blueprint.get("/readyz")
def ready() -> Response:
    """200 if searches are answered from the newest state of the index; else 503 and the reason."""
    archive = current_site().archive
    with archive.searcher() as searcher:
        status = searcher.status()
    problem: EngineError | None = archive.problem
    if problem is not None:
        return respond(from_error(problem))
    return _plain({"status": "ok", "generation": status.generation, "articles": status.articles})


def _plain(body: dict[str, object]) -> Response:
    response = Response(json.dumps(body), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
