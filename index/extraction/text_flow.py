"""The text of markup as a reader sees it: blocks, list items on lines of their own, the cells of a row side by side.

It is told what begins, what ends and what is said, in order, whoever reads the markup.
"""

from __future__ import annotations

import re
from typing import Final

from index.extraction.body import BodyBuilder
from index.normalize import one_line

HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS: Final = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html", "legend", "li", "main",
    "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul", *HEADINGS,
))  # fmt: skip
CELLS: Final = frozenset(("td", "th"))

LINE_BREAK: Final = "\x85"
"""What stands for <br> in the text: the control character for it."""

_GROUPS: Final = frozenset(("ul", "ol", "dl", "table"))
_ROWS: Final = frozenset(("li", "dd", "dt", "tr", "ul", "ol", "dl"))

# What stands for it from there on, which cannot occur in markup and is no white space, until that is collapsed.
_BREAK: Final = "\x00"
_BREAKS: Final = re.compile(r"\x00(?:\s*\x00)+")
_AROUND_BREAK: Final = re.compile(r" ?\x00 ?")


class TextFlow:
    """Feeds a `BodyBuilder` with the blocks of markup."""

    def __init__(self, builder: BodyBuilder) -> None:
        self._builder = builder
        self._text: list[str] = []
        self._has_words = False
        self._open: list[str] = []
        self._open_groups = 0
        self._group = 0
        self._last_group = 0
        self._verbatim = 0
        self._marker = ""

    def begin(self, tag: str) -> None:
        """An element of BLOCKS begins."""
        self.flush()
        self._open.append(tag)
        if tag in _GROUPS:
            self._group += not self._open_groups
            self._open_groups += 1
        elif tag == "li":
            self._marker = "• "
        elif tag == "pre":
            self._verbatim += 1

    def end(self, tag: str) -> None:
        """The element of BLOCKS that began last ends."""
        self.flush()
        self._open.pop()
        if tag in _GROUPS:
            self._open_groups -= 1
        elif tag == "li":
            self._marker = ""
        elif tag == "pre":
            self._verbatim -= 1

    def paragraph(self, text: str) -> None:
        """A paragraph as a whole: it begins, has this text in it, and ends."""
        self.flush()
        if LINE_BREAK in text or self._verbatim:
            self.begin("p")
            self.add(text)
            self.end("p")
        elif text and not text.isspace():
            self._put(text, "p")

    def cell(self) -> None:
        """An element of CELLS begins."""
        if self._has_words:
            self._text.append(" | ")

    def add(self, text: str) -> None:
        """Text, with LINE_BREAK for each break in it."""
        self._text.append(text)
        if not self._has_words:
            self._has_words = not text.isspace()

    def heading(self, text: str, level: int, anchor: str | None) -> None:
        """A heading as a whole."""
        self.flush()
        self._builder.heading(text.replace(LINE_BREAK, " "), level, anchor)

    def flush(self) -> None:
        """What was said so far is a block."""
        if not self._text:
            return
        text = "".join(self._text) if len(self._text) > 1 else self._text[0]
        self._text.clear()
        has_words, self._has_words = self._has_words, False
        if not has_words:
            return
        if LINE_BREAK in text:
            text = text.replace(LINE_BREAK, _BREAK)
            if not text.strip(" \t\r\n\x00"):
                return
        if self._verbatim:
            self._builder.block(text.replace(_BREAK, "\n").strip("\n"))
        else:
            self._put(text, self._open[-1] if self._open else "")

    def _put(self, text: str, tag: str) -> None:
        parts = _BREAKS.split(text.strip(_BREAK + " \n")) if _BREAK in text else (text,)
        for part in parts:
            block = one_line(part)
            if _BREAK in block:
                block = _AROUND_BREAK.sub("\n", block)
            row = bool(self._marker) or tag in _ROWS
            gap = "\n" if row and self._last_group == self._group else "\n\n"
            self._builder.block(self._marker + (block.strip(" |") if tag == "tr" else block), gap=gap)
            self._last_group = self._group if row else 0
        self._marker = ""
