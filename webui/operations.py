"""The table of what programs may ask the endpoint, from which its description is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Response

from search.query_log.report import QueryReport
from search.request.article_body import ArticleBody, BatchLine
from search.request.desk_parameters import (
    ChoiceBody,
    ChoicesParameters,
    JudgementBody,
    JudgementsParameters,
    QueriesParameters,
)
from search.request.parameters import (
    AuthorsParameters,
    CalendarParameters,
    CiteParameters,
    CoverageParameters,
    ExportParameters,
    FacetParameters,
    NamesParameters,
    NoParameters,
    OnThisDayParameters,
    RelatedBody,
    RelatedParameters,
    RemovedParameters,
    SavedParameters,
    SearchesBody,
    SearchParameters,
    Strict,
    SuggestParameters,
    TableParameters,
    WritesParameters,
)
from search.results.browsing import AuthorsAnswer, CalendarAnswer, OnThisDayAnswer
from search.results.coverage import CoverageAnswer
from search.results.exporting import FORMATS
from search.results.names import NamesResponse
from search.results.related_response import RelatedResponse
from search.results.response import FacetValues, SearchResponse
from search.results.why_not import WhyNotAnswer
from webui import (
    api,
    article_batch,
    browsing,
    choices,
    citing,
    coverage,
    desk_queries,
    discovery,
    exports,
    feeds,
    health,
    judgements,
    removed,
    rss,
    saved,
    searches,
    writing,
)
from webui.answers import (
    ArticleAnswer,
    BatchAnswer,
    ChoicesAnswer,
    JudgementsAnswer,
    RemovedAnswer,
    SavedAnswer,
    SearchesAnswer,
    SectionsAnswer,
    StatusAnswer,
    SuggestAnswer,
    WriteAnswer,
    WritesAnswer,
)
from webui.health import HealthAnswer


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `answer` is the type of its JSON answer; `media` are the types of other answers.
    `moves`: it may lead to another address. `conditional`: it answers 304 to whoever has the answer. `needs`: what it
    cannot do without, though the page with the same parameters can. `statuses` has what each of its answers says.
    `needs_key`: it is for programs that may write. `lines`: its body and its answer are lines, each as described."""

    method: str
    path: str
    view: Callable[..., Response]
    parameters: type[Strict]
    answer: type | None = None
    media: tuple[str, ...] = ()
    body: type[Strict] | None = None
    moves: bool = False
    conditional: bool = True
    needs: tuple[str, ...] = ()
    errors: tuple[int, ...] = (400, 500, 503)
    statuses: tuple[tuple[int, str], ...] = ((200, "The answer."),)
    needs_key: bool = False
    lines: bool = False

    @property
    def is_free(self) -> bool:
        """Whether it may be asked for without limit: what watches the server, and how browsers search the site."""
        return self.errors == (500,) or self.view.__module__ == health.__name__


