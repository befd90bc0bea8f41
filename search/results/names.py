"""The names that are searched in other spellings too, with what each spelling finds by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from search.errors import ParameterError
from search.query.printer import to_text
from search.query.tree import Exact
from search.query.variants import Entry
from search.records import record
from search.request.planning import Planner
from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.request.wording import out_of_range
from search.results.overview import index_info
from search.results.response import IndexInfo

PER_PAGE: Final = 100


@record
class NameSpelling:
    """A spelling, the number of articles that have exactly that, None if there was no time to count, and the search
    that finds these."""

    text: str
    articles: int | None
    url: str


@record
class NameEntry:
    """An entry of the file of variants. If it is `both_ways` each spelling finds all others, else only the first does.

    With a `language`, the others are found only in articles of that language.
    """

    spellings: tuple[NameSpelling, ...]
    both_ways: bool
    language: str | None


@record
class NamesResponse:
    """A page of the entries of the file of variants, in its order; `total` is the number of all entries."""

    entries: tuple[NameEntry, ...]
    total: int
    page: int
    pages: int
    index: IndexInfo


def names(planner: Planner, page: int, addresses: Addresses, deadline: float | None) -> NamesResponse:
    """That page of the entries in force, PER_PAGE on each. Raises ParameterError, EngineError."""
    entries = planner.variants.entries
    pages = max(1, -(-len(entries) // PER_PAGE))
    if not 1 <= page <= pages:
        raise ParameterError("page", out_of_range(1, pages))
    shown = entries[(page - 1) * PER_PAGE : page * PER_PAGE]
    return _response(planner, shown, (page, pages, len(entries)), addresses, deadline)


def _response(
    planner: Planner,
    shown: Sequence[Entry],
    place: tuple[int, int, int],
    addresses: Addresses,
    deadline: float | None,
) -> NamesResponse:
    searches = {
        text: SearchRequest(q=to_text(Exact(text), "auto"), time_zone=addresses.time_zone)
        for text in dict.fromkeys(name for entry in shown for name in entry.names)
    }
    plans = [planner.counting_plan(planner.resolve(request), request) for request in searches.values()]
    counts = dict(zip(searches, planner.searcher.count_many(plans, deadline), strict=True))
    page, pages, total = place
    return NamesResponse(
        tuple(
            NameEntry(
                tuple(NameSpelling(name, counts[name], addresses.search(searches[name])) for name in entry.names),
                entry.both_ways,
                entry.language or None,
            )
            for entry in shown
        ),
        total,
        page,
        pages,
        index_info(planner.status),
    )
