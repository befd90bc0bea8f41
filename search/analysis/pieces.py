"""What stands between two spaces of a text, read once: most of a text is words that other texts have as well.

No word reaches over a space or the end of a line, so that a text's words are those of its pieces, one after another.
Looking a piece up costs a tenth of reading it: who looks for a few words in many texts reads only what is new.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from search.analysis.languages import LANGUAGES, primary_language
from search.analysis.tokens import Token, analyze

_REMEMBERED_PIECES: Final = 60_000
"""In all languages together; some 20 MB."""
_REMEMBERED_LENGTH: Final = 40


class Piece(NamedTuple):
    """The tokens of a piece, their places counted from its own beginning, and how many positions they take up."""

    tokens: tuple[Token, ...]
    positions: int


class Pieces(dict[str, Piece]):
    """Every piece there is, in one language: those not remembered are read."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, text: str) -> Piece:
        tokens = analyze(text, self._language)
        piece = Piece(tuple(tokens), tokens[-1].position + 1 if tokens else 0)
        if len(text) <= _REMEMBERED_LENGTH:
            _make_room()
            self[text] = piece
        return piece


def spaced(text: str) -> str:
    """The text with a space for every end of a line, one before it and one after it.

    `spaced(text).split(" ")` are its pieces; a piece at some place of the text has a space at that same place here.
    """
    return f" {text} ".replace("\n", " ")


def pieces_of(language: str) -> Pieces:
    """The pieces of texts of that language; a tag without a stemmer, such as "", means words as they are spelled."""
    code = primary_language(language)
    row = LANGUAGES.get(code)
    stemmed = code if row is not None and row.stemmer is not None else ""
    return _known.get(stemmed) or _known.setdefault(stemmed, Pieces(stemmed))


_known: dict[str, Pieces] = {}


def _make_room() -> None:
    """Forgets everything when full: common words are back at once, and nothing has to be counted."""
    known = list(_known.values())
    if sum(map(len, known)) >= _REMEMBERED_PIECES:
        for remembered in known:
            remembered.clear()
