"""What stands between two spaces of a text, read once: most of a text is pieces that other texts have as well.

No word reaches over a space or the end of a line, so that a text's words are those of its pieces, one after another.
Who looks for a few words in many texts asks which pieces hold them, and reads only pieces that are new.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from operator import add
from typing import Final, NamedTuple

from search.analysis.tokens import Token, analyze, stemmed_language

_REMEMBERED_PIECES: Final = 50_000
"""In all languages together; some 25 MB."""
_REMEMBERED_LENGTH: Final = 40

_RUN: Final = re.compile("[\u3005\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{5,}")
"""A run of Han, kana or Hangul without marks: its tokens are its pairs of characters as they are written, and its last
character. Such a run seldom comes again."""

_BETWEEN_RUNS: Final = "。，、！？；：「」（）"
"""Marks that stand in no word, in the text of scripts without spaces."""


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

    def read(self, texts: set[str], sought: Collection[str] | None = None) -> dict[str, Piece]:
        """Remembers those of the texts that are not known; those that will not come again are returned.

        Of these the tokens may be left out if none of them is `sought`.
        """
        passing = {}
        for text in texts.difference(self.known):
            if _RUN.fullmatch(text):
                found = sought is None or any(word in text for word in sought)
                passing[text] = Piece(_tokens_of_run(text) if found else (), len(text))
            elif len(text) > _REMEMBERED_LENGTH:
                passing[text] = self._read(text)
            else:
                self._remember(text, self._read(text))
        return passing

    def _read(self, text: str) -> Piece:
        tokens = tuple(analyze(text, self.language))
        return Piece(tokens, tokens[-1].position + 1 if tokens else 0)

    def _remember(self, text: str, piece: Piece) -> None:
        for word in {*(token.surface for token in piece.tokens), *(token.stem for token in piece.tokens)}:
            self.holding.setdefault(word, []).append(text)
        self.known[text] = piece


def _tokens_of_run(run: str) -> tuple[Token, ...]:
    pairs = (*map(add, run, run[1:]), run[-1])
    return tuple([Token(pair, pair, place, place + len(pair), place) for place, pair in enumerate(pairs)])


def spaced(text: str) -> str:
    """The text with a space for every end of a line and some other marks that are in no word, one before it and one
    after it.

    `spaced(text).split(" ")` are its pieces; a piece at some place of the text has a space at that same place here.
    """
    text = f" {text} ".replace("\n", " ")
    if not text.isascii() and ("。" in text or "，" in text or "、" in text):
        for mark in _BETWEEN_RUNS:
            text = text.replace(mark, " ")
    return text


def pieces_of(language: str) -> Pieces:
    """The pieces of texts of that language, given by its tag."""
    stemmed = stemmed_language(language)
    if sum(len(pieces.known) for pieces in list(_pieces.values())) > _REMEMBERED_PIECES:
        _pieces.clear()  # whoever still uses one keeps it; common words are back at once
    return _pieces.get(stemmed) or _pieces.setdefault(stemmed, Pieces(stemmed))


_pieces: dict[str, Pieces] = {}
