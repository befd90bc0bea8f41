"""From a request to an answer, the same way for JSON, pages and feeds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import request

from search.archive import PinnedArchive, current_minute
from search.results.response import SearchResponse
from webui.questions import Question, search_question, without_tracking
from webui.site import current_site
from webui.urls import PER_PAGE, SiteLinks


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came: `links` makes the addresses of its answer, `now` is the time it is answered at."""

    question: Question
    links: SiteLinks
    now: datetime

    @property
    def identity(self) -> str:
        """Equal for questions that have the same answer in one state of the index, whatever the order of parameters."""
        minute = self.now.isoformat() if "now" in self.question.request.q else ""
        return f"{minute} {self.links.prefix} {self.links.kind} {self.question}"


def ask(kind: str) -> Asked:
    """The question in the current request's address, for that rendering (see `webui.urls.ROUTES`).

    Raises ParameterError. Pages forgive what mail and social sites hang on links; programs are told.
    """
    settings = current_site().settings
    now = current_minute()
    raw = request.query_string
    question = search_question(
        without_tracking(raw) if kind == "html" else raw,
        now=now,
        time_zone=settings.time_zone,
        per_page=PER_PAGE[kind],
    )
    return Asked(question, links_for(kind, question), now)


def links_for(kind: str, question: Question | None = None) -> SiteLinks:
    """What makes addresses of that rendering on the current site."""
    zone = current_site().settings.time_zone
    return (question or Question.any()).links(kind, prefix=request.script_root, time_zone=zone)


def answer(archive: PinnedArchive, asked: Asked) -> SearchResponse:
    """The whole answer. Raises RequestError and EngineError."""
    return archive.search(asked.question.request, asked.links)
