"""The blocks of a text as they are on their page, with what the extractor loses: links, levels, anchors, headings."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Final
from urllib.parse import urljoin

from index.extraction.html_tree import Element, anchor_of, text_of
from index.extraction.text_flow import BLOCKS, HEADINGS
from index.normalize import one_line

_OTHERS: Final = tuple(BLOCKS)
_ALIKE: Final = frozenset(("p", "li", "blockquote", "div", "td", "dd", "h1", *HEADINGS))
_PROSE: Final = frozenset(("p", "blockquote", "li", "dd", "div", "td"))
_SHARE: Final = 0.3
_ENOUGH: Final = 200
"""Share and characters of the text that was found which one kind of place must hold for more to be taken from it."""


class PageBlocks:
    """The blocks of a page that hold no other block, in order, and which of them are in the text."""

    def __init__(self, page: Element) -> None:
        self._all = list(_leaves(page))
        self._texts = [one_line(text_of(element)) for element in self._all]
        self._in_text: dict[int, Element] = {}
        self._last = -1
        self._waiting: dict[str, list[int]] = defaultdict(list)
        for position, (element, text) in enumerate(zip(self._all, self._texts, strict=True)):
            if text and element.tag in _ALIKE:
                self._waiting[text].append(position)

    def restore(self, block: Element, url: str | None) -> None:
        """Restores a block's links, emphasis, level and anchor from the block of the page that has the same words.

        The extractor drops them; asked to keep links, it loses text around them.
        """
        waiting = self._waiting.get(one_line(text_of(block)))
        if not waiting:
            return
        place = bisect_right(waiting, self._last) % len(waiting)  # the next of several with these words, else the first
        position = self._last = waiting.pop(place) if len(waiting) > 1 else waiting[0]
        self._in_text[position] = block
        original = self._all[position]
        if block.tag in HEADINGS and original.tag in HEADINGS:
            block.tag = original.tag
            if anchor := anchor_of(original):
                block.set("id", anchor)
        for child in list(block):
            block.remove(child)
        _fill(block, original, url)

    def put_before(self, body: Element, blocks: Iterable[Element], url: str | None) -> None:
        """Puts paragraphs with what these blocks of the page hold before the text."""
        for position, original in enumerate(blocks):
            paragraph = body.makeelement("p")
            _fill(paragraph, original, url)
            body.insert(position, paragraph)

    def put_headings_back(self) -> None:
        """Puts back each heading that the extractor dropped from within the text: one whose next block is in it."""
        if not self._in_text:
            return
        first, following = min(self._in_text), None
        for position in range(max(self._in_text), first, -1):
            element, text = self._all[position], self._texts[position]
            if position in self._in_text:
                following = _outermost(self._in_text[position])
            elif element.tag in HEADINGS[1:] and text and following is not None and not _leads_away(element, text):
                following = _put_before(following, element, text)
            elif text:
                following = None

    def put_text_back(self, url: str | None) -> None:
        """Puts back text from the kind of place that much of what was found stands in: its elements and those around it
        have the same names and classes. Such a page deals its text out over several containers of one kind."""
        known = {self._texts[position] for position in self._in_text}
        parents = {self._all[position].getparent() for position in self._in_text}
        before: list[Element] = []
        last: Element | None = None
        for position, kind in self._places_of_text():
            element, text = self._all[position], self._texts[position]
            if position in self._in_text:
                last = _top_block(self._in_text[position])
                while before and last is not None:
                    last.addprevious(before.pop(0))
            elif kind and element.getparent() not in parents and text not in known and not _leads_away(element, text):
                paragraph = self._in_text[position] = element.makeelement("p")
                _fill(paragraph, element, url)
                known.add(text)
                if last is None:
                    before.append(paragraph)
                else:
                    last.addnext(paragraph)
                    last = paragraph

    def _places_of_text(self) -> list[tuple[int, bool]]:
        """The blocks that may be text, by position, and whether each stands where much of the text stands."""
        kinds = _Kinds()
        found: Counter[int] = Counter()
        looks = set()
        for position, block in self._prose:
            if position in self._in_text:
                found[kinds.of(block)] += len(self._texts[position])
                looks.add(_look(block))
        least = max(_ENOUGH, _SHARE * found.total())
        alike = ((position, block) for position, block in self._prose if _look(block) in looks)
        return [(position, found[kinds.of(block)] > least) for position, block in alike]

    @property
    def _prose(self) -> Iterator[tuple[int, Element]]:
        rows = zip(self._all, self._texts, strict=True)
        return ((position, block) for position, (block, text) in enumerate(rows) if text and block.tag in _PROSE)

    def before_text(self) -> Iterator[Element]:
        """The blocks of the page above the text, the nearest first, up to a heading of level 1, which is the last."""
        for position in range(min(self._in_text, default=0) - 1, -1, -1):
            if self._texts[position]:
                yield self._all[position]
                if self._all[position].tag == "h1":
                    return


def _leaves(page: Element) -> Iterator[Element]:
    blocks = list(page.iter(*_OTHERS))
    holders = {next((above for above in block.iterancestors() if above.tag in BLOCKS), None) for block in blocks}
    return (block for block in blocks if block not in holders)


def _outermost(block: Element) -> Element | None:
    """The block of the body that begins with this one; None if there is none."""
    parent = block.getparent()
    while parent is not None and parent.tag != "body":
        if block.getprevious() is not None or (parent.text or "").strip():
            return None
        block, parent = parent, parent.getparent()
    return block if parent is not None else None


def _top_block(block: Element) -> Element | None:
    """The element right in the body that is the block or holds it; None if it is in no body."""
    parent = block.getparent()
    while parent is not None and parent.tag != "body":
        block, parent = parent, parent.getparent()
    return block if parent is not None else None


def _look(block: Element) -> tuple[str, str, str, str]:
    """What tells most places apart at little cost."""
    parent = block.getparent()
    return block.tag, block.get("class") or "", parent.tag, parent.get("class") or ""


class _Kinds:
    """Numbers for the kinds of places in a page: an element's name and class with those of all around it."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, str, str], int] = {}
        self._of: dict[Element, int] = {}

    def of(self, element: Element | None) -> int:
        """The number of an element's place; trees are at most MAX_DEPTH deep."""
        if element is None:
            return 0
        if element not in self._of:
            key = (self.of(element.getparent()), str(element.tag), element.get("class") or "")
            self._of[element] = self._numbers.setdefault(key, len(self._numbers) + 1)
        return self._of[element]


def _leads_away(heading: Element, text: str) -> bool:
    """Whether a heading is a link for the most part, as those of teasers are."""
    return 2 * sum(len(text_of(link)) for link in heading.iter("a") if link.get("href")) > len(text)


def _put_before(following: Element, original: Element, text: str) -> Element:
    heading = following.makeelement(original.tag)
    heading.text = text
    if anchor := anchor_of(original):
        heading.set("id", anchor)
    following.addprevious(heading)
    return heading


def _fill(block: Element, original: Element, url: str | None) -> None:
    block.text = original.text
    for child in original:
        block.append(deepcopy(child))
    for link in block.iter("a"):
        _keep_target(link, url)


def _keep_target(link: Element, url: str | None) -> None:
    target = link.get("href") or ""
    link.attrib.clear()
    try:
        target = urljoin(url or "", target)
    except ValueError:
        return
    if target.startswith(("http://", "https://")):
        link.set("href", target)
