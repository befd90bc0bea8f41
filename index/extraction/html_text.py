"""The text and headings of an HTML body, in one pass over its tags where each element is closed in order.

That is how programs write markup, and what editors keep in an archive. It saves the tree, which takes most of the time;
what is out of order in any way is read from its tree, which mends it, and the result is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Final

from index.extraction import html_tree
from index.extraction.body import Body, BodyBuilder
from index.extraction.html_tree import ANCHOR_HOLDERS, MAX_BODY_ELEMENTS, MAX_DEPTH, usable_anchor, xml_characters
from index.extraction.text_flow import BLOCKS, CELLS, HEADINGS, LINE_BREAK, TextFlow

_TAG: Final = re.compile(r"""<(/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z_][\w:.-]*(?:="[^"<]*")?)*\s*/?)>""", re.ASCII)
_COMMENT: Final = re.compile(r"<!--(?!-?>)(?:(?!--).)*+-->", re.DOTALL)
_REFERENCE: Final = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z][a-zA-Z\d]{1,30});")
_ANCHOR: Final = re.compile(r'\s(id|name)="([^"]*)"')
_FIRST_HEADING: Final = re.compile(r"(</?)h1\b")
_LONG: Final = 20_000
"""Characters of one tag; longer ones are left to the tree, which knows how to shorten them."""

