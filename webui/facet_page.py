"""The page that lists all values of one facet of a search."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from search.document import SECTION_SEPARATOR
from search.request.request import SearchRequest
from search.request.urls import Addresses, FacetPages
from search.results.facet_values import MAX_LISTED, VALUES_A_PAGE, ValuesAsked
from search.results.response import FacetValues
from search.translation import gettext as _
from search.translation import number
from webui.facet_rows import FacetRow
from webui.facet_words import FACET_WORDS
from webui.search_form import kept_pairs
from webui.wording import escaped


@dataclass(frozen=True, slots=True)
class FacetView:
    """Everything that the page shows besides the values.

    `hidden` are the parameters that the form sends along, as pairs of name and value, `kept` those that stay when
    another query is typed. `tally` says how many values there are, and which are shown. `limit` is how many of a very
    long facet are looked through.
    """

    heading: str
    query: str
    text: str
    order: str
    action: str
    hidden: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, str], ...]
    rows: tuple[Markup, ...]
    tally: str
    limit: int


def facet_view(found: FacetValues, asked: ValuesAsked, request: SearchRequest, links: Addresses) -> FacetView:
    """The view of a page of values."""
    hidden = links.pairs(request.on_page(1).without_shape())
    before = (found.page - 1) * VALUES_A_PAGE
    rows = [
        FacetRow(value.label.replace(SECTION_SEPARATOR, " › "), value.count, value.selected, value.toggle_url)
        for value in found.values
    ]
    return FacetView(
        heading=_(FACET_WORDS[found.name].all),
        query=request.q,
        text=asked.text,
        order=asked.order,
        action=FacetPages(links, SearchRequest(time_zone=links.time_zone)).address(found.name),
        hidden=(*hidden, *((("values_sort", asked.order),) if asked.order != "count" else ())),
        kept=kept_pairs(request, links),
        rows=tuple(Markup(row.markup("facet-value", escaped(row.toggle_url))) for row in rows),  # noqa: S704 - escaped
        tally=_tally(found, before + 1, before + len(rows)),
        limit=MAX_LISTED,
    )


def _tally(found: FacetValues, first: int, last: int) -> str:
    """How many values there are, and which of them, from 1, the page shows."""
    if not found.matching:
        return _("None found")
    counted = FACET_WORDS[found.name].counted(found.matching)
    if not found.values:
        return _("This page is beyond the last one: %(counted)s", counted=counted)
    if not (found.links.prev or found.links.next):
        return counted
    return _("%(counted)s, %(first)s–%(last)s shown", counted=counted, first=number(first), last=number(last))
