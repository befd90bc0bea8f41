"""The text of an article with its headings, as every reader of markup builds it.

One builder for all formats keeps the promise that a heading's offset points at the heading's own text in the body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from search.document import Heading

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff\u200b\u2060\ufeff\u00ad]")

# CSS Text 3, segment break transformation: a line break between two of these letters is not a space.
_WIDE = "\u2e80-\u303f\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_WIDE_BREAK = re.compile(rf"(?<=[{_WIDE}])[ \t]*\r?\n[ \t]*(?=[{_WIDE}])")


@dataclass(frozen=True, slots=True)
class Body:
    """Plain text, blocks separated by a blank line, with `headings` pointing into it.

    `html` is the markup the text was read from, cleaned of what is not text, or "" where the input had none;
    its h2 to h6 elements are `headings`, one for one and in order.
    """

    text: str = ""
    headings: tuple[Heading, ...] = ()
    html: str = ""


class BodyBuilder:
    """Collects blocks of text in order and knows where each begins."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []

    def block(self, text: str, *, gap: str = "\n\n") -> None:
        """Adds a block after `gap`; blank text adds nothing."""
        text = clean_block(text)
        if not text:
            return
        if self._pieces:
            text = gap + text
        self._pieces.append(text)
        self._length += len(text)

    def heading(self, text: str, level: int, anchor: str | None = None) -> None:
        """Adds a heading on a line of its own; a level 1 inside a body counts as 2, below the article's title."""
        text = one_line(clean_block(text))
        if not text:
            return
        offset = self._length + (2 if self._pieces else 0)
        self.block(text)
        self._headings.append(Heading(text, min(max(level, 2), 6), offset, anchor or None))

    def build(self, html: str = "") -> Body:
        """The finished body."""
        return Body("".join(self._pieces), tuple(self._headings), html)


def clean_block(text: str) -> str:
    """`text` without control characters, lone surrogates, invisible joiners and outer white space."""
    text = text.strip()
    if not text.replace("\n", " ").isprintable():  # none of what is taken out is printable
        text = _CONTROLS.sub("", text).strip()
    return text


def one_line(text: str) -> str:
    """`text` with every run of white space as one space; line breaks inside Chinese and Japanese vanish."""
    if "\n" in text and not text.isascii():
        text = _WIDE_BREAK.sub("", text)
    return " ".join(text.split())
