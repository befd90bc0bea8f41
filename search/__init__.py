"""Full-text search for news archives, as a library: the names below are its public surface.

    from search import Archive, Document, SearchRequest, open_engine

    engine = open_engine("memory:")
    with engine.writer() as writer:
        writer.add(Document("1", "The flood", "The river rose overnight."))
    response = Archive(engine).search(SearchRequest(q="river"))

Where the rest is:

| to see | open |
|---|---|
| what is indexed | `document`, `schema`, `analysis/` |
| how a query is read | `query/` |
| what is asked, and its address | `request/` |
| how it is answered | `archive`, `pinned_archive`, `results/`, `highlight/`; `linking` gives the answer its addresses |
| what else is offered | `assist/` |
| what holds the articles | `engines/` |
| what ranks how | `ranking`, and `evaluation`, which measures it |
| how it is run | `settings`, `commands/`, `errors` |

A name is imported when it is first used, so a program that only adds articles does not load what highlights them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from search.archive import Archive
    from search.assist.subject import Subject
    from search.document import Document, Heading
    from search.engines import open_engine
    from search.engines.protocols import Engine
    from search.errors import (
        BackfileError,
        ConfigError,
        EngineError,
        NotFound,
        ParameterError,
        QuerySyntaxError,
        RequestError,
    )
    from search.pinned_archive import PinnedArchive
    from search.request.request import FacetRequest, Filters, SearchRequest
    from search.request.urls import Addresses
    from search.results.article import FoundArticle
    from search.results.related_response import RelatedResponse
    from search.results.response import Completion, Hit, Overview, SearchResponse
    from search.settings import Settings

_HOMES: Final = {
    "search.archive": ("Archive",),
    "search.pinned_archive": ("PinnedArchive",),
    "search.assist.subject": ("Subject",),
    "search.document": ("Document", "Heading"),
    "search.engines": ("open_engine",),
    "search.engines.protocols": ("Engine",),
    "search.errors": (
        "BackfileError", "ConfigError", "EngineError", "NotFound", "ParameterError", "QuerySyntaxError",
        "RequestError",
    ),
    "search.request.request": ("FacetRequest", "Filters", "SearchRequest"),
    "search.request.urls": ("Addresses",),
    "search.results.article": ("FoundArticle",),
    "search.results.related_response": ("RelatedResponse",),
    "search.results.response": ("Completion", "Hit", "Overview", "SearchResponse"),
    "search.settings": ("Settings",),
}  # fmt: skip
"""The module of each public name."""

_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Addresses",
    "Archive",
    "BackfileError",
    "Completion",
    "ConfigError",
    "Document",
    "Engine",
    "EngineError",
    "FacetRequest",
    "Filters",
    "FoundArticle",
    "Heading",
    "Hit",
    "NotFound",
    "Overview",
    "ParameterError",
    "PinnedArchive",
    "QuerySyntaxError",
    "RelatedResponse",
    "RequestError",
    "SearchRequest",
    "SearchResponse",
    "Settings",
    "Subject",
    "open_engine",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
