"""The snippets of a hit: the passages that show its matches best, each with its heading and a link."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from search.document import Head, Heading
from search.highlight.highlighter import MAX_HIGHLIGHT_CHARS, Highlighter
from search.highlight.layout import Extent, opening
from search.highlight.marking import Mark, Span, mark_html, spans_of
from search.highlight.passages import best_passages, marks_within
from search.native import kernel
from search.records import record
from search.results.deep_links import anchor_address, text_address
from search.results.response import Snippet
from search.schema import TEXT_FIELDS

MAX_SNIPPETS: Final = 3
"""Snippets shown of one article."""

_BESIDE: Final = tuple([(name, field.values) for name, field in TEXT_FIELDS.items() if name != "body"])
"""The text fields beside the body, and how their values are read."""


@record
class Excerpts:
    """The snippets of one article. `matched_fields` are the names, in the schema, of the fields with a match.

    `more_text`: the body is longer than what was searched for matches.
    """

    snippets: tuple[Snippet, ...]
    matched_fields: tuple[str, ...]
    title_spans: tuple[Span, ...]
    more_text: bool


def excerpts(
    head: Head, body: str, highlighter: Highlighter, *, html: bool = True, limit: int = MAX_SNIPPETS
) -> Excerpts:
    """The best passages of an article, the best first. If the body has no match, its summary or its first sentences."""
    whole = body
    beside = highlighter.marks_of_fields({name: values(head) for name, values in _BESIDE}, head.language)
    in_headings = _heading_marks(head, body, highlighter) if beside["headings"] else []
    if in_headings:
        body = whole[:MAX_HIGHLIGHT_CHARS]
        in_body = highlighter.marks(body, head.language)
        marks = sorted((*in_body, *in_headings))
    else:
        body, in_body = highlighter.leading_marks(whole, head.language)
        marks = in_body
    in_title = beside["title"]
    found = beside | {"body": in_body}
    matched = tuple([name for name in TEXT_FIELDS if found[name]])
    snippets: tuple[Snippet, ...] = ()
    if limit and marks:
        headings = [(heading.offset, _end(heading)) for heading in head.headings]
        named = {group for _, _, group in in_title}
        passages = best_passages(body, marks, limit, highlighter.weights, headings, named)
        snippets = _one_a_passage([_snippet(head, body, marks, extent, html=html) for extent in passages])[:limit]
    elif limit:
        snippets = _beginning(head, whole, spans_of(beside["summary"]), html=html)
    return Excerpts(snippets, matched, tuple(spans_of(in_title)), len(whole) > MAX_HIGHLIGHT_CHARS)


def _heading_marks(head: Head, body: str, highlighter: Highlighter) -> list[Mark]:
    """Matches of what was searched for in headings only, by their offsets in the body."""
    marks: list[Mark] = []
    if not highlighter.seeks("headings", but_not="body"):
        return marks
    for heading in head.headings:
        if _end(heading) > MAX_HIGHLIGHT_CHARS or not body.startswith(heading.text, heading.offset):
            continue
        found = highlighter.marks(heading.text, head.language, "headings", but_not="body")
        marks += [(start + heading.offset, end + heading.offset, group) for start, end, group in found]
    return marks


def _snippet(head: Head, body: str, marks: list[Mark], extent: Extent, *, html: bool) -> Snippet:
    heading = _heading_at(head.headings, extent.start)
    field = "body"
    if heading is not None and extent.start < _end(heading):
        extent, field = _following(head, body, heading), "headings"
    start, end = extent.start, extent.end
    text, spans, shown = marked_piece(body, start, end, marks, html)
    anchor = heading.anchor if heading else None
    return Snippet(
        text,
        spans,
        shown,
        heading.text if heading else None,
        anchor,
        anchor_address(head.url, anchor) if anchor else _fragment(head.url, body, start, end, spans),
        field,
        _heading_html(heading, marks) if heading and html else None,
        extent.cut_start,
        extent.cut_end,
    )


def _one_a_passage(snippets: Sequence[Snippet]) -> tuple[Snippet, ...]:
    """The snippets, except those whose heading alone matched if the same passage or the same text is shown as well."""
    if "headings" not in [row.field for row in snippets]:
        return tuple(snippets)
    marked = {(row.heading, row.anchor) for row in snippets if row.field == "body"}
    texts = [row.text for row in snippets if row.field == "body"]
    kept = []
    for row in snippets:
        if row.field != "body":
            if (row.heading, row.anchor) in marked or any(row.text in text or text in row.text for text in texts):
                continue
            texts.append(row.text)
        kept.append(row)
    return tuple(kept)


def _following(head: Head, body: str, heading: Heading) -> Extent:
    """The beginning of the passage under a heading; the heading itself if its passage is empty."""
    extent = opening(body, _end(heading))
    following = _heading_at(head.headings, extent.start)
    empty = extent.start >= extent.end or (following is not None and extent.start < _end(following))
    return Extent(heading.offset, min(_end(heading), len(body))) if empty else extent


def _end(heading: Heading) -> int:
    return heading.offset + len(heading.text)


def _heading_at(headings: Sequence[Heading], offset: int) -> Heading | None:
    """The last heading that begins at or before that offset of the body."""
    if not headings:
        return None
    index = bisect_right(headings, offset, key=lambda heading: heading.offset) - 1
    return headings[index] if index >= 0 else None


def _heading_html(heading: Heading, marks: list[Mark]) -> str:
    spans = spans_of(
        [
            (start - heading.offset, end - heading.offset, group)
            for start, end, group in marks_within(marks, heading.offset, _end(heading))
        ]
    )
    return mark_html(heading.text, spans)


def piece_in_python(
    text: str, start: int, end: int, marks: list[Mark], html: bool
) -> tuple[str, tuple[Span, ...], str]:
    """What `marked_piece` does, without the compiled kernel."""
    piece = text[start:end]
    inside = marks_within(marks, start, end)
    spans = tuple(spans_of([(first - start, last - start, group) for first, last, group in inside]))
    return piece, spans, mark_html(piece, spans) if html else ""


marked_piece: Final = piece_in_python if kernel is None else kernel.marked_piece
"""The characters of a text from `start` to `end`; the spans of the marks in them, by offsets in the piece; and the same
with the spans marked in HTML, if that is wanted. `marks` must be ordered by position."""


def _fragment(url: str | None, body: str, start: int, end: int, spans: Sequence[Span]) -> str | None:
    """The link to the first match, or to the first words, by a text fragment."""
    if not url:
        return None
    block = body.rfind("\n\n", 0, start)
    stop = body.find("\n\n", start)
    paragraph = (0 if block < 0 else block + 2), max(end, len(body) if stop < 0 else stop)
    first, last = spans[0] if spans else (0, min(1, end - start))
    return text_address(url, body, (start + first, start + last), paragraph)


def _beginning(head: Head, body: str, spans: Sequence[Span], *, html: bool) -> tuple[Snippet, ...]:
    """The summary with its matches; without a summary, the first sentences."""
    if head.summary:
        text = head.summary
        found = tuple(spans)
        return (Snippet(text, found, mark_html(text, found) if html else "", None, None, None, "summary"),)
    extent = opening(body[:MAX_HIGHLIGHT_CHARS])
    text = body[extent.start : extent.end]
    shown = mark_html(text, ()) if html else ""
    return (Snippet(text, (), shown, None, None, None, cut_end=extent.cut_end),) if text else ()
