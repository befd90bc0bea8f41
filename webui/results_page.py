"""The result page: its heading, the conditions in force, the choices beside the hits, and the pager."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from search.document import SECTION_SEPARATOR
from search.request.comparison import Comparison
from search.request.facets import FACETS
from search.request.links import SearchLinks
from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.results.filled import border_in_words, in_words, parts
from search.results.response import Applied, Hit, SearchResponse
from search.schema import MISSING
from search.translation import capitalized, pgettext
from search.translation import gettext as _
from webui.chart import Chart, chart
from webui.facet_boxes import Box, facet_boxes
from webui.facet_words import FACET_WORDS
from webui.search_form import SearchForm, SectionChoices, search_form, sorts_in_words
from webui.timeline_path import chart_views, timeline_path
from webui.wording import Link, in_quotes

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

    `heading_is_condition`: whether the heading names the only condition there is. `first_shown` and `last_shown` are
    the positions of the hits, counted from 1; both are 0 if there are none.
    `filled` says how the list was filled up, "" if it was not. `parts` are the hits on either side of the border.
    `selected` is the number of facet values that are selected. `first_url` is the first page, "" if there are hits.
    `cleared_url` is the search without any condition, "" if there is one at most. `judge_url` is the page of the desk
    on which the hits are judged, "" without a desk or a query.
    """

    heading: str
    heading_is_condition: bool
    form: SearchForm
    chips: tuple[Chip, ...]
    facets: tuple[Box, ...]
    selected: int
    path: tuple[Link, ...]
    chart: Chart | None
    chart_views: tuple[Link, ...]
    sorts: tuple[SortLink, ...]
    pager: tuple[PagerItem, ...]
    first_shown: int
    last_shown: int
    filled: str
    parts: tuple[Part, ...]
    first_url: str
    cleared_url: str
    api_url: str
    save_url: str
    judge_url: str
    compare_url: str


def results_view(
    response: SearchResponse,
    request: SearchRequest,
    links: Addresses,
    sections: SectionChoices,
    *,
    has_desk: bool = False,
) -> ResultsView:
    """The view of a response; `sections` are those of the archive, which `has_desk` or not."""
    before = (response.page - 1) * response.per_page if response.page else 0
    return ResultsView(
        heading=heading(response),
        heading_is_condition=_only_condition(response) is not None,
        form=search_form(request, links, sections),
        chips=tuple(chips(response.query.applied)),
        facets=facet_boxes(response.facets, request, links),
        selected=sum(applied.name in FACETS and not applied.negated for applied in response.query.applied),
        path=timeline_path(response, request, links),
        chart=chart(response.timeline, request.bars),
        chart_views=chart_views(request, links),
        sorts=tuple(_sorts(request, links)),
        pager=tuple(_pager(response, request, links)),
        first_shown=before + 1 if response.hits else 0,
        last_shown=before + len(response.hits) if response.hits else 0,
        filled=in_words(response.filled) if response.filled else "",
        parts=tuple(_parts(response, before + 1)),
        first_url=links.search(request.on_page(1)) if not response.hits else "",
        cleared_url=links.search(_without_conditions(request)) if len(response.query.applied) > 1 else "",
        api_url=replace(links, kind="api").search(request),
        save_url=links.saving(request),
        judge_url=links.judging(request) if has_desk and request.q.strip() else "",
        compare_url=links.comparison(Comparison.of(request)),
    )


def chips(conditions: Sequence[Applied]) -> Iterator[Chip]:
    """A chip for each condition. The second of several values says whether it is joined to the first by and or or."""
    previous = ""
    for each in conditions:
        label = each.label
        if each.joined and each.name == previous:
            words = FACET_WORDS[each.name]
            joining = words.also if each.joined == "and" else words.instead
            label = _(joining)
        yield Chip(label, chip_text(each), each.remove_url)
        previous = each.name


def _without_conditions(request: SearchRequest) -> SearchRequest:
    return SearchRequest(q=request.q, time_zone=request.time_zone, per_page=request.per_page)


def _parts(response: SearchResponse, first: int) -> Iterator[Part]:
    for has_all, hits in parts(response.hits):
        border = border_in_words(response.filled) if response.filled and not has_all else ""
        yield Part(border, first, hits)
        first += len(hits)


def heading(response: SearchResponse) -> str:
    """What the page is about: the query, else the only condition, else all articles."""
    query, only = response.query.text.strip(), _only_condition(response)
    if query:
        return in_quotes(query)
    if only is None:
        return _("Articles") if response.query.applied else _("All articles")
    if only.value == MISSING:
        return _(FACET_WORDS[only.name].none)
    return capitalized(chip_text(only)) if only.name == "date" else chip_text(only)


def _only_condition(response: SearchResponse) -> Applied | None:
    """The condition that says what the page is about, where there is neither a query nor another one."""
    applied = response.query.applied
    if response.query.text.strip() or len(applied) != 1 or applied[0].negated or applied[0].name == "in":
        return None
    return applied[0]


def chip_text(applied: Applied) -> str:
    """The value of a condition in words: "not Sport", "none" for articles without a value, "any" for those with one."""
    if applied.negated and applied.value == MISSING:
        return pgettext("value of a condition", "any")
    text = applied.value_label or applied.value
    if applied.name == "section":
        text = text.replace(SECTION_SEPARATOR, " › ")
    return _("not %(value)s", value=text) if applied.negated else text


def _sorts(request: SearchRequest, links: Addresses) -> Iterator[SortLink]:
    """The orders that make sense: by relevance only if there is a query. The default one is not in the address."""
    current = request.effective_sort()
    default = current if request.sort is None else request.sorted_by(None).effective_sort()
    sorts = [(sort, label) for sort, label in sorts_in_words() if sort != "relevance" or request.q.strip()]
    urls = links.varied(request.on_page(1), "sort", ["" if sort == default else sort for sort, _label in sorts])
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
