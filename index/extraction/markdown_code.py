"""Where a Markdown text has code: in fenced blocks, and in spans between backticks."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

MAX_SPAN: Final = 2_000
"""Characters between the backticks of a span; what is longer is text."""
MAX_INDENT: Final = 200
"""Characters before a fence on its line."""

_FENCE: Final = re.compile(r"```+|~~~+")
_BEFORE_FENCE: Final = " \t>"
_TICKS: Final = re.compile(r"(`++)(?=((?:[^`\n]++|\n(?![ \t]*\n))++)\1(?!`))?")
"""A run of backticks, with the text up to a run of the same length in the same paragraph, if there is one."""


class Code:
    """Tells of places in a text, in order, whether they are in code. All together take linear time.

    Only the paragraphs that are asked for are searched for spans, since these do not reach across a blank line.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._fenced = _fenced(text)
        self._asked = 0
        self._ticks = text.find("`")

    def has(self, at: int) -> bool:
        """Whether this place is in code; no place before it may be asked for afterwards."""
        before = bisect_right(self._fenced, (at, len(self._text))) - 1
        end = self._fenced[before][1] if before >= 0 else 0
        return at < end or self._in_span(at, end)

    def _in_span(self, at: int, fence_end: int) -> bool:
        paragraph = max(self._text.rfind("\n\n", self._asked, at), fence_end)
        self._asked = at
        while 0 <= self._ticks <= at:
            if self._ticks >= paragraph:
                end = _end_of_span(self._text, self._ticks)
                if at < end:
                    return True
                paragraph = end
            self._ticks = self._text.find("`", paragraph)
        return False


def _end_of_span(text: str, at: int) -> int:
    """The end of the span that begins with the backticks at `at`, or theirs if none does."""
    ticks = _TICKS.match(text, at)
    if not ticks:
        return at + 1
    inside = ticks[2]
    return ticks.end() + len(inside) + len(ticks[1]) if inside and len(inside) <= MAX_SPAN else ticks.end()


def _fenced(text: str) -> list[tuple[int, int]]:
    """The start and end of each fenced block."""
    found: list[tuple[int, int]] = []
    if "```" not in text and "~~~" not in text:
        return found
    at = 0
    while mark := _FENCE.search(text, at):
        line = text.find("\n", mark.end())
        at = mark.end()
        if line >= 0 and _begins_line(text, mark.start()):
            at = _end_of_block(text, mark[0], line)
            found.append((mark.start(), at))
    return found


def _end_of_block(text: str, fence: str, line: int) -> int:
    """The end of the block that this fence begins, whose first line ends at `line`."""
    while line >= 0 and (at := text.find(fence, line)) >= 0:
        mark = _FENCE.match(text, at)
        if mark and _begins_line(text, at):
            return mark.end()
        line = text.find("\n", at)
    return len(text)


def _begins_line(text: str, at: int) -> bool:
    first = max(0, at - MAX_INDENT)
    line = text.rfind("\n", first, at) + 1
    return (line > 0 or first == 0) and not text[line:at].strip(_BEFORE_FENCE)
