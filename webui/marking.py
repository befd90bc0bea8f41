"""Marks matched words in a tree of markup, also where a phrase runs across inline tags.

The highlighter knows plain text only. Here the text of each block (a paragraph, a cell, a heading) is joined,
handed to it once, and the spans that come back are cut again at the borders of the tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from lxml.html import HtmlElement, builder

from webui.match_steps import add_steps

Spans = Callable[[str, str], list[tuple[int, int]]]
"""A text and the field it is of ("title", "summary", "body", "headings") in; (start, end) pairs in characters out,
sorted and apart."""

INLINE_TAGS: Final = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "ruby", "rb"}
    | {"rt", "rp", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var"}
)
HEADING_TAGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
MAX_MARKED_CHARACTERS: Final = 2_000_000
"""Beyond this much text of one article nothing more is marked, so that one page has a bounded price."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """A stretch of text in the tree: the text before an element's first child, or the tail after its end."""

    element: HtmlElement
    tail: bool
    text: str


def mark_matches(root: HtmlElement, spans: Spans) -> int:
    """Wraps every match in `<mark>`, in place, with the ids and links of `webui.match_steps`; returns the number of
    matches."""
    total = budget = 0
    begun: list[HtmlElement] = []
    for block in list(_blocks(root)):
        text = "".join(slot.text for slot in block)
        budget += len(text)
        if budget > MAX_MARKED_CHARACTERS:
            break
        found = spans(text, _field(block)) if text.strip() else []
        total += len(found)
        begun += _mark_block(block, found)
    add_steps(begun)
    return total


def _blocks(root: HtmlElement) -> Iterator[list[_Slot]]:
    """The slots of each run of text that no block border interrupts, in document order."""
    block: list[_Slot] = []
    for slot in _slots(root):
        if slot is None:
            if block:
                yield block
            block = []
        else:
            block.append(slot)
    if block:
        yield block


def _field(block: list[_Slot]) -> str:
    first = block[0].element.getparent() if block[0].tail else block[0].element
    while first is not None and first.tag in INLINE_TAGS:
        first = first.getparent()
    return "headings" if first is not None and first.tag in HEADING_TAGS else "body"


def _slots(root: HtmlElement) -> Iterator[_Slot | None]:
    """The text in document order, with None at each border of a block. Not recursive: trees may be deep."""
    stack: list[tuple[HtmlElement, bool]] = [(root, False)]
    while stack:
        element, leaving = stack.pop()
        border = element.tag not in INLINE_TAGS
        if leaving:
            if border:
                yield None
            if element is not root and element.tail:
                yield _Slot(element, True, element.tail)
            continue
        if border:
            yield None
        if element.text:
            yield _Slot(element, False, element.text)
        stack.append((element, True))
        stack.extend((child, False) for child in reversed(element))


def _mark_block(block: list[_Slot], spans: list[tuple[int, int]]) -> list[HtmlElement]:
    """Cuts the spans, which are sorted and apart, at the borders of the slots: one pass over both. Returns the mark
    that each of them begins with."""
    begun: list[HtmlElement] = []
    start = first = 0
    goes_on = False
    for slot in block:
        end = start + len(slot.text)
        inside: list[tuple[int, int]] = []
        while first < len(spans) and spans[first][0] < end:
            inside.append((max(spans[first][0], start) - start, min(spans[first][1], end) - start))
            if spans[first][1] > end:
                break  # goes on in the next slot
            first += 1
        if inside:
            marks = _mark_slot(slot, inside)
            begun += marks[1:] if goes_on else marks
        goes_on = first < len(spans) and spans[first][0] < end
        start = end
    return begun


def _mark_slot(slot: _Slot, spans: list[tuple[int, int]]) -> list[HtmlElement]:
    element, text = slot.element, slot.text
    marks: list[HtmlElement] = []
    end = len(text)
    # From the last to the first, each put where the one before it will push it on: no place is looked up by number.
    for start, stop in reversed(spans):
        mark = builder.MARK(text[start:stop])
        mark.tail = text[stop:end]
        marks.append(mark)
        end = start
        if slot.tail:
            element.tail = None
            element.addnext(mark)
        else:
            element.text = None
            element.insert(0, mark)
    if slot.tail:
        element.tail = text[:end]
    else:
        element.text = text[:end]
    return marks[::-1]
