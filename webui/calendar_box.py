"""The years, months and days beside the results, and two fields to type dates into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Final

from search.request.request import SearchRequest
from search.request.urls import Addresses
from search.results.response import Facet
from search.translation import decade_in_words, ngettext, number
from webui.facet_rows import FacetRow
from webui.wording import escaped
from webui.wording import in_markup as _

UNFOLDED_YEARS: Final = 12
"""Years that are listed one below the other; more are folded by decade."""
_DATES: Final = ("from", "to", "year", "month", "day")
"""The parameters that the typed dates take the place of."""


@dataclass(frozen=True, slots=True)
class CalendarBox:
    """The facet `date`: `rows` are its years, the newest first, each with its months and days in their order.

    `hidden` are the parameters that the typed dates, `start` and `end`, are sent with to the address `action`.
    """

    label: str
    rows: tuple[FacetRow, ...]
    undated: int
    truncated: bool
    action: str
    hidden: tuple[tuple[str, str], ...]
    start: str
    end: str

    @property
    def all_rows(self) -> tuple[FacetRow, ...]:
        """The rows, from top to bottom."""
        return self.rows

    def markup(self, addresses: Sequence[str]) -> str:
        """The box; `addresses` are those of the rows, as markup."""
        written = [(row, row.markup(f"depth-{row.depth}", to)) for row, to in zip(self.rows, addresses, strict=False)]
        folds = sum(row.depth == 0 for row, _markup in written) > UNFOLDED_YEARS
        listed = "".join(_decades(written)) if folds else _listed(item for _row, item in written)
        undated = _note(_undated(self.undated)) if self.undated else ""
        cut = _note(_("There are more years: type dates to see them.")) if self.truncated else ""
        return (
            '<section class="facet" aria-labelledby="facet-date">\n'
            f'<h3 id="facet-date">{escape(self.label)}</h3>\n{listed}{undated}{cut}{self._form()}</section>\n'
        )

    def _form(self) -> str:
        kept = "".join([f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in self.hidden])
        set_them = _("Set dates")
        start, end = _field("from", _("From"), self.start), _field("to", _("To"), self.end)
        return (
            f'<form class="dates" action="{escape(self.action)}" method="get">{kept}\n'
            f'{start}{end}<button type="submit">{set_them}</button>\n</form>\n'
        )


def calendar_box(facet: Facet, request: SearchRequest, links: Addresses) -> CalendarBox:
    """The facet as it is listed beside the results of that request."""
    pairs = links.pairs(request.on_page(1))
    written = dict(pairs)
    rows = [
        FacetRow(value.label, value.count, value.selected, value.toggle_url, value.value.count("-"))
        for value in sorted(facet.values, key=lambda value: (-int(value.value[:4]), value.value))
    ]
    hidden = tuple(pair for pair in pairs if pair[0] not in _DATES)
    start, end = written.get("from", ""), written.get("to", "")
    return CalendarBox(facet.label, tuple(rows), facet.missing, facet.truncated, links.path, hidden, start, end)


def _undated(count: int) -> str:
    return escape(ngettext("%(n)s article has no date.", "%(n)s articles have no date.", count, n=number(count)))


def _note(words: str) -> str:
    return f'<p class="facet-more">{words}</p>\n'


def _field(name: str, label: str, value: str) -> str:
    return (
        f'<p class="field"><label for="facet-{name}">{label}</label>'
        f'<input id="facet-{name}" name="{name}" value="{escape(value)}" maxlength="40" autocomplete="off"></p>\n'
    )


def _decades(written: Iterable[tuple[FacetRow, str]]) -> Iterator[str]:
    """The years by decade; open where one is chosen."""
    decade = 0

    def of(pair: tuple[FacetRow, str]) -> int:
        nonlocal decade
        row = pair[0]
        decade = int(row.label) // 10 * 10 if row.depth == 0 else decade
        return decade

    for first_year, group in groupby(written, of):
        name, pairs = escaped(decade_in_words(first_year)), list(group)
        total = sum(row.count for row, _markup in pairs if row.depth == 0)
        opened = " open" if any(row.selected or row.depth for row, _markup in pairs) else ""
        yield (
            f'<details class="facet-decade"{opened}>\n<summary><span class="choice-label">{name}</span> '
            f'<span class="choice-count">{number(total)}</span></summary>\n'
            f"{_listed(item for _row, item in pairs)}</details>\n"
        )


def _listed(items: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(items) + "\n</ul>\n"
