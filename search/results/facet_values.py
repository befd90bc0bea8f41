"""All values of one facet of a search: found by a part of their name, in order, page by page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from search.engines.results import FacetCounts
from search.errors import NotFound
from search.query.values import comparable
from search.request.facet_counts import facets_after
from search.request.facets import DATE, FACETS, value_label
from search.request.filling import searched
from search.request.links import SearchLinks
from search.request.planning import Planner
from search.request.request import FacetRequest, SearchRequest
from search.request.urls import Addresses, FacetPages
from search.request.validation import check
from search.request.wording import no_such_facet, not_whole
from search.results.facets import facet
from search.results.overview import index_info
from search.results.response import FacetLinks, FacetValues

MAX_LISTED: Final = 20_000
"""Values that can be listed, those with the most articles; a count of more would keep others waiting."""
VALUES_A_PAGE: Final = 100

ValueOrder = Literal["count", "name"]


@dataclass(frozen=True, slots=True)
class ValuesAsked:
    """Which values of the facet `name` are asked for: those that `text` is in, in what order, and which page of them,
    from 1."""

    name: str
    text: str = ""
    order: ValueOrder = "count"
    page: int = 1


def facet_values(
    planner: Planner, request: SearchRequest, asked: ValuesAsked, addresses: Addresses, deadline: float | None
) -> FacetValues:
    """The page of values that is asked for. Each leads to the search with it, in the rendering of `addresses`.

    Raises NotFound if there is no such facet, QuerySyntaxError, ParameterError, EngineError.
    """
    if asked.name not in FACETS or asked.name == DATE:
        raise NotFound(no_such_facet(asked.name[:60], [name for name in FACETS if name != DATE]))
    check(request)
    row = FacetRequest(asked.name, MAX_LISTED)
    wide = replace(request, facets=(row,), per_page=0, page=1, cursor=None, explain=False)
    resolved = planner.resolve(wide)
    plan = replace(planner.plan(resolved, wide, limit=0, deadline=deadline), timeline=None)
    results = searched(planner, resolved, wide, plan).results
    counts = next(iter(facets_after(wide, results)), FacetCounts((), 0, 0, truncated=False))
    fitting = _in_order(asked, [pair for pair in counts.values if _fits(asked, pair[0])])
    shown = fitting[(asked.page - 1) * VALUES_A_PAGE : asked.page * VALUES_A_PAGE]
    listed = facet(row, replace(counts, values=tuple(shown)), SearchLinks(addresses, request.on_page(1)))
    return FacetValues(
        name=listed.name,
        label=listed.label,
        total=results.total,
        values=tuple(value for value in listed.values if value.value in dict(shown)),
        matching=len(fitting),
        page=asked.page,
        missing=listed.missing,
        missing_url=listed.missing_url,
        truncated=counts.truncated,
        joined=listed.joined,
        join_url=listed.join_url,
        links=_links(addresses, request, asked, len(fitting)),
        timed_out=results.timed_out,
        partial=results.partial,
        warnings=(not_whole(),) if results.partial else (),
        index=index_info(planner.status),
    )


def _fits(asked: ValuesAsked, value: str) -> bool:
    text = comparable(asked.text)
    return not text or text in _compared(asked.name, value) or text in comparable(value)


def _in_order(asked: ValuesAsked, values: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """By falling count, as they are counted; or by name, and dates by date."""
    if asked.order == "count":
        return values
    by_date = FACETS[asked.name].interval is not None
    return sorted(values, key=lambda pair: ("" if by_date else _compared(asked.name, pair[0]), pair[0]))


def _compared(name: str, value: str) -> str:
    """The label of a value as it is compared, without case and accents."""
    return comparable(value_label(name, value))


def _links(addresses: Addresses, request: SearchRequest, asked: ValuesAsked, fitting: int) -> FacetLinks:
    pages = FacetPages(addresses, request)

    def at(page: int, order: ValueOrder = asked.order) -> str:
        written = ("values_sort", order if order != "count" else ""), ("values_page", str(page) if page > 1 else "")
        return pages.address(asked.name, ("values", asked.text), *written)

    last = max(1, -(-fitting // VALUES_A_PAGE))
    return FacetLinks(
        self=at(asked.page),
        prev=at(min(asked.page - 1, last)) if asked.page > 1 else None,
        next=at(asked.page + 1) if asked.page < last else None,
        by_count=at(1, "count"),
        by_name=at(1, "name"),
        search=addresses.search(request.on_page(1)),
    )