OPERATIONS: Final = (
    Operation("get", "/api/v1/search", api.search, SearchParameters, SearchResponse),
    Operation(
        "post", "/api/v1/searches", searches.searches, NoParameters, SearchesAnswer, body=SearchesBody,
        errors=(400, 413, 415, 500, 503),
    ),
    Operation(
        "get", "/api/v1/articles/{id}", api.article, NoParameters, ArticleAnswer, moves=True,
        errors=(400, 404, 410, 500, 503),
    ),
    Operation(
        "get", "/api/v1/articles/{id}/related", api.related, RelatedParameters, RelatedResponse, moves=True,
        errors=(400, 404, 410, 500, 503),
    ),
    Operation(
        "get", "/api/v1/articles/{id}/why-not", api.why_not, SearchParameters, WhyNotAnswer, moves=True,
        errors=(400, 404, 410, 500, 503),
    ),
    Operation(
        "post", "/api/v1/related", api.related_to_draft, NoParameters, RelatedResponse, body=RelatedBody,
        errors=(400, 404, 410, 413, 415, 500, 503),
    ),
    Operation("get", "/api/v1/facets/{name}", api.facet, FacetParameters, FacetValues, errors=(400, 404, 500, 503)),
    Operation("get", "/api/v1/suggest", api.suggest, SuggestParameters, SuggestAnswer, media=(api.SUGGESTIONS,)),
    Operation("get", "/api/v1/sections", api.sections, NoParameters, SectionsAnswer),
    Operation("get", "/api/v1/calendar", browsing.calendar_answer, CalendarParameters, CalendarAnswer),
    Operation("get", "/api/v1/authors", browsing.authors_answer, AuthorsParameters, AuthorsAnswer),
    Operation("get", "/api/v1/on-this-day", browsing.on_this_day_answer, OnThisDayParameters, OnThisDayAnswer),
    Operation("get", "/api/v1/coverage", coverage.coverage, CoverageParameters, CoverageAnswer, needs=("q",)),
    Operation("get", "/api/v1/names", api.names, NamesParameters, NamesResponse),
    Operation("get", "/api/v1/save", saved.save_for_programs, SearchParameters, SavedAnswer),
    Operation("get", "/api/v1/saved", saved.saved_for_programs, SavedParameters, SearchResponse, needs=("link",)),
    Operation("get", "/api/v1/removed", removed.removals, RemovedParameters, RemovedAnswer),
    Operation("get", "/api/v1/status", api.status, NoParameters, StatusAnswer),
    Operation("get", "/search.atom", feeds.atom, SearchParameters, media=(feeds.ATOM,)),
    Operation("get", "/search.json", feeds.json_feed, SearchParameters, media=(feeds.JSON_FEED,)),
    Operation("get", "/search.rss", rss.rss, SearchParameters, media=(rss.RSS,)),
    Operation("get", "/search.csv", exports.table, TableParameters, media=("text/csv",)),
    Operation(
        "get", "/api/v1/export", exports.export, ExportParameters,
        media=tuple(kind.media_type.partition(";")[0] for kind in FORMATS.values()),
    ),
    Operation(
        "get", "/api/v1/cite", citing.citations, CiteParameters,
        media=tuple(kind.media_type.partition(";")[0] for kind in FORMATS.values()), errors=(400, 404, 410, 500, 503),
    ),
    Operation("get", "/opensearch.xml", discovery.description, NoParameters, media=(discovery.OSDD,), errors=(500,)),
    Operation("get", "/livez", health.live, NoParameters, HealthAnswer, errors=(500,)),
    Operation("get", "/readyz", health.ready, NoParameters, HealthAnswer, errors=(500, 503)),
)  # fmt: skip

_WRITTEN: Final = (
    (200, "It is written, or nothing had to be."),
    (202, "It is queued on the disk (`Location`)."),
)
_ADDED: Final = (201, "It is written, and was not in the archive before.")

WRITE_OPERATIONS: Final = (
    Operation(
        "put", "/api/v1/articles/{id}", writing.put_article, NoParameters, WriteAnswer, body=ArticleBody,
        errors=(400, 401, 403, 410, 413, 415, 422, 429, 500, 503), statuses=(*_WRITTEN, _ADDED), needs_key=True,
    ),
    Operation(
        "delete", "/api/v1/articles/{id}", writing.delete_article, NoParameters, WriteAnswer,
        errors=(400, 401, 403, 410, 422, 429, 500, 503), statuses=_WRITTEN, needs_key=True,
    ),
    Operation(
        "post", "/api/v1/articles:batch", article_batch.send_batch, NoParameters, BatchAnswer, body=BatchLine,
        errors=(400, 401, 403, 413, 415, 429, 500, 503), needs_key=True, lines=True,
    ),
    Operation(
        "get", "/api/v1/writes/{number}", writing.write, NoParameters, WriteAnswer,
        errors=(400, 401, 403, 404, 500, 503), conditional=False, needs_key=True,
    ),
    Operation(
        "get", "/api/v1/writes", writing.writes, WritesParameters, WritesAnswer,
        errors=(400, 401, 403, 500, 503), conditional=False, needs_key=True,
    ),
)  # fmt: skip
"""For programs with a key."""

DESK_OPERATIONS: Final = (
    Operation(
        "get", "/api/v1/desk/choices", choices.desk_choices, ChoicesParameters, ChoicesAnswer,
        errors=(400, 403, 500, 503), conditional=False,
    ),
    Operation(
        "post", "/api/v1/desk/choices", choices.choose_piece, NoParameters, ChoicesAnswer, body=ChoiceBody,
        errors=(400, 403, 404, 410, 413, 415, 500, 503),
    ),
    Operation(
        "get", "/api/v1/desk/queries", desk_queries.desk_queries, QueriesParameters, QueryReport,
        errors=(400, 403, 500, 503), conditional=False,
    ),
    Operation(
        "get", "/api/v1/desk/judgements", judgements.desk_judgements, JudgementsParameters, JudgementsAnswer,
        errors=(400, 403, 500, 503), conditional=False,
    ),
    Operation(
        "post", "/api/v1/desk/judgements", judgements.judge_article, NoParameters, JudgementsAnswer,
        body=JudgementBody, errors=(400, 403, 404, 410, 413, 415, 500, 503),
    ),
)  # fmt: skip
"""Described only where the setting `desk` serves them."""
