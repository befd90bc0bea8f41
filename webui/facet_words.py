"""What is said of the values of each facet: "No author", "All authors", "Show more authors"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from search.translation import gettext_noop, ngettext, number


@dataclass(frozen=True, slots=True)
class FacetWords:
    """Messages of one facet, still to be translated; `counted` gives its words in the language that is spoken.

    `none`: articles without a value. `others`: how often articles have values that are not listed. `also` and `instead`
    name one more value that articles must have too, or may have instead of the one before: "and author", "or author".
    """

    none: str
    all: str
    others: str
    more: str
    counted: Callable[[int], str]
    also: str = ""
    instead: str = ""


def _sections(count: int) -> str:
    return ngettext("%(n)s section", "%(n)s sections", count, n=number(count))


def _authors(count: int) -> str:
    return ngettext("%(n)s author", "%(n)s authors", count, n=number(count))


def _tags(count: int) -> str:
    return ngettext("%(n)s tag", "%(n)s tags", count, n=number(count))


def _languages(count: int) -> str:
    return ngettext("%(n)s language", "%(n)s languages", count, n=number(count))


def _types(count: int) -> str:
    return ngettext("%(n)s type", "%(n)s types", count, n=number(count))


def _years(count: int) -> str:
    return ngettext("%(n)s year", "%(n)s years", count, n=number(count))


def _months(count: int) -> str:
    return ngettext("%(n)s month", "%(n)s months", count, n=number(count))


def _days(count: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", count, n=number(count))


FACET_WORDS: Final[dict[str, FacetWords]] = {
    "section": FacetWords(
        none=gettext_noop("No section"),
        all=gettext_noop("All sections"),
        others=gettext_noop("%(n)s in other sections."),
        more=gettext_noop("Show more sections"),
        counted=_sections,
        also=gettext_noop("and section"),
        instead=gettext_noop("or section"),
    ),
    "author": FacetWords(
        none=gettext_noop("No author"),
        all=gettext_noop("All authors"),
        others=gettext_noop("%(n)s in other authors."),
        more=gettext_noop("Show more authors"),
        counted=_authors,
        also=gettext_noop("and author"),
        instead=gettext_noop("or author"),
    ),
    "tag": FacetWords(
        none=gettext_noop("No tag"),
        all=gettext_noop("All tags"),
        others=gettext_noop("%(n)s in other tags."),
        more=gettext_noop("Show more tags"),
        counted=_tags,
        also=gettext_noop("and tag"),
        instead=gettext_noop("or tag"),
    ),
    "lang": FacetWords(
        none=gettext_noop("No language"),
        all=gettext_noop("All languages"),
        others=gettext_noop("%(n)s in other languages."),
        more=gettext_noop("Show more languages"),
        counted=_languages,
        instead=gettext_noop("or language"),
    ),
    "type": FacetWords(
        none=gettext_noop("No type"),
        all=gettext_noop("All types"),
        others=gettext_noop("%(n)s in other types."),
        more=gettext_noop("Show more types"),
        counted=_types,
        instead=gettext_noop("or type"),
    ),
    "year": FacetWords(
        none=gettext_noop("No year"),
        all=gettext_noop("All years"),
        others=gettext_noop("%(n)s in other years."),
        more=gettext_noop("Show more years"),
        counted=_years,
    ),
    "month": FacetWords(
        none=gettext_noop("No month"),
        all=gettext_noop("All months"),
        others=gettext_noop("%(n)s in other months."),
        more=gettext_noop("Show more months"),
        counted=_months,
    ),
    "day": FacetWords(
        none=gettext_noop("No day"),
        all=gettext_noop("All days"),
        others=gettext_noop("%(n)s in other days."),
        more=gettext_noop("Show more days"),
        counted=_days,
    ),
}
"""By the names of the facets that are lists of values. An article has one language and one type at most, so no search
asks for two."""
