"""What the extractor leaves in a text but is not the article's: pointers elsewhere, walls, feet, the title."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from index.extraction.boilerplate import is_bar, is_call, is_foot, is_last_wall, is_notice, is_profile, is_wall
from index.extraction.dateline import is_byline, is_dateline
from index.extraction.html_tree import Element, drop_element, text_of
from index.extraction.text_flow import HEADINGS
from index.normalize import one_line

TEXT_BLOCKS: Final = ("p", "li", "h2", "h3", "h4", "h5", "h6", "blockquote")
LINKED: Final = 0.6
"""A list at the end of the text with more than this share of it in links is a wall of other articles."""
LINKS_ARE_TEXT: Final = 0.3
"""A text with more than this share of it in items that are links is a list of links, which may have been written."""
MAX_HEADING: Final = 160
"""Characters of a heading; what is longer is a standfirst or a quotation set large."""

TAIL: Final = 0.15
MAX_TAIL: Final = 1_200
"""What stands behind a wall is cut if it is at most this share of the text, and so many characters."""
PROFILES: Final = 4
"""Blocks at the end of the text of which one may say who the author is."""

MAX_BYLINE: Final = 80
MAX_NOTICE: Final = 300
"""Characters of a byline, and of a notice about cookies or subscriptions, that are cut at the ends of a text."""

_POINTER: Final = 160
"""Characters of a block that only points elsewhere."""
_LEAD_IN: Final = 4
_FIRST: Final = 3
"""Blocks at the beginning of the text that may be its dateline."""


def clean_body(body: Element, titles: Collection[str], authors: Collection[str] = ()) -> None:
    """Drops blocks that do not belong to the article.

    The text does not begin with one of `titles`, and does not end with who the `authors` are.
    """
    _cut_tail(body, authors)
    blocks = [element for element in body.iter(*TEXT_BLOCKS, *HEADINGS) if element is not body]
    texts = {block: one_line(text_of(block)) for block in blocks}
    pointers = _pointers(body, texts)
    for element, before in texts.items():
        text = one_line(text_of(element)) if len(element) else before  # what is in it may have been dropped
        if not text or is_bar(text) or element in pointers or (element.tag in HEADINGS and is_wall(text)):
            drop_element(element)
        elif element.tag in HEADINGS and len(text) > MAX_HEADING:
            element.tag = "p"
    _cut_end(body)
    _cut_start(body, titles)


def _pointers(body: Element, texts: Mapping[Element, str]) -> set[Element]:
    """The blocks that do nothing but point elsewhere; not the items of lists if they are much of the text."""
    found = {block for block, text in texts.items() if _is_pointer(block, text)}
    items = {block for block in found if block.tag == "li"}
    listed = sum(len(texts[item]) for item in items)
    return found - items if items and listed > LINKS_ARE_TEXT * len(text_of(body)) else found


def _is_pointer(element: Element, text: str) -> bool:
    """Whether a block does nothing but point elsewhere: a link, with at most a few words before it ("Read more: …")."""
    long = len(text) > _POINTER or text.endswith((".", "!", "”"))
    if long or element.tag in HEADINGS or element.tag == "blockquote":
        return False
    linked = " ".join(one_line(text_of(link)) for link in element.iter("a")).split()
    own = len(text.split()) - len(linked)
    return len(linked) >= 3 and own <= _LEAD_IN


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
        ends = last.tag in HEADINGS or is_wall(text) or is_foot(text) or is_call(text) or _is_link_list(last, text)
        notice = (is_notice(text) and len(text) < MAX_NOTICE) or (is_byline(text) and len(text) < MAX_BYLINE)
        if text and not ends and not notice:
            return
        if (last.tail or "").strip():
            return
        body.remove(last)


def _is_link_list(element: Element, text: str) -> bool:
    linked = sum(len(one_line(text_of(link))) for link in element.iter("a"))
    return element.tag in ("ul", "ol") and linked > LINKED * len(text)


def _cut_start(body: Element, titles: Collection[str]) -> None:
    """The article's title is no part of its text, wherever in the first blocks the page repeats it, nor are the date
    and the byline."""
    wanted = {_bare(title) for title in titles} - {""}
    for element in list(body)[:2]:
        if _bare(text_of(element)) in wanted:
            drop_element(element)
    for element in list(body)[:_FIRST]:
        text = one_line(text_of(element))
        if len(text) < MAX_BYLINE and is_dateline(text):
            drop_element(element)


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