_VOID: Final = frozenset(("br", "hr", "img", "wbr"))
_PHRASES: Final = frozenset((
    "a", "abbr", "b", "big", "br", "cite", "code", "del", "dfn", "em", "i", "img", "ins", "kbd", "mark", "q", "s",
    "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
_SECTIONS: Final = frozenset((
    "article", "aside", "blockquote", "details", "div", "dl", "figure", "footer", "header", "hr", "main", "ol", "p",
    "pre", "section", "table", "ul", *HEADINGS,
))  # fmt: skip
_FLOW: Final = _PHRASES | _SECTIONS
_CONTENT: Final[Mapping[str, frozenset[str]]] = {
    "": _SECTIONS,
    **dict.fromkeys(_PHRASES | {"p", "pre", "caption", "summary", *HEADINGS}, _PHRASES),
    **dict.fromkeys(
        (
            "article", "aside", "blockquote", "dd", "div", "dt", "figcaption", "footer", "header", "li", "main",
            "section", "td", "th",
        ),
        _FLOW,
    ),
    "figure": _FLOW | {"figcaption"},
    "details": _FLOW | {"summary"},
    "ul": frozenset(("li",)),
    "ol": frozenset(("li",)),
    "dl": frozenset(("dt", "dd")),
    "table": frozenset(("caption", "thead", "tbody", "tfoot", "tr")),
    **dict.fromkeys(("thead", "tbody", "tfoot"), frozenset(("tr",))),
    "tr": CELLS,
}  # fmt: skip
"""For each element, and for the body as "", the elements that no parser moves out of it."""
_NO_TEXT: Final = frozenset(("", "ul", "ol", "dl", "table", "thead", "tbody", "tfoot", "tr"))


def read_html(markup: str) -> Body:
    """The body in an HTML page or fragment; scripts, styles, menus and form controls are not text."""
    return read_in_order(markup) or html_tree.read_html(markup)


def read_in_order(markup: str) -> Body | None:
    """The same in one pass, or None if some element is not closed in order, or is not one of a text."""
    markup = xml_characters(markup)
    if "<!--" in markup:
        markup = _COMMENT.sub("", markup)
    parts = _TAG.split(markup)
    if markup.count("<") != len(parts) // 4 or len(parts) > 4 * MAX_BODY_ELEMENTS:
        return None
    reader = _Reader()
    try:
        reader.read(iter(parts))
    except _OutOfOrderError:
        return None
    if reader.has_first_heading:
        markup = _FIRST_HEADING.sub(r"\1h2", markup)
    return reader.builder.build(markup.strip())


class _OutOfOrderError(Exception):
    """The markup has to be mended before it can be read."""


class _Reader:
    """One pass over tags and the texts between them.

    `_open` has the elements that are open, and `_starts` the attributes of each and how many texts came before it.
    """

    def __init__(self) -> None:
        self.builder = BodyBuilder()
        self.has_first_heading = False
        self._flow = TextFlow(self.builder)
        self._open = [""]
        self._starts = [("", 0)]
        self._texts = 0
        self._before = ""
        self._heading: list[str] | None = None
        self._anchors: list[str] = []

    def read(self, parts: Iterator[str]) -> None:
        """Reads a text, and then again and again "/" or nothing, a tag's name, its attributes and the text after it.

        Raises _OutOfOrderError.
        """
        self._say(next(parts))
        for closing, name, attributes, text in zip(parts, parts, parts, parts, strict=True):
            if closing:
                self._end(name)
            elif name in _VOID:
                self._put(name)
            else:
                self._begin(name, attributes)
            if text:
                self._say(text)
        if len(self._open) > 1:
            raise _OutOfOrderError
        self._flow.flush()

    def _begin(self, tag: str, attributes: str) -> None:
        if tag not in _CONTENT[self._open[-1]] or len(self._open) > MAX_DEPTH:
            raise _OutOfOrderError
        if attributes and (attributes[-1] == "/" or len(attributes) > _LONG):
            raise _OutOfOrderError
        if tag in _PHRASES:
            if tag == "a" and "a" in self._open:
                raise _OutOfOrderError
            if self._heading is not None and tag in ("a", "span"):
                self._anchors.append(_anchor(tag, attributes))
        elif tag in HEADINGS:
            self._begin_heading(tag, attributes)
        elif tag in BLOCKS:
            self._flow.begin(tag)
        else:
            self._flow.cell()
        self._before = ""
        self._open.append(tag)
        self._starts.append((attributes, self._texts))

    def _put(self, tag: str) -> None:
        """An element without content."""
        if tag not in _CONTENT[self._open[-1]]:
            raise _OutOfOrderError
        self._before = ""
        if tag == "br":
            self._add(LINE_BREAK)
        elif tag == "hr":
            self._flow.flush()

    def _begin_heading(self, tag: str, attributes: str) -> None:
        parent = self._open[-1]
        stated, texts = self._starts[-1]
        begins = parent in ANCHOR_HOLDERS and texts == self._texts
        self._anchors = [_anchor(tag, attributes), self._before, _anchor(parent, stated) if begins else ""]
        self._heading = []
        self.has_first_heading |= tag == "h1"
        self._flow.flush()

    def _end(self, tag: str) -> None:
        if tag != self._open.pop() or not tag:
            raise _OutOfOrderError
        attributes, texts = self._starts.pop()
        self._before = ""
        if tag in _PHRASES:
            if tag == "a" and texts == self._texts:
                self._before = _anchor(tag, attributes)
        elif self._heading is not None:
            self._end_heading(tag, "".join(self._heading))
        elif tag in BLOCKS:
            self._flow.end(tag)

    def _end_heading(self, tag: str, text: str) -> None:
        if not text.strip():
            raise _OutOfOrderError
        own, before, parent, *inner = self._anchors
        anchor = next((found for found in (own, *inner, before, parent) if found), None)
        self._flow.heading(text, int(tag[1]), anchor)
        self._heading = None

    def _say(self, text: str) -> None:
        if not text or text.isspace():
            if text and self._open[-1] not in _NO_TEXT:
                self._add(text)
            return
        if self._open[-1] in _NO_TEXT:
            raise _OutOfOrderError
        self._texts += 1
        self._before = ""
        self._add(_REFERENCE.sub(_character, text) if "&" in text else text)

    def _add(self, text: str) -> None:
        if self._heading is None:
            self._flow.add(text)
        else:
            self._heading.append(text)


def _character(reference: re.Match[str]) -> str:
    return unescape(reference[0])


def _anchor(tag: str, attributes: str) -> str:
    """The fragment id that a tag states, or ""."""
    if "id=" not in attributes and "name=" not in attributes:
        return ""
    stated = dict(_ANCHOR.findall(attributes))
    return usable_anchor(unescape(stated.get("id") or (stated.get("name", "") if tag == "a" else ""))) or ""
