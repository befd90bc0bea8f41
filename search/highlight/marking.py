"""Matches in a text: where they are, and how they are shown in HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from search.native import kernel

Span = tuple[int, int]
"""Start and end, in characters."""

Mark = tuple[int, int, int]
"""A match in a text: its start, its end, and its group. Marks of one group belong to one word or phrase of the query,
in any spelling."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, with overlapping ones merged."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def spans_of(marks: Sequence[Mark]) -> list[Span]:
    """The spans of the marks, in order, with overlapping ones merged."""
    return merged([(start, end) for start, end, _ in marks]) if marks else []


def marked_in_python(text: str, spans: Iterable[Span]) -> str:
    """What `mark_html` does, without the compiled kernel."""
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        pieces += (text[at:start], "<mark>", text[start:end], "</mark>")
        at = end
    pieces.append(text[at:])
    if escape(text) != text:
        pieces[::2] = map(escape, pieces[::2])
    return "".join(pieces)


mark_html: Final = marked_in_python if kernel is None else kernel.mark_html
"""The text escaped for HTML, each span in `<mark>`; the spans must be in order, not empty, in the text, and must not
overlap."""


def block_end(text: str, place: int) -> int:
    """The end of the paragraph or heading around `place`: blocks of a text are separated by blank lines."""
    end = text.find("\n\n", place)
    return len(text) if end < 0 else end
