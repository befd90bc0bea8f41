"""Answers as lines for a terminal: coloured and wrapped on a terminal, plain and whole in a pipe."""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import click

from search.results.filled import border_in_words, in_words
from search.results.response import Facet, Filled, Hit, SearchResponse, Snippet, Suggestions

MAX_WIDTH: Final = 100
"""In columns. Longer lines are hard to read, however wide the window is."""
MIN_WIDTH: Final = 20
"""In columns. A narrower window has no room for a number, an indentation and a word."""

_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STYLE: Final = re.compile("\x1b\\[[0-9;]*m")
_HIT_INDENT: Final = " " * 5
_FACET_INDENT: Final = " " * 12


def plain(text: str) -> str:
    """The text without control characters: an article must not steer the terminal it is printed on."""
    return _CONTROLS.sub("", text)


def one_line(text: str) -> str:
    """The text on one line, without control characters."""
    return " ".join(plain(text).split())


def byte_size(count: float) -> str:
    """A number of bytes in a unit that people read easily: "12.3 MB"."""
    for unit in ("bytes", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def window_width() -> int | None:
    """The columns that a line may take. None in a pipe, where lines stay whole, unless the environment has COLUMNS."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return None
    return max(MIN_WIDTH, min(shutil.get_terminal_size().columns, MAX_WIDTH))


def column_count(text: str) -> int:
    """The columns that `text` takes on a terminal: 2 for a wide character, 0 for a combining mark or a change of style.

    Widths are those of Unicode (https://www.unicode.org/reports/tr11/). Terminals may draw joined emoji differently.
    """
    text = _STYLE.sub("", text)
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if _is_wide(character) else 1


@lru_cache(maxsize=4096)
def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def wrapped(text: str, width: int | None, *, first: str = "", rest: str = "") -> Iterator[str]:
    """`text` in lines of at most `width` columns, the first behind `first` and the others behind `rest`.

    Lines end between words, and between wide characters, whose scripts write no spaces. A longer word, such as an
    address, stays whole. With a width of None there is one line. `text` may hold styles, but no line breaks.
    """
    if width is None:
        yield first + text
        return
    line, used, is_empty = first, column_count(first), True
    for space, part in _parts(text):
        length = column_count(part)
        if not is_empty and used + len(space) + length > width:
            yield line.rstrip(" ")
            line, used, space = rest, column_count(rest), ""
        line += ("" if is_empty else space) + part
        used += (0 if is_empty else len(space)) + length
        is_empty = is_empty and not part
    yield line


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a text that are never broken, each with the space before it."""
    for number, word in enumerate(text.split(" ")):
        space = " " if number else ""
        for part in _unbroken(word):
            yield space, part
            space = ""


def _unbroken(word: str) -> Iterable[str]:
    """The word itself or, if it has wide characters, each of these with its marks and its punctuation."""
    if word.isascii() or not any(map(_is_wide, word)):
        return (word,)
    parts = [""]
    for character in word:
        begins = _is_wide(character) and unicodedata.category(character)[0] not in "PM"
        if begins and _STYLE.sub("", parts[-1]) and unicodedata.category(parts[-1][-1]) not in ("Ps", "Pi"):
            parts.append("")
        parts[-1] += character
    return parts


def marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """`text` on one line with the spans (in characters) in colour.

    Each word is coloured by itself, so that lines can be broken between words.
    """
    pieces, cursor = [], 0
    for start, end in spans:
        words = re.split(r"(\s+)", plain(text[start:end]))
        coloured = (click.style(word, fg="yellow", bold=True) if word.strip() else word for word in words)
        pieces += [text[cursor:start], *coloured]
        cursor = end
    return " ".join("".join([*pieces, text[cursor:]]).split())


def hit_lines(number: int, hit: Hit, width: int | None = None) -> Iterator[str]:
    """A hit: number and title, date, sections and authors, its snippets under their headings, its id and address."""
    for row in wrapped(one_line(hit.title), width, first=f"{number:>3}. ", rest=_HIT_INDENT):
        yield f"{row[:5]}{click.style(row[5:], bold=True)}"
    facts = [hit.published or "undated", *hit.sections, ", ".join(hit.authors)]
    yield from _below(" · ".join(one_line(fact) for fact in facts if fact), width, fg="cyan")
    heading = None
    for snippet in hit.snippets:
        if snippet.heading and snippet.heading != heading:
            yield from _below(one_line(snippet.heading), width, underline=True)
        heading = snippet.heading
        yield from wrapped(_snippet(snippet), width, first=_HIT_INDENT, rest=_HIT_INDENT)
    if hit.similar_count:
        yield from _below(f"and {hit.similar_count} much like it: {', '.join(map(one_line, hit.similar_ids))}", width)
    if hit.explanation:
        yield from _below(one_line(hit.explanation.summary), width)
    yield from _below("  ".join(one_line(part) for part in (hit.id, hit.url) if part), width, dim=True)
    yield ""


def _below(text: str, width: int | None, **style: str | bool) -> Iterator[str]:
    """Lines below a hit's title; the style does not cover the indentation, which underlining would show."""
    for row in wrapped(text, width, first=_HIT_INDENT, rest=_HIT_INDENT):
        content = row.removeprefix(_HIT_INDENT)
        yield _HIT_INDENT + (click.style(content, **style) if style else content)  # type: ignore[arg-type]


def _snippet(snippet: Snippet) -> str:
    text = marked(plain(snippet.text), snippet.spans) if snippet.text == plain(snippet.text) else one_line(snippet.text)
    text = f"{'… ' if snippet.cut_start else ''}{text}{' …' if snippet.cut_end else ''}"
    return text if snippet.field == "body" else f"[{snippet.field}] {text}"


def summary_line(response: SearchResponse) -> str:
    """How much was found: "212 articles for karabakh, by relevance, 1 to 10 (12 ms)"."""
    asked = f" for {one_line(response.query.text)}" if response.query.text.strip() else ""
    first = ((response.page or 1) - 1) * response.per_page + 1
    shown = f", {first:,} to {first + len(response.hits) - 1:,}" if response.hits else ""
    order = "by relevance" if response.sort == "relevance" else f"{response.sort} first"
    filled = f": {in_words(response.filled)}" if response.filled else ""
    return f"{articles(response.total)}{asked}, {order}{shown} ({response.took_ms:.0f} ms){filled}"


def border_lines(filled: Filled, width: int | None = None) -> Iterator[str]:
    """The border between articles with all words and those that fill up the list."""
    yield from wrapped(click.style(f"--- {border_in_words(filled)} ---", bold=True), width)
    yield ""


def facet_lines(facet: Facet, width: int | None = None) -> Iterator[str]:
    """A facet: its values with their counts, then the articles of all other values and those without any.

    Nothing at all if there is nothing to count.
    """
    if not (facet.values or facet.other or facet.missing):
        return
    yield click.style(facet.label, bold=True)
    for value in facet.values:
        mark = "*" if value.selected else " "
        yield from wrapped(one_line(value.label), width, first=f"{value.count:>9,} {mark} ", rest=_FACET_INDENT)
    if facet.other:
        yield f"{facet.other:>9,}   others"
    if facet.missing:
        yield f"{facet.missing:>9,}   none"
    yield ""


def help_lines(suggestions: Suggestions, width: int | None = None) -> Iterator[str]:
    """What to try if little or nothing was found, with the number of articles that it finds."""
    for correction in suggestions.did_you_mean:
        text = f"did you mean {click.style(one_line(correction.text), bold=True)}? ({articles(correction.count)})"
        yield from wrapped(text, width, rest="  ")
    if suggestions.date is not None:
        meant = suggestions.date
        text = f"of the year {meant.value}, without that word: {articles(meant.count)} (--year {meant.value})"
        yield from wrapped(text, width, rest="  ")
    for relaxation in suggestions.relax:
        text = f"without {one_line(relaxation.drop)}: {articles(relaxation.total)}"
        yield from wrapped(text, width, rest="  ")


def articles(count: int) -> str:
    """A number of articles in words."""
    return f"{count:,} article" if count == 1 else f"{count:,} articles"
