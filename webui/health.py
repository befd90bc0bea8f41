"""Two questions that an orchestrator asks: is the process alive, and can it answer searches?"""

from __future__ import annotations

import logging
import threading
from dataclasses import asdict, dataclass
from typing import Final

from flask import Blueprint, Response, current_app, json
from flask.sansio.blueprints import BlueprintSetupState

from search.errors import EngineError
from webui.problems import from_error, respond
from webui.site import current_site

blueprint = Blueprint("health", __name__)

_READINESS: Final = "backfile.readiness"
_log = logging.getLogger("backfile.health")


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """`status` is "ok". Only `/readyz` gives the `generation` of the index and its number of articles."""

    status: str
    generation: str | None = None
    articles: int | None = None


class Readiness:
    """What the last probe of `/readyz` found, so that the log has each change once and not every probe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason = ""

    def note(self, reason: str) -> None:
        """Logs why searches cannot be answered, or "" if they can, unless the last probe found the same."""
        with self._lock:
            changed, self._reason = reason != self._reason, reason
        if changed and reason:
            _log.error("not ready: %s", reason)
        elif changed:
            _log.info("ready")


@blueprint.record
def _install(state: BlueprintSetupState) -> None:
    state.app.extensions[_READINESS] = Readiness()


@blueprint.get("/livez")
def live() -> Response:
    """Whether the process answers at all; says nothing about the index."""
    return _plain(HealthAnswer("ok"))


@blueprint.get("/readyz")
def ready() -> Response:
    """Whether searches are answered from the newest state of the index; if not, 503 and the reason."""
    archive = current_site().archive
    readiness: Readiness = current_app.extensions[_READINESS]
    try:
        with archive.pinned() as pinned:
            status = pinned.status
        if archive.problem is not None:
            raise archive.problem
    except EngineError as error:
        readiness.note(str(error))
        return respond(from_error(error))
    readiness.note("")
    return _plain(HealthAnswer("ok", status.generation, status.articles))


def _plain(body: HealthAnswer) -> Response:
    response = Response(json.dumps(asdict(body)), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
