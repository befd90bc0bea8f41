"""From one match to the next without JavaScript: each marked place has an id, and links to those around it.

The links stand behind the place and are shown while it is the target of the address, at the edge of the window; so the
next Tab reaches them, and nothing of them is there otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lxml import html as lxml_html
from lxml.html import HtmlElement, builder

from search.translation import gettext as _
from search.translation import number

FIRST_ID: Final = "match"
MAX_STEPS: Final = 200
"""Places with links; an article with more is better searched with another word."""
STEP_CLASS: Final = "match-step"


def step_id(place: int) -> str:
    """The id of a marked place, which are counted from 0: "match", "match-2", "match-3"."""
    return FIRST_ID if place == 0 else f"{FIRST_ID}-{place + 1}"


def add_steps(marks: Sequence[HtmlElement]) -> None:
    """Gives the marked places, in the order of the text, their ids and links. Places in one link count as one, since a
    link may hold no other."""
    places = _places(marks)
    for place, (mark, behind) in enumerate(places):
        mark.set("id", step_id(place))
        if len(places) > 1:
            _put_behind(behind, _step(place, len(places)))


def _places(marks: Sequence[HtmlElement]) -> list[tuple[HtmlElement, HtmlElement]]:
    """Each place, and the element that its links stand behind."""
    places: list[tuple[HtmlElement, HtmlElement]] = []
    for mark in marks:
        behind = next(reversed([*mark.iterancestors("a")]), mark)
        if not places or behind is not places[-1][1]:
            places.append((mark, behind))
        if len(places) == MAX_STEPS:
            break
    return places


def _step(place: int, total: int) -> HtmlElement:
    parts = [builder.SPAN(_("Match %(number)s of %(total)s", number=number(place + 1), total=number(total)))]
    if place > 0:
        parts.append(_link(_('Previous<span class="unseen"> match</span>'), place - 1))
    if place + 1 < total:
        parts.append(_link(_('Next<span class="unseen"> match</span>'), place + 1))
    return builder.SPAN(*parts, {"class": STEP_CLASS})


def _link(words: str, place: int) -> HtmlElement:
    return lxml_html.fragment_fromstring(f'<a href="#{step_id(place)}">{words}</a>')


def _put_behind(element: HtmlElement, step: HtmlElement) -> None:
    tail, element.tail = element.tail, None
    element.addnext(step)
    step.tail = tail
