"""The search form as it is filled in on a page: what it shows, and what it sends along without showing it.

The form works without JavaScript. Submitted unchanged, it asks for the same search again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from search.document import SECTION_SEPARATOR
from search.engines.plan import Sort
from search.request.request import Filters, SearchRequest
from search.request.urls import Addresses, written_filters

SORTS: Final[tuple[tuple[Sort, str], ...]] = (
    ("relevance", "Best match"),
    ("newest", "Newest first"),
    ("oldest", "Oldest first"),
)
MAX_SECTION_OPTIONS: Final = 300
_VISIBLE: Final = ("from", "to", "sort", "op")
"""The parameters that have a control of their own under “Advanced search”."""


@dataclass(frozen=True, slots=True)
class SectionOption:
    """An option of the list of sections; `value` is written as the parameter `section` expects it."""

    value: str
    label: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Advanced:
    """The controls under “Advanced search” with their present values.

    `sections` is empty if the request cannot be chosen from a list, because it names or excludes several.
    """

    sections: tuple[SectionOption, ...]
    sorts: tuple[tuple[Sort, str], ...]
    start: str
    end: str
    sort: str
    operator: str


@dataclass(frozen=True, slots=True)
class SearchForm:
    """A whole form: `hidden` are the parameters that have no control, as pairs of name and value."""

    hidden: tuple[tuple[str, str], ...]
    advanced: Advanced


def search_form(request: SearchRequest, links: Addresses, sections: Iterable[str]) -> SearchForm:
    """The form for a request; `sections` are those of the archive, the largest first."""
    advanced = _advanced(request, links, sections)
    visible = (*_VISIBLE, "section") if advanced.sections else _VISIBLE
    return SearchForm(tuple(pair for pair in kept_pairs(request, links) if pair[0] not in visible), advanced)


def kept_pairs(request: SearchRequest, links: Addresses) -> tuple[tuple[str, str], ...]:
    """The parameters that stay when the reader types another query: all but the query and the page."""
    return tuple(pair for pair in links.pairs(request.on_page(1)) if pair[0] != "q")


def _advanced(request: SearchRequest, links: Addresses, sections: Iterable[str]) -> Advanced:
    pairs = dict(kept_pairs(request, links))
    return Advanced(
        sections=tuple(_section_options(request.filters("section"), list(sections))),
        sorts=SORTS,
        start=pairs.get("from", ""),
        end=pairs.get("to", ""),
        sort=request.sort or "",
        operator=request.operator,
    )


def _section_options(filters: Filters, sections: list[str]) -> Iterable[SectionOption]:
    if len(filters.include) > 1 or filters.exclude:
        return
    for name in sorted({*sections[:MAX_SECTION_OPTIONS], *filters.include}):
        written = written_filters(Filters((name,)))[0]
        yield SectionOption(written, name.replace(SECTION_SEPARATOR, " › "), name in filters.include)
