"""Facets as the result page lists them: sections as a tree, years by date, everything else by count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Final

from search.document import SECTION_SEPARATOR, section_ancestors
from search.request.request import FacetRequest, SearchRequest
from search.request.urls import Addresses, written_facets
from search.results.response import Facet, FacetValue
from search.schema import MISSING
from webui.wording import all_escaped, escaped

MORE_VALUES: Final = 50
"""How many values “Show more” asks for."""
_MAX_DEPTH: Final = 3
_DEPTHS: Final = tuple(f"depth-{depth}" for depth in range(_MAX_DEPTH + 1))
_BY_DATE: Final = ("year", "month", "day")


@dataclass(slots=True)
class FacetRow:
    """One value of a facet. `depth` counts the listed sections above it, and is 0 for other facets."""

    label: str
    count: int
    selected: bool
    toggle_url: str
    depth: int = 0

    def markup(self, css_class: str, address: str) -> str:
        """The row as an item of a list; `address` is `toggle_url` as markup."""
        chosen, remove = (" chosen", ", selected; remove") if self.selected else ("", "")
        return (
            f'<li class="{css_class}"><a class="choice{chosen}" href="{address}" rel="nofollow">'
            f'<span class="box" aria-hidden="true"></span> '
            f'<span class="choice-label" dir="auto">{escaped(self.label)}</span> '
            f'<span class="choice-count">{self.count:,}</span> '
            f'<span class="unseen">{"article" if self.count == 1 else "articles"}{remove}</span></a></li>'
        )


@dataclass(frozen=True, slots=True)
class FacetBox:
    """A facet with its rows.

    `missing_row` is for articles without a value. `other` counts the articles of values that are not listed;
    `more_url` lists more of them, and is None if it would not.
    """

    name: str
    label: str
    rows: tuple[FacetRow, ...]
    missing_row: FacetRow | None
    other: int
    truncated: bool
    more_url: str | None

    @property
    def all_rows(self) -> tuple[FacetRow, ...]:
        """The rows, that of the articles without a value last."""
        return self.rows if self.missing_row is None else (*self.rows, self.missing_row)

    def markup(self, addresses: Sequence[str]) -> str:
        """The box with all its rows and the link to more of them; `addresses` are those of the rows, as markup."""
        rows = [row.markup(_DEPTHS[row.depth], to) for row, to in zip(self.rows, addresses, strict=False)]
        if self.missing_row is not None:
            rows.append(self.missing_row.markup("facet-missing", addresses[-1]))
        name, listed = escape(self.name), "\n".join(rows)
        return (
            f'<section class="facet" aria-labelledby="facet-{name}">\n<h3 id="facet-{name}">{escape(self.label)}</h3>\n'
            f"<ul>\n{listed}\n</ul>\n{self._rest() if self.truncated else ''}</section>\n"
        )

    def _rest(self) -> str:
        others = f"{self.other:,} in other values. " if self.other else ""
        if not self.more_url:
            return f'<p class="facet-more">{others}</p>\n'
        more = f'Show more<span class="unseen"> of {escape(self.label.lower())}</span>'
        return f'<p class="facet-more">{others}<a href="{escape(self.more_url)}" rel="nofollow">{more}</a></p>\n'


def facets_html(boxes: Sequence[FacetBox]) -> str:
    """The boxes as markup. Written here, since they have dozens of rows: a template takes six times as long."""
    addresses = all_escaped([row.toggle_url for box in boxes for row in box.all_rows])
    parts, start = [], 0
    for box in boxes:
        end = start + len(box.all_rows)
        parts.append(box.markup(addresses[start:end]))
        start = end
    return "".join(parts)


def facet_boxes(facets: Iterable[Facet], request: SearchRequest, links: Addresses) -> tuple[FacetBox, ...]:
    """The facets in which a choice would change the result."""
    shown = [facet for facet in facets if _offers_a_choice(facet)]
    more = _more_urls(shown, request, links)
    return tuple([facet_box(facet, more.get(facet.name)) for facet in shown])


def _offers_a_choice(facet: Facet) -> bool:
    """False if all hits have the same single value, unless the reader has selected it."""
    if len(facet.values) > 1 or facet.truncated or any(value.selected for value in facet.values):
        return True
    return bool(facet.values) and facet.missing > 0


def facet_box(facet: Facet, more_url: str | None = None) -> FacetBox:
    """The facet with its rows in the order in which they are listed; `more_url` is the search with more of them."""
    none_label = f"No {facet.label.lower()}"
    values = [replace(value, label=none_label) if value.value == MISSING else value for value in facet.values]
    if facet.name in _BY_DATE:
        values.sort(key=lambda value: value.value, reverse=True)
    missing = None
    if facet.missing and facet.missing_url and not any(value.value == MISSING for value in values):
        missing = FacetRow(none_label, facet.missing, selected=False, toggle_url=facet.missing_url)
    return FacetBox(
        facet.name,
        facet.label,
        tuple(_section_rows(values) if facet.name == "section" else map(_row, values)),
        missing,
        facet.other,
        facet.truncated,
        more_url,
    )


def _row(value: FacetValue) -> FacetRow:
    return FacetRow(value.label, value.count, value.selected, value.toggle_url)


def _section_rows(values: Iterable[FacetValue]) -> Iterator[FacetRow]:
    """Sections by count, each below its nearest ancestor that is listed too."""
    by_value = {value.value: value for value in values}
    paths = {value: _path(value) for value in by_value}
    first_seen: dict[str, int] = {}
    for position, path in enumerate(paths.values()):
        for section in path:
            first_seen.setdefault(section, position)

    def tree_order(value: str) -> list[int]:
        return [first_seen[section] for section in paths[value]]

    for value in sorted(by_value, key=tree_order):
        listed = [name for name in paths[value][:-1] if name in by_value]
        shown = value.removeprefix(listed[-1] + SECTION_SEPARATOR) if listed else by_value[value].label
        label = shown.replace(SECTION_SEPARATOR, " › ")
        found = by_value[value]
        yield FacetRow(label, found.count, found.selected, found.toggle_url, min(len(listed), _MAX_DEPTH))


@lru_cache(maxsize=4096)
def _path(section: str) -> tuple[str, ...]:
    """`section_ancestors`, remembered: most pages list the same sections."""
    return section_ancestors(section)


@lru_cache(maxsize=256)
def _written_with_more(asked: tuple[FacetRequest, ...], name: str) -> str:
    """The parameter `facets` with more values of that one."""
    return written_facets(SearchRequest(facets=asked).with_facet(name, MORE_VALUES).facets)


def _more_urls(facets: Iterable[Facet], request: SearchRequest, links: Addresses) -> dict[str, str]:
    """The search with more values of a facet, for each facet that has more and was asked for fewer."""
    sizes = {asked.name: asked.size for asked in request.facets}
    names = [facet.name for facet in facets if facet.truncated and sizes.get(facet.name, MORE_VALUES) < MORE_VALUES]
    written = [_written_with_more(request.facets, name) for name in names]
    return dict(zip(names, links.varied(request, "facets", written), strict=True)) if names else {}
