"""From an HTTP request to an answer, the same way for JSON, pages and feeds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import request

from search import service
from search.engines.base import Searcher
from search.request.reading import parse_search, without_tracking
from search.request.request import SearchRequest
from search.request.urls import Addresses, Rendering
from search.results.response import SearchResponse
from webui.caching import current_minute
from webui.site import current_site


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it came: `links` writes the addresses of its answer, `now` is the time it is answered at."""

    request: SearchRequest
    links: Addresses
    now: datetime

    @property
    def identity(self) -> str:
        """Equal for searches that have the same answer in one state of the index, whatever the order of parameters.

        Raises ParameterError if the dates cannot be (`SearchRequest.bounds`).
        """
        minute = self.now.isoformat() if "now" in self.request.q else ""
        return f"{minute} {self.links} {self.request} {self.request.bounds(self.now)}"


def ask(kind: Rendering) -> Asked:
    """The search in the current request's address, for that rendering (see `search.request.urls.ROUTES`).

    Raises ParameterError. Pages forgive what mail and social sites hang on links; programs are told.
    """
    raw = request.query_string
    asked = without_tracking(raw) if kind == "html" else raw
    links = links_for(kind)
    return Asked(parse_search(asked, kind=kind, time_zone=links.time_zone), links, current_minute())


def links_for(kind: Rendering) -> Addresses:
    """What writes the addresses of that rendering on the current site."""
    return Addresses(kind, request.script_root, current_site().settings.time_zone)


def answer(searcher: Searcher, asked: Asked) -> SearchResponse:
    """The whole answer. Raises RequestError and EngineError."""
    site = current_site()
    return service.search(
        searcher,
        asked.request,
        asked.links,
        now=asked.now,
        language=site.settings.language,
        deadline=site.settings.deadline_seconds,
        capabilities=site.archive.engine.capabilities,
    )
