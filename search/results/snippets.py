"""The snippets of a hit: the passages that show its matches best, each with its heading and a link."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from search.document import Head, Heading
from search.highlight.highlighter import MAX_HIGHLIGHT_CHARS, Highlighter, Mark, Span, mark_html, merged
from search.highlight.layout import Extent, opening
from search.highlight.passages import best_passages, marks_within
from search.results.deep_links import anchor_address, text_address
from search.results.response import Snippet
from search.schema import TEXT_FIELDS

MAX_SNIPPETS: Final = 3
"""Snippets shown of one article."""


@dataclass(frozen=True, slots=True)
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
    in_headings = _heading_marks(head, body, highlighter)
    if in_headings:
        body = whole[:MAX_HIGHLIGHT_CHARS]
        in_body = highlighter.marks(body, head.language)
        marks = sorted((*in_body, *in_headings))
    else:
        body, in_body = highlighter.leading_marks(whole, head.language)
        marks = in_body
    summary = highlighter.spans(head.summary, head.language, "summary")
    in_title = highlighter.marks(head.title, head.language, "title")
    title = merged([(mark.start, mark.end) for mark in in_title])
    matched = _matched(head, highlighter, title=title, summary=summary, body=in_body, headings=in_headings)
    snippets: tuple[Snippet, ...] = ()
    if limit and marks:
        headings = [(heading.offset, _end(heading)) for heading in head.headings]
        named = {mark.group for mark in in_title}
        passages = best_passages(body, marks, limit, highlighter.weights, headings, named)
        extents = [Extent(row.start, row.end, row.cut_start, row.cut_end) for row in passages]
        snippets = _one_a_passage([_snippet(head, body, marks, extent, html=html) for extent in extents])[:limit]
    elif limit:
        snippets = _beginning(head, whole, summary, html=html)
    return Excerpts(snippets, matched, tuple(title), len(whole) > MAX_HIGHLIGHT_CHARS)


def _heading_marks(head: Head, body: str, highlighter: Highlighter) -> list[Mark]:
    """Matches of what was searched for in headings only, by their offsets in the body."""
    marks: list[Mark] = []
    for heading in head.headings:
        if _end(heading) > MAX_HIGHLIGHT_CHARS or not body.startswith(heading.text, heading.offset):
            continue
        found = highlighter.marks(heading.text, head.language, "headings", but_not="body")
        marks += [Mark(mark.start + heading.offset, mark.end + heading.offset, mark.group) for mark in found]
    return marks


def _matched(head: Head, highlighter: Highlighter, **found: Sequence[object]) -> tuple[str, ...]:
    """The fields with a match: those in which some were `found`, and the other text fields whose values match."""
    matched = {name for name, marks in found.items() if marks}
    unread = [name for name in TEXT_FIELDS if name not in matched and name not in {"title", "summary", "body"}]
    values = {name: TEXT_FIELDS[name].values(head) for name in unread}
    if highlighter.may_match(chain.from_iterable(values.values()), head.language):
        for name, texts in values.items():
            if any(highlighter.marks(text, head.language, name) for text in texts):
                matched.add(name)
    return tuple(name for name in TEXT_FIELDS if name in matched)


def _snippet(head: Head, body: str, marks: Sequence[Mark], extent: Extent, *, html: bool) -> Snippet:
    heading = _heading_at(head.headings, extent.start)
    field = "body"
    if heading is not None and extent.start < _end(heading):
        extent, field = _following(head, body, heading), "headings"
    start, end = extent.start, extent.end
    text = body[start:end]
    inside = marks_within(marks, start, end)
    spans = tuple(merged([(mark.start - start, mark.end - start) for mark in inside]))
    fragment = _fragment(head.url, body, start, end, spans)
    return Snippet(
        text=text,
        spans=spans,
        html=mark_html(text, spans) if html else "",
        heading=heading.text if heading else None,
        anchor=heading.anchor if heading else None,
        url=anchor_address(head.url, heading.anchor) if heading and heading.anchor else fragment,
        field=field,
        heading_html=_heading_html(heading, marks) if heading and html else None,
        cut_start=extent.cut_start,
        cut_end=extent.cut_end,
    )


def _one_a_passage(snippets: Sequence[Snippet]) -> tuple[Snippet, ...]:
    """The snippets, except those whose heading alone matched if the text of the same passage is shown as well."""
    marked = {(row.heading, row.anchor) for row in snippets if row.field == "body"}
    return tuple(row for row in snippets if row.field == "body" or (row.heading, row.anchor) not in marked)


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
    index = bisect_right(headings, offset, key=lambda heading: heading.offset) - 1
    return headings[index] if index >= 0 else None


def _heading_html(heading: Heading, marks: Sequence[Mark]) -> str:
    inside = marks_within(marks, heading.offset, _end(heading))
    return mark_html(heading.text, merged((m.start - heading.offset, m.end - heading.offset) for m in inside))


def _fragment(url: str | None, body: str, start: int, end: int, spans: Sequence[Span]) -> str | None:
    """The link to the first match, or to the first words, by a text fragment."""
    if not url:
        return None
    block = body.rfind("\n\n", 0, start)
    begin = 0 if block < 0 else block + 2
    stop = body.find("\n\n", start)
    paragraph = body[begin : max(end, len(body) if stop < 0 else stop)]
    first, last = spans[0] if spans else (0, 1)
    return text_address(url, paragraph, (start - begin + first, start - begin + last))


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
