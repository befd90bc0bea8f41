"""The search form as it is filled in on a page: what it shows, and what it sends along without showing it.

The form works without JavaScript. Submitted unchanged, it asks for the same search again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import islice
from typing import Final

from markupsafe import Markup

from search.document import SECTION_SEPARATOR
from search.engines.plan import Sort
from search.request.request import Filters, SearchRequest
from search.request.urls import Addresses, written_filters
from search.translation import gettext, gettext_noop, remembered_by_language

SORTS: Final[tuple[tuple[Sort, str], ...]] = (
    ("relevance", gettext_noop("Best match")),
    ("newest", gettext_noop("Newest first")),
    ("oldest", gettext_noop("Oldest first")),
)
MAX_SECTION_OPTIONS: Final = 300
_MAX_WRITTEN: Final = 64
"""Forms that are remembered as markup, of 30 kB at most where the archive has many sections."""
_VISIBLE: Final = ("from", "to", "sort", "op")
"""The parameters that have a control of their own under “Advanced search”."""


@dataclass(frozen=True, slots=True)
class SectionOption:
    """An option of the list of sections; `value` is written as the parameter `section` expects it."""

    value: str
    label: str
    selected: bool
    markup: str

    @classmethod
    def of(cls, name: str, *, selected: bool = False) -> SectionOption:
        """The option for a section. Its markup is made here, once, and not for each of the pages that show it."""
        written = written_filters(Filters((name,)))[0]
        label = name.replace(SECTION_SEPARATOR, " › ")
        chosen = " selected" if selected else ""
        return cls(written, label, selected, f'<option value="{escape(written)}"{chosen}>{escape(label)}</option>')


class SectionChoices:
    """The sections of an archive at one commit as options, of which a page selects one at most.

    `names` are the sections, the largest first; the list has MAX_SECTION_OPTIONS of them.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        listed = sorted(islice(names, MAX_SECTION_OPTIONS))
        self._options = {name: SectionOption.of(name) for name in listed}
        self._written: dict[Hashable, bytes] = {}

    def written(self, advanced: Advanced, write: Callable[[Advanced], str]) -> bytes:
        """The controls as markup in UTF-8, written once for all pages that have the same: most have none in use."""
        known = self._written.get(advanced.key)
        if known is None:
            if len(self._written) >= _MAX_WRITTEN:
                self._written.clear()
            self._written[advanced.key] = known = write(advanced).encode()
        return known

    def for_filters(self, filters: Filters) -> tuple[SectionOption, ...]:
        """The options with the section that is asked for selected; none if the filters ask for more than one section.

        A section that is asked for is among them even if the archive has none of that name.
        """
        if len(filters.include) > 1 or filters.exclude:
            return ()
        if not filters.include:
            return tuple(self._options.values())
        [name] = filters.include
        options = self._options | {name: SectionOption.of(name, selected=True)}
        return tuple(options.values() if name in self._options else (options[other] for other in sorted(options)))


@dataclass(frozen=True, slots=True)
class Advanced:
    """The controls under “Advanced search” with their present values.

    `sections` is empty if the request cannot be chosen from a list, because it names or excludes several. Those of one
    archive at one commit are the same if their `key` is. `errors` say what is wrong with `from` and `to`.
    """

    sections: tuple[SectionOption, ...]
    sorts: tuple[tuple[Sort, str], ...]
    start: str
    end: str
    sort: str
    operator: str
    key: Hashable
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def section_options(self) -> Markup:
        """The options of the list of sections as markup."""
        return Markup("".join([option.markup for option in self.sections]))  # noqa: S704 - each is escaped


@dataclass(frozen=True, slots=True)
class SearchForm:
    """A whole form: `hidden` are the parameters that have no control, as pairs of name and value."""

    hidden: tuple[tuple[str, str], ...]
    advanced: Advanced


def search_form(request: SearchRequest, links: Addresses, sections: SectionChoices) -> SearchForm:
    """The form for a request; `sections` are those of the archive."""
    kept = kept_pairs(request, links)
    advanced = _advanced(request, dict(kept), sections)
    visible = (*_VISIBLE, "section") if advanced.sections else _VISIBLE
    return SearchForm(tuple(pair for pair in kept if pair[0] not in visible), advanced)


def kept_pairs(request: SearchRequest, links: Addresses) -> tuple[tuple[str, str], ...]:
    """The parameters that stay when the reader types another query: all but the query and the page."""
    return tuple(pair for pair in links.pairs(request.on_page(1)) if pair[0] != "q")


@remembered_by_language(maxsize=16)
def sorts_in_words() -> tuple[tuple[Sort, str], ...]:
    """The orders of hits with what each is called."""
    return tuple((sort, gettext(label)) for sort, label in SORTS)


def _advanced(request: SearchRequest, written: Mapping[str, str], sections: SectionChoices) -> Advanced:
    chosen, start, end = request.filters("section"), written.get("from", ""), written.get("to", "")
    return Advanced(
        sections=sections.for_filters(chosen),
        sorts=sorts_in_words(),
        start=start,
        end=end,
        sort=request.sort or "",
        operator=request.operator,
        key=(chosen, start, end, request.sort, request.operator),
    )
