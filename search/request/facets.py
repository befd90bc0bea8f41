"""The facets that can be asked for, and how their values read.

To add a facet: one row in `FACETS` (and its field in `search/schema.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from search.analysis import language_name
from search.errors import ParameterError
from search.periods import Interval, in_words
from search.request.wording import unknown
from search.schema import MISSING


@dataclass(frozen=True, slots=True)
class FacetKind:
    """A facet: the keyword field it counts, or the interval by which it counts the request's date."""

    name: str
    label: str
    value_label: Callable[[str], str] = str
    keyword: str | None = None
    interval: Interval | None = None


def type_label(value: str) -> str:
    """A content type as a word: "news-brief" is "News brief"."""
    words = value.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


FACETS: Final[dict[str, FacetKind]] = {
    row.name: row
    for row in (
        FacetKind("section", "Section", keyword="section"),
        FacetKind("author", "Author", keyword="author"),
        FacetKind("tag", "Tag", keyword="tag"),
        FacetKind("lang", "Language", language_name, keyword="lang"),
        FacetKind("type", "Type", type_label, keyword="type"),
        FacetKind("year", "Year", in_words, interval="year"),
        FacetKind("month", "Month", in_words, interval="month"),
        FacetKind("day", "Day", in_words, interval="day"),
    )
}


def facet_kind(name: str) -> FacetKind:
    """The facet of that name; raises ParameterError, which names those there are."""
    if name not in FACETS:
        raise ParameterError("facets", unknown(name, FACETS, "facet"))
    return FACETS[name]


def value_label(name: str, value: str) -> str:
    """How a value of that facet or keyword field reads: "English", "July 2024"; "none" for articles without one."""
    if value == MISSING:
        return "none"
    return FACETS[name].value_label(value) if name in FACETS else value
