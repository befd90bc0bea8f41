"""Regular expressions as Lucene writes them, for the words of an archive."""

from __future__ import annotations

import re
from typing import Final

from search.engines.opensearch.format.articles import sound

ANYTHING: Final = ".*"

_MOST_OPEN: Final = 4
"""Any single characters behind a star that are kept: each may double the size of the automaton."""

_PLAIN: Final = re.compile(r"[^\W_]", re.ASCII)


def literal(text: str) -> str:
    """An expression for exactly this text."""
    return "".join(
        character if _PLAIN.match(character) or character > "\x7f" else f"\\{character}" for character in sound(text)
    )


def beginning_with(prefix: str) -> str:
    """An expression for every word with that beginning."""
    return literal(prefix) + ANYTHING


def wildcard(pattern: str) -> tuple[str, bool]:
    """An expression for all that a wildcard matches (`?` is one character, `*` any number), and whether for no more.

    The automaton has no more states than a few times the length of the pattern: where many single characters behind a
    star would make it larger, or one at the beginning slower than reading all words, they count as any number.
    """
    head, *rest = re.sub(r"[*?]*\*[*?]*", _questions_first, pattern).split("*")
    begin = head.lstrip("?")
    is_open = bool(begin) and begin != head
    start = ANYTHING if is_open else ""
    first = _part(begin if is_open else head, ".")
    few = sum(part.count("?") for part in rest) <= _MOST_OPEN
    parts = [first, *(_part(part, "." if few else ANYTHING) for part in rest)]
    return start + ANYTHING.join(parts), few and not is_open


def _questions_first(found: re.Match[str]) -> str:
    return "?" * found[0].count("?") + "*"


def _part(part: str, character: str) -> str:
    return character.join(map(literal, part.split("?")))
