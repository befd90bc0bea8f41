"""What an answer to a search is made of, before its hits are highlighted and its parts are linked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from search.engines.plan import Plan
from search.engines.results import IndexStatus, Results
from search.request.filling import Filling
from search.request.request import SearchRequest
from search.results.paging import Pages


@dataclass(frozen=True, slots=True)
class HitContext:
    """What all hits of an answer share: the request, its plan, and the number of articles in the archive.

    `frequencies` are those of `search.engines.results.Results`. `spelling_of`: what was typed, by the text of
    a leaf that is another spelling of it.
    """

    request: SearchRequest
    plan: Plan
    articles: int
    frequencies: tuple[int, ...] = ()
    spelling_of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another search, which finds `total` articles. `text` is its query, or the condition that it drops."""

    text: str
    request: SearchRequest
    total: int


@dataclass(frozen=True, slots=True)
class Answer:
    """All that `search.linking.linked` needs to make a response.

    `position` is that of the first hit, from 0; None when paging by cursor.
    `filling`: how the list is filled up with articles that do not have all words; None if it is not.
    `year`: the search in a year that is a word of the query, which may be meant as a date; `text` is the year.
    `exact`: the search without other spellings of names; None if it has none.
    `now` is the time from which relative dates are counted back.
    """

    request: SearchRequest
    results: Results
    context: HitContext
    filling: Filling | None
    position: int | None
    pages: Pages
    expanded: tuple[str, ...]
    exact: SearchRequest | None
    corrections: tuple[Alternative, ...]
    relaxations: tuple[Alternative, ...]
    year: Alternative | None
    warnings: tuple[str, ...]
    status: IndexStatus
    now: datetime
