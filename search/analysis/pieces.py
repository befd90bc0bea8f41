"""What stands between two spaces of a text, read once: most of a text is pieces that other texts have as well.

No word reaches over a space or the end of a line, so that a text's words are those of its pieces, one after another.
Who looks for a few words in many texts asks which pieces hold them, and reads only pieces that are new.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import filterfalse
from typing import Final, NamedTuple

from search.analysis.tokens import Token, analyze, stemmed_language

_REMEMBERED_PIECES: Final = 50_000
"""In all languages together; some 25 MB."""
_REMEMBERED_LENGTH: Final = 40


class Piece(NamedTuple):
    """The tokens of a piece, their places counted from its own beginning, and how many positions it takes up."""

    tokens: tuple[Token, ...]
    positions: int


class Pieces:
    """Pieces of texts of one language. Only ever grows; safe to use from several threads.

    `known` has every piece that is remembered. `holding` has, for a spelling or a stem, the known pieces
    with a token that has it; whatever is in `known` is in `holding` already.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.known: dict[str, Piece] = {}
        self.holding: dict[str, list[str]] = {}

    def read(self, texts: Iterable[str]) -> dict[str, Piece]:
        """Remembers those of the texts that are not known; those too long to come again are returned."""
        passing = {}
        for text in set(filterfalse(self.known.__contains__, texts)):
            piece = self._read(text)
            if len(text) > _REMEMBERED_LENGTH:
                passing[text] = piece
                continue
            for word in {*(token.surface for token in piece.tokens), *(token.stem for token in piece.tokens)}:
                self.holding.setdefault(word, []).append(text)
            self.known[text] = piece
        return passing

    def _read(self, text: str) -> Piece:
        tokens = tuple(analyze(text, self.language))
        return Piece(tokens, tokens[-1].position + 1 if tokens else 0)


def spaced(text: str) -> str:
    """The text with a space for every end of a line, one before it and one after it.

    `spaced(text).split(" ")` are its pieces; a piece at some place of the text has a space at that same place here.
    """
    return f" {text} ".replace("\n", " ")


def pieces_of(language: str) -> Pieces:
    """The pieces of texts of that language, given by its tag."""
    stemmed = stemmed_language(language)
    if sum(len(pieces.known) for pieces in list(_pieces.values())) > _REMEMBERED_PIECES:
        _pieces.clear()  # whoever still uses one keeps it; common words are back at once
    return _pieces.get(stemmed) or _pieces.setdefault(stemmed, Pieces(stemmed))


_pieces: dict[str, Pieces] = {}
