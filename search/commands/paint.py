"""Answers as lines for a terminal: colours for matches where there are colours, plain text in a pipe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import click

from search.results.response import Facet, Hit, SearchResponse, Snippet, Suggestions

_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """Text without control characters: an article must not steer the terminal it is printed on."""
    return _CONTROLS.sub("", text)


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(plain(text).split())


def byte_size(count: float) -> str:
    """So many bytes as people say it: "12.3 MB"."""
    for unit in ("bytes", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """`text` on one line with the spans (in characters) in colour."""
    pieces, cursor = [], 0
    for start, end in spans:
        pieces += [text[cursor:start], click.style(plain(text[start:end]), fg="yellow", bold=True)]
        cursor = end
    return " ".join("".join([*pieces, text[cursor:]]).split())


def hit_lines(number: int, hit: Hit) -> Iterator[str]:
    """A hit: number and title, date, sections and authors, its snippets under their headings, its id and address."""
    yield f"{number:>3}. {click.style(one_line(hit.title), bold=True)}"
    facts = [hit.published or "undated", *hit.sections, ", ".join(hit.authors)]
    yield "     " + click.style(" · ".join(one_line(fact) for fact in facts if fact), fg="cyan")
    heading = None
    for snippet in hit.snippets:
        if snippet.heading and snippet.heading != heading:
            yield "     " + click.style(one_line(snippet.heading), underline=True)
        heading = snippet.heading
        yield f"     {_snippet(snippet)}"
    if hit.similar_count:
        yield f"     and {hit.similar_count} much like it: {', '.join(map(one_line, hit.similar_ids))}"
    if hit.explanation:
        yield f"     {one_line(hit.explanation.summary)}"
    yield "     " + click.style("  ".join(one_line(part) for part in (hit.id, hit.url) if part), dim=True)
    yield ""


def _snippet(snippet: Snippet) -> str:
    text = marked(plain(snippet.text), snippet.spans) if snippet.text == plain(snippet.text) else one_line(snippet.text)
    return text if snippet.field == "body" else f"[{snippet.field}] {text}"


def summary_line(response: SearchResponse) -> str:
    """ "212 articles for karabakh, by relevance, 1 to 10 (12 ms)"."""
    asked = f" for {one_line(response.query.text)}" if response.query.text.strip() else ""
    noun = "article" if response.total == 1 else "articles"
    first = ((response.page or 1) - 1) * response.per_page + 1
    shown = f", {first:,} to {first + len(response.hits) - 1:,}" if response.hits else ""
    order = "by relevance" if response.sort == "relevance" else f"{response.sort} first"
    return f"{response.total:,} {noun}{asked}, {order}{shown} ({response.took_ms:.0f} ms)"


def facet_lines(facet: Facet) -> Iterator[str]:
    """A facet: its values with their counts, then what has none and what is not listed."""
    yield click.style(facet.label, bold=True)
    for value in facet.values:
        mark = "*" if value.selected else " "
        yield f"{value.count:>9,} {mark} {one_line(value.label)}"
    if facet.other:
        yield f"{facet.other:>9,}   others"
    if facet.missing:
        yield f"{facet.missing:>9,}   none"
    yield ""


def help_lines(suggestions: Suggestions) -> Iterator[str]:
    """What to try where nothing, or little, was found."""
    for correction in suggestions.did_you_mean:
        yield f"did you mean {click.style(one_line(correction.text), bold=True)}: {correction.count:,}"
    for relaxation in suggestions.relax:
        yield f"without {one_line(relaxation.drop)}: {relaxation.total:,}"
