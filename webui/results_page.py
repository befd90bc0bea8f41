"""The result page: its heading, the conditions in force, the choices beside the hits, and the pager."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from search.document import SECTION_SEPARATOR
from search.request.links import SearchLinks
from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.results.filled import border_in_words, in_words, parts
from search.results.response import Applied, Hit, SearchResponse
from search.schema import MISSING
from webui.chart import Chart, chart
from webui.facet_boxes import FacetBox, facet_boxes
from webui.search_form import SORTS, SearchForm, SectionChoices, search_form

_PAGE: Final = re.compile(r"[?&]page=([0-9]+)")
_PAGES_AROUND: Final = 2
"""How many page numbers the pager shows on each side of the present one."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition in force, such as “Year” “2024”, and the search without it."""

    label: str
    text: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class SortLink:
    """A way to sort the hits."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class PagerItem:
    """A page number, or a gap if `number` is None. On narrow screens only those that are `near` stay."""

    number: int | None
    url: str = ""
    current: bool = False
    near: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Hits in a row, numbered from `first`, below a `border` if they do not have all words."""

    border: str
    first: int
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class ResultsView:
    """Everything that the result page shows besides the response itself.

    `first_shown` and `last_shown` are the positions of the hits, counted from 1; both are 0 if there are none.
    `filled` says how the list was filled up, "" if it was not. `parts` are the hits on either side of the border.
    `selected` is the number of facet values that are selected. `first_url` is the first page, "" if there are hits.
    `cleared_url` is the search without any condition, "" if there is one at most.
    """

    heading: str
    form: SearchForm
    chips: tuple[Chip, ...]
    facets: tuple[FacetBox, ...]
    selected: int
    chart: Chart | None
    sorts: tuple[SortLink, ...]
    pager: tuple[PagerItem, ...]
    first_shown: int
    last_shown: int
    filled: str
    parts: tuple[Part, ...]
    first_url: str
    cleared_url: str
    api_url: str


def results_view(
    response: SearchResponse, request: SearchRequest, links: Addresses, sections: SectionChoices
) -> ResultsView:
    """The view of a response; `sections` are those of the archive."""
    before = (response.page - 1) * response.per_page if response.page else 0
    return ResultsView(
        heading=heading(response),
        form=search_form(request, links, sections),
        chips=tuple(Chip(applied.label, chip_text(applied), applied.remove_url) for applied in response.query.applied),
        facets=facet_boxes(response.facets, request, links),
        selected=sum(value.selected for facet in response.facets for value in facet.values),
        chart=chart(response.timeline),
        sorts=tuple(_sorts(request, links)),
        pager=tuple(_pager(response, request, links)),
        first_shown=before + 1 if response.hits else 0,
        last_shown=before + len(response.hits) if response.hits else 0,
        filled=in_words(response.filled) if response.filled else "",
        parts=tuple(_parts(response, before + 1)),
        first_url=links.search(request.on_page(1)) if not response.hits else "",
        cleared_url=links.search(_without_conditions(request)) if len(response.query.applied) > 1 else "",
        api_url=replace(links, kind="api").search(request),
    )


def _without_conditions(request: SearchRequest) -> SearchRequest:
    return SearchRequest(q=request.q, time_zone=request.time_zone, per_page=request.per_page)


def _parts(response: SearchResponse, first: int) -> Iterator[Part]:
    for has_all, hits in parts(response.hits):
        border = border_in_words(response.filled) if response.filled and not has_all else ""
        yield Part(border, first, hits)
        first += len(hits)


def heading(response: SearchResponse) -> str:
    """What the page is about: the query, else the only condition, else all articles.

    A query is put in quotation marks unless it has some of its own.
    """
    query, applied = response.query.text.strip(), response.query.applied
    if query:
        return query if '"' in query or "“" in query else f"“{query}”"
    if len(applied) == 1 and not applied[0].negated and applied[0].name != "in":
        text = f"no {applied[0].label.lower()}" if applied[0].value == MISSING else chip_text(applied[0])
        return text[:1].upper() + text[1:] if applied[0].value == MISSING or applied[0].name == "date" else text
    return "Articles" if applied else "All articles"


def chip_text(applied: Applied) -> str:
    """The value of a condition in words: "not Sport", "none" for articles without a value, "any" for those with one."""
    if applied.negated and applied.value == MISSING:
        return "any"
    text = applied.value_label or applied.value
    if applied.name == "section":
        text = text.replace(SECTION_SEPARATOR, " › ")
    return f"not {text}" if applied.negated else text


def _sorts(request: SearchRequest, links: Addresses) -> Iterator[SortLink]:
    """The orders that make sense: by relevance only if there is a query. The default one is not in the address."""
    current = request.effective_sort()
    default = current if request.sort is None else request.sorted_by(None).effective_sort()
    sorts = [(sort, label) for sort, label in SORTS if sort != "relevance" or request.q.strip()]
    urls = links.varied(request.on_page(1), "sort", ["" if sort == default else sort for sort, _ in sorts])
    for (sort, label), url in zip(sorts, urls, strict=True):
        yield SortLink(label, url, sort == current)


def _pager(response: SearchResponse, request: SearchRequest, links: Addresses) -> Iterator[PagerItem]:
    """The first page, the last one, and those around the present one; nothing if one page holds all."""
    here = response.page
    last = _page_number(response.links.last) if response.links.last else 1
    if here is None or last <= 1:
        return
    shown = sorted({1, last, *range(max(1, here - _PAGES_AROUND), min(last, here + _PAGES_AROUND) + 1)})
    urls = SearchLinks(links, request).pages(shown)
    previous = 0
    for number, url in zip(shown, urls, strict=True):
        if number > previous + 1:
            yield PagerItem(None)
        yield PagerItem(number, url, number == here, abs(number - here) <= 1)
        previous = number


def _page_number(address: str) -> int:
    found = _PAGE.search(address)
    return int(found[1]) if found else 1
