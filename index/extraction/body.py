"""The text of an article with its headings.

Every format builds it with `BodyBuilder`, which keeps the promise that a heading's offset points at its text.
"""

from __future__ import annotations

from dataclasses import dataclass

from index.normalize import clean_block, one_line, plain
from search.document import Heading

TITLE_CHARACTERS = 90


@dataclass(frozen=True, slots=True)
class Body:
    """Plain text, blocks separated by a blank line, with `headings` pointing into it.

    `html` is the markup that the text was read from, without what is not text, or "" if the input had no markup;
    its h2 to h6 elements are `headings`, one for one and in order.
    `warnings` say what was left out of a body that was too large or too deeply nested.
    """

    text: str = ""
    headings: tuple[Heading, ...] = ()
    html: str = ""
    warnings: tuple[str, ...] = ()


class BodyBuilder:
    """Collects blocks of text in order and keeps the offset of each heading."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []

    def block(self, text: str, *, gap: str = "\n\n") -> None:
        """Adds a block after `gap`; blank text adds nothing."""
        text = clean_block(text)
        if not text:
            return
        if self._parts:
            text = gap + text
        self._parts.append(text)
        self._length += len(text)

    def heading(self, text: str, level: int, anchor: str | None = None) -> None:
        """Adds a heading on a line of its own; level 1 becomes 2, since the article's title is level 1."""
        text = one_line(clean_block(text))
        if not text:
            return
        offset = self._length + (2 if self._parts else 0)
        self.block(text)
        self._headings.append(Heading(text, min(max(level, 2), 6), offset, anchor or None))

    def build(self, html: str = "", warnings: tuple[str, ...] = ()) -> Body:
        """The finished body."""
        return Body("".join(self._parts), tuple(self._headings), html, warnings)


def title_from(body: Body) -> str:
    """What to call an article without a title: its first heading, else its first words."""
    if body.headings:
        return body.headings[0].text
    line = plain(body.text[: 4 * TITLE_CHARACTERS].split("\n\n")[0]).removeprefix("• ")
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[: TITLE_CHARACTERS - 1].rpartition(" ")[0] + "…" if " " in line else line[: TITLE_CHARACTERS - 1] + "…"
