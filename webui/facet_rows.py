"""One value of a facet as an item of a list: a box to tick that is a link, so that it works without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from search.translation import ngettext, number, spoken
from webui.wording import escaped


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
        chosen = " chosen" if self.selected else ""
        return (
            f'<li class="{css_class}"><a class="choice{chosen}" href="{address}" rel="nofollow">'
            f'<span class="box" aria-hidden="true"></span> '
            f'<span class="choice-label" dir="auto">{escaped(self.label)}</span> '
            f"{_counted(spoken(), self.count, self.selected)}</a></li>"
        )


@lru_cache(maxsize=8192)
def _counted(_language: str, count: int, selected: bool) -> str:
    """The number of articles, and what a screen reader says around it, as markup. The language is that spoken."""
    shown = f'<span class="choice-count">{number(count)}</span>'
    if selected:
        return ngettext(
            '%(n)s<span class="unseen"> article, selected; remove</span>',
            '%(n)s<span class="unseen"> articles, selected; remove</span>',
            count,
            n=shown,
        )
    return ngettext(
        '%(n)s<span class="unseen"> article</span>', '%(n)s<span class="unseen"> articles</span>', count, n=shown
    )
