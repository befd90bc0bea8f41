"""The facets that can be asked for, and how their values read.

To add a facet: one row in `FACETS` (and its field in `search/schema.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from search.errors import ParameterError
from search.periods import Interval, in_words
from search.request.wording import no_such_facet
from search.schema import MISSING
from search.translation import gettext_noop, language_in_words, pgettext


@dataclass(frozen=True, slots=True)
class FacetKind:
    """A facet: the keyword field it counts, or the interval by which it counts the request's date.

    `label` is translated where it is shown; `value_label` is in the language that is spoken.
    """

    name: str
    label: str
    value_label: Callable[[str], str] = str
    keyword: str | None = None
    interval: Interval | None = None


def type_label(value: str) -> str:
    """A content type as a word: "news-brief" is "News brief"."""
    words = value.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


DATE: Final = "date"
"""The facet of years, months and days in one, of which one is chosen at a time."""

FACETS: Final[dict[str, FacetKind]] = {
    row.name: row
    for row in (
        FacetKind("section", gettext_noop("Section"), keyword="section"),
        FacetKind("author", gettext_noop("Author"), keyword="author"),
        FacetKind("tag", gettext_noop("Tag"), keyword="tag"),
        FacetKind("lang", gettext_noop("Language"), language_in_words, keyword="lang"),
        FacetKind("type", gettext_noop("Type"), type_label, keyword="type"),
        FacetKind("year", gettext_noop("Year"), in_words, interval="year"),
        FacetKind("month", gettext_noop("Month"), in_words, interval="month"),
        FacetKind("day", gettext_noop("Day"), in_words, interval="day"),
        FacetKind(DATE, gettext_noop("Date"), in_words),
    )
}


def facet_kind(name: str) -> FacetKind:
    """The facet of that name; raises ParameterError, which names those there are."""
    if name not in FACETS:
        raise ParameterError("facets", no_such_facet(name, FACETS))
    return FACETS[name]


def value_label(name: str, value: str) -> str:
    """How a value of that facet or keyword field reads: "English", "July 2024"; "none" for articles without one."""
    if value == MISSING:
        return pgettext("value of a filter", "none")
    return FACETS[name].value_label(value) if name in FACETS else value
