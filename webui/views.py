"""What the templates show, made from the answers of the service: no page reckons anything itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qs, urlsplit

from search.document import SECTION_SEPARATOR, section_ancestors
from search.engines.plan import Sort
from search.request.request import Filters, SearchRequest
from search.request.urls import Addresses, written_filters
from search.results.response import Facet, FacetValue, SearchResponse
from search.schema import MISSING
from webui.chart import Chart, chart

SORTS: Final[tuple[tuple[Sort, str], ...]] = (
    ("relevance", "Best match"),
    ("newest", "Newest first"),
    ("oldest", "Oldest first"),
)
MORE_VALUES: Final = 50
MAX_SECTION_OPTIONS: Final = 300
_AROUND: Final = 2
_IN_ADVANCED: Final = ("from", "to", "sort", "op")


@dataclass(frozen=True, slots=True)
class FacetRow:
    """A value as a line of its facet; `depth` is how far it is indented below a section listed above it."""

    label: str
    count: int
    selected: bool
    toggle_url: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class FacetBox:
    """A facet as it is listed; `other` counts what is in values not listed, `more_url` lists more of them."""

    name: str
    label: str
    rows: tuple[FacetRow, ...]
    missing_row: FacetRow | None
    other: int
    truncated: bool
    more_url: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A link of the pager; `number` None is a gap. `near` pages stay on a narrow screen."""

    number: int | None
    url: str = ""
    current: bool = False
    near: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: of an order (`url`, `current`) or in the list of sections (`value`, `current`)."""

    label: str
    current: bool
    value: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Advanced:
    """The finer choices of the search form, as they stand; `sections` is empty where a list cannot say them."""

    sections: tuple[Option, ...]
    sorts: tuple[tuple[Sort, str], ...]
    start: str
    end: str
    sort: str
    operator: str


@dataclass(frozen=True, slots=True)
class SearchView:
    """All that the result page needs beside the answer itself."""

    heading: str
    hidden: tuple[tuple[str, str], ...]
    advanced: Advanced
    facets: tuple[FacetBox, ...]
    chosen: int
    chart: Chart | None
    sorts: tuple[Option, ...]
    pages: tuple[Page, ...]
    first_shown: int
    last_shown: int
    first_url: str
    cleared_url: str
    api_url: str


def search_view(
    response: SearchResponse, request: SearchRequest, links: Addresses, sections: Mapping[str, int]
) -> SearchView:
    """The view of one answer; `sections` are those of the archive with their counts."""
    first = (response.page - 1) * response.per_page + 1 if response.page else 1
    advanced = advanced_choices(request, links, sections)
    handled = (*_IN_ADVANCED, *(["section"] if advanced.sections else []))
    return SearchView(
        heading=heading(response),
        hidden=tuple(pair for pair in travelling(request, links) if pair[0] not in handled),
        advanced=advanced,
        facets=tuple(facet_box(facet, request, links) for facet in response.facets if _useful(facet)),
        chosen=sum(value.selected for facet in response.facets for value in facet.values),
        chart=chart(response.timeline),
        sorts=_sorts(request, links),
        pages=tuple(_pages(response, request, links)),
        first_shown=first,
        last_shown=first + len(response.hits) - 1,
        first_url=links.search(request.on_page(1)),
        cleared_url=links.search(SearchRequest(q=request.q, time_zone=request.time_zone, per_page=request.per_page)),
        api_url=replace(links, kind="api").search(request),
    )


def heading(response: SearchResponse) -> str:
    """What the page is about: the query, else the one condition in force, else everything."""
    applied = response.query.applied
    if response.query.text.strip():
        return f"“{response.query.text.strip()}”"
    if len(applied) == 1 and not applied[0].negated:
        return (applied[0].value_label or applied[0].value).replace(SECTION_SEPARATOR, " › ")
    return "Articles" if applied else "All articles"


def travelling(request: SearchRequest, links: Addresses) -> tuple[tuple[str, str], ...]:
    """The parameters that go along when something else is searched for: all but the query and the page."""
    return tuple(pair for pair in links.pairs(request.on_page(1)) if pair[0] != "q")


def advanced_choices(request: SearchRequest, links: Addresses, sections: Mapping[str, int]) -> Advanced:
    """The choices as the request has them."""
    pairs = dict(travelling(request, links))
    filters = request.filters("section")
    sayable = len(filters.include) <= 1 and not filters.exclude
    names = sorted({*list(sections)[:MAX_SECTION_OPTIONS], *filters.include}) if sayable else []
    options = [
        Option(name.replace(SECTION_SEPARATOR, " › "), name in filters.include, written_filters(Filters((name,)))[0])
        for name in names
    ]
    return Advanced(
        sections=tuple(options),
        sorts=SORTS,
        start=pairs.get("from", ""),
        end=pairs.get("to", ""),
        sort=request.sort or "",
        operator=request.operator,
    )


def _useful(facet: Facet) -> bool:
    """Whether a choice can change anything: not where all hits have the same one value."""
    if len(facet.values) > 1 or facet.truncated or any(value.selected for value in facet.values):
        return True
    return bool(facet.values) and facet.missing > 0


def facet_box(facet: Facet, request: SearchRequest, links: Addresses) -> FacetBox:
    """The facet as it is listed: sections as a tree, years by time, all else by count."""
    none_label = f"No {facet.label.lower()}"
    values = [replace(value, label=none_label) if value.value == MISSING else value for value in facet.values]
    if facet.name in ("year", "month", "day"):
        values.sort(key=lambda value: value.value, reverse=True)
    missing = None
    if facet.missing and facet.missing_url and not any(value.value == MISSING for value in values):
        missing = FacetRow(none_label, facet.missing, selected=False, toggle_url=facet.missing_url)
    return FacetBox(
        facet.name,
        facet.label,
        tuple(_rows(values) if facet.name == "section" else map(_row, values)),
        missing,
        facet.other,
        facet.truncated,
        _more(facet, request, links),
    )


def _row(value: FacetValue) -> FacetRow:
    return FacetRow(value.label, value.count, value.selected, value.toggle_url)


def _rows(values: Iterable[FacetValue]) -> Iterator[FacetRow]:
    """Sections in the order of their counts, each below the nearest section above it that is listed too."""
    by_value = {value.value: value for value in values}
    order: dict[str, int] = {}
    for place, value in enumerate(by_value):
        for section in section_ancestors(value):
            order.setdefault(section, place)

    def key(value: str) -> list[int]:
        return [order[section] for section in section_ancestors(value)]

    for value in sorted(by_value, key=key):
        above = [name for name in section_ancestors(value)[:-1] if name in by_value]
        shown = value.removeprefix(above[-1] + SECTION_SEPARATOR) if above else by_value[value].label
        label = shown.replace(SECTION_SEPARATOR, " › ")
        yield replace(_row(by_value[value]), label=label, depth=min(len(above), 3))


def _more(facet: Facet, request: SearchRequest, links: Addresses) -> str | None:
    asked = {row.name: row for row in request.facets}
    if not facet.truncated or facet.name not in asked or asked[facet.name].size >= MORE_VALUES:
        return None
    return links.search(request.with_facet(facet.name, MORE_VALUES))


def _sorts(request: SearchRequest, links: Addresses) -> tuple[Option, ...]:
    usual = request.sorted_by(None).effective_sort()
    current = request.effective_sort()
    return tuple(
        Option(
            label,
            value == current,
            url=links.search(request.sorted_by(None if value == usual else value)),
        )
        for value, label in SORTS
        if request.q.strip() or value != "relevance"
    )


def _pages(response: SearchResponse, request: SearchRequest, links: Addresses) -> Iterator[Page]:
    """The first and the last page and those around this one."""
    here = response.page
    if here is None or not response.links.last:
        return
    last = int(parse_qs(urlsplit(response.links.last).query).get("page", ["1"])[0])
    if last <= 1:
        return
    shown = sorted({1, last, *range(max(1, here - _AROUND), min(last, here + _AROUND) + 1)})
    before = 0
    for number in shown:
        if number > before + 1:
            yield Page(None)
        yield Page(number, links.search(request.on_page(number)), number == here, abs(number - here) <= 1)
        before = number
