"""Which text of an article is encoded: passages of its beginning, each under its title."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from search.document import Document

PASSAGES: Final = 2
"""Passages of an article that are encoded: where news begins, it says what it is about."""
PASSAGE_TOKENS: Final = 128
"""The length of a passage in tokens of the encoder, with its title."""
MAX_TITLE: Final = 300
"""Characters of a title that stand before each passage."""
MAX_TEXT: Final = 4_000
"""Characters of an article that are looked at: more than its first passages ever hold."""
_LEAST_TOKENS: Final = 16
"""A later passage shorter than this would say hardly anything."""
_SPECIAL_TOKENS: Final = 8
"""Room for the tokens that encoders add, and for what lies between title and text."""

Offsets = Callable[[str], Sequence[tuple[int, int]]]
"""Where each token of a text begins and ends, in characters."""


def passages(document: Document, offsets: Offsets) -> Iterator[str]:
    """At least one text, even of an empty article, and at most PASSAGES."""
    title = document.title[:MAX_TITLE].strip()
    text = "\n".join(filter(None, (document.summary.strip(), document.body)))[:MAX_TEXT]
    room = max(_LEAST_TOKENS, PASSAGE_TOKENS - _SPECIAL_TOKENS - len(offsets(title)))
    tokens = offsets(text)
    for first in range(0, max(1, min(len(tokens), PASSAGES * room)), room):
        own = tokens[first : first + room]
        if first and len(own) < _LEAST_TOKENS:
            return
        piece = text[own[0][0] : own[-1][1]] if own else ""
        yield ". ".join(filter(None, (title, piece)))
