"""Facets as the result page lists them: sections as a tree, years by date, everything else by count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Final

from search.document import SECTION_SEPARATOR, section_ancestors
from search.request.facets import DATE
from search.request.request import SearchRequest
from search.request.urls import Addresses, FacetPages
from search.results.response import Facet, FacetValue
from search.schema import MISSING
from search.translation import gettext, gettext_noop, number
from webui.calendar_box import CalendarBox, calendar_box
from webui.facet_rows import FacetRow
from webui.facet_words import FACET_WORDS
from webui.wording import all_escaped
from webui.wording import in_markup as _

_MAX_DEPTH: Final = 3
_DEPTHS: Final = tuple(f"depth-{depth}" for depth in range(_MAX_DEPTH + 1))
_BY_DATE: Final = ("year", "month", "day")


@dataclass(frozen=True, slots=True)
class FacetBox:
    """A facet with its rows.

    `missing_row` is for articles without a value. `other` counts the articles of values that are not listed, which
    `more_url` lists. `joined` says how the values are joined, `join_url` joins them the other way: see
    `search.results.response.Facet`. `chosen` is the number of values that are chosen.
    """

    name: str
    label: str
    rows: tuple[FacetRow, ...]
    missing_row: FacetRow | None
    other: int
    truncated: bool
    more_url: str
    joined: str | None = None
    join_url: str | None = None
    chosen: int = 0

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
            f"{self._joining()}<ul>\n{listed}\n</ul>\n{self._rest() if self.truncated else ''}</section>\n"
        )

    def _joining(self) -> str:
        """What another value would do, or how the chosen ones are joined, and the link to the other way."""
        if self.join_url is None:
            return ""
        said, other = _JOINED[self.joined == "and", self.chosen > 1]
        unseen = f'<span class="unseen"> ({escape(self.label)})</span>'
        link = f'<a href="{escape(self.join_url)}" rel="nofollow">{_(other)}{unseen}</a>'
        return f'<p class="facet-joined">{_(said)} {link}</p>\n'

    def _rest(self) -> str:
        words = FACET_WORDS[self.name]
        others = f"{_(words.others, n=number(self.other))} " if self.other else ""
        more = _(words.more)
        return f'<p class="facet-more">{others}<a href="{escape(self.more_url)}" rel="nofollow">{more}</a></p>\n'


_JOINED: Final = {
    (True, True): (gettext_noop("Articles with all of these."), gettext_noop("Any of these")),
    (True, False): (gettext_noop("Another one narrows."), gettext_noop("Widen instead")),
    (False, True): (gettext_noop("Articles with any of these."), gettext_noop("All of these")),
    (False, False): (gettext_noop("Another one widens."), gettext_noop("Narrow instead")),
}
"""What is said of the chosen values, and of the other way to join them: by whether articles need all of them, and
whether several are chosen."""


Box = FacetBox | CalendarBox
"""A facet as it is listed."""


def facets_html(boxes: Sequence[Box]) -> str:
    """The boxes as markup. Written here, since they have dozens of rows: a template takes six times as long."""
    addresses = all_escaped([row.toggle_url for box in boxes for row in box.all_rows])
    parts, start = [], 0
    for box in boxes:
        end = start + len(box.all_rows)
        parts.append(box.markup(addresses[start:end]))
        start = end
    return "".join(parts)


def facet_boxes(facets: Iterable[Facet], request: SearchRequest, links: Addresses) -> tuple[Box, ...]:
    """The facets in which a choice would change the result."""
    shown = [facet for facet in facets if _offers_a_choice(facet, request)]
    pages = FacetPages(links, request)
    return tuple(
        [
            calendar_box(facet, request, links) if facet.name == DATE else facet_box(facet, pages.address(facet.name))
            for facet in shown
        ]
    )


def _offers_a_choice(facet: Facet, request: SearchRequest) -> bool:
    """False if all hits have the same single value, unless the reader has selected it or typed dates."""
    if facet.name == DATE and (request.start or request.end):
        return True
    if len(facet.values) > 1 or facet.truncated or any(value.selected for value in facet.values):
        return True
    return bool(facet.values) and facet.missing > 0


def facet_box(facet: Facet, more_url: str = "") -> FacetBox:
    """The facet with its rows in the order in which they are listed; `more_url` is the page that lists all of them."""
    none_label = gettext(FACET_WORDS[facet.name].none)
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
        facet.joined,
        facet.join_url,
        sum(value.selected for value in facet.values),
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
