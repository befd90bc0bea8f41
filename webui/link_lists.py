"""Lists of links to be copied into a page that an editor writes: HTML, Markdown, plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

from search.translation import gettext_noop

Form = Literal["html", "markdown", "text"]
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>#|~])")
_IN_ADDRESS: Final = {"(": "%28", ")": "%29", " ": "%20", "<": "%3C", ">": "%3E", "\\": "%5C"}


@dataclass(frozen=True, slots=True)
class Piece:
    """An article to link to: its title, its whole address, and its day in words, or ""."""

    title: str
    address: str
    day: str = ""


def written(pieces: Iterable[Piece], form: Form) -> str:
    """The list in that form, ready to be pasted. Titles stay text, whatever signs they hold."""
    return _FORMS[form](list(pieces))


def _html(pieces: list[Piece]) -> str:
    items = [f'<li><a href="{escape(row.address)}">{escape(_line(row.title))}</a>{_day(row)}</li>' for row in pieces]
    return "\n".join(["<ul>", *items, "</ul>"])


def _markdown(pieces: list[Piece]) -> str:
    return "\n".join(f"- [{_marked_down(row.title)}]({_in_brackets(row.address)}){_day(row)}" for row in pieces)


def _text(pieces: list[Piece]) -> str:
    return "\n\n".join(f"{_line(row.title)}{_day(row)}\n{row.address}" for row in pieces)


def _day(piece: Piece) -> str:
    return f" ({piece.day})" if piece.day else ""


def _line(title: str) -> str:
    return " ".join(title.split())


def _marked_down(title: str) -> str:
    return _MARKDOWN.sub(r"\\\1", _line(title))


def _in_brackets(address: str) -> str:
    return "".join(_IN_ADDRESS.get(character, character) for character in address)


_FORMS: Final[dict[Form, Callable[[list[Piece]], str]]] = {"html": _html, "markdown": _markdown, "text": _text}
FORMS: Final[tuple[tuple[Form, str], ...]] = (
    ("html", "HTML"),
    ("markdown", "Markdown"),
    ("text", gettext_noop("Plain text")),
)
