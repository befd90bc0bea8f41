"""What the extractor leaves in a text but is not the article's: pointers elsewhere, walls, feet, the title."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from index.extraction.boilerplate import is_bar, is_call, is_foot, is_last_wall, is_notice, is_profile, is_wall
from index.extraction.html_tree import Element, drop_element, text_of
from index.extraction.text_flow import HEADINGS
from index.normalize import one_line

TEXT_BLOCKS: Final = ("p", "li", "h2", "h3", "h4", "h5", "h6", "blockquote")
LINKED: Final = 0.6
"""A list at the end of the text with more than this share of it in links is a wall of other articles."""
MAX_HEADING: Final = 160
"""Characters of a heading; what is longer is a standfirst or a quotation set large."""

TAIL: Final = 0.15
MAX_TAIL: Final = 1_200
"""What stands behind a wall is cut if it is at most this share of the text, and so many characters."""
PROFILES: Final = 4
"""Blocks at the end of the text of which one may say who the author is."""

_LEAD_IN: Final = 4


def clean_body(body: Element, titles: Collection[str], authors: Collection[str] = ()) -> None:
    """Drops blocks that do not belong to the article.

    The text does not begin with one of `titles`, and does not end with who the `authors` are.
    """
    _cut_tail(body, authors)
    for element in [element for element in body.iter(*TEXT_BLOCKS, *HEADINGS) if element is not body]:
        text = one_line(text_of(element))
        if not text or is_bar(text) or _is_pointer(element, text) or (element.tag in HEADINGS and is_wall(text)):
            drop_element(element)
        elif element.tag in HEADINGS and len(text) > MAX_HEADING:
            element.tag = "p"
    _cut_end(body)
    _cut_start(body, titles)


def _is_pointer(element: Element, text: str) -> bool:
    """Whether a block does nothing but point elsewhere: a link, with at most a few words before it ("Read more: …")."""
    if element.tag in HEADINGS or element.tag == "blockquote":
        return False
    linked = " ".join(one_line(text_of(link)) for link in element.iter("a")).split()
    own = len(text.split()) - len(linked)
    short = len(text) <= 160 and not text.endswith((".", "!", "”"))
    return short and len(linked) >= 3 and own <= _LEAD_IN


def _cut_tail(body: Element, authors: Collection[str]) -> None:
    """Cuts what stands behind a wall near the end of the text, the wall included, and a profile of the author."""
    blocks = list(body)
    lengths = [len(text_of(block)) for block in blocks]
    whole, behind = sum(lengths), 0
    start = len(blocks)
    for position in range(len(blocks) - 1, -1, -1):
        behind += lengths[position]
        if behind > min(MAX_TAIL, TAIL * whole):
            break
        text = one_line(text_of(blocks[position]))
        after = start - position - 1
        if is_last_wall(text) or (len(blocks) - position <= PROFILES and is_profile(text, authors, alone=not after)):
            start = position
    for block in blocks[start:]:
        body.remove(block)


def _cut_end(body: Element) -> None:
    """Headings of walls, feet, notices and headings over nothing, as long as the text ends with one of them."""
    while len(body):
        last = body[-1]
        text = one_line(text_of(last))
        ends = last.tag in HEADINGS or is_wall(text) or is_foot(text) or (is_notice(text) and len(text) < 300)
        if text and not ends and not is_call(text) and not _is_link_list(last, text):
            return
        if (last.tail or "").strip():
            return
        body.remove(last)


def _is_link_list(element: Element, text: str) -> bool:
    linked = sum(len(one_line(text_of(link))) for link in element.iter("a"))
    return element.tag in ("ul", "ol") and linked > LINKED * len(text)


def _cut_start(body: Element, titles: Collection[str]) -> None:
    """The article's title is no part of its text, wherever in the first blocks the page repeats it."""
    wanted = {_bare(title) for title in titles} - {""}
    for element in list(body)[:2]:
        if _bare(text_of(element)) in wanted:
            drop_element(element)


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
