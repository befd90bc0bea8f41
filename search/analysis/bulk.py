"""Texts to numbers: what `analyze_values` says of a text, for many texts, at the price of one look-up a word.

A text is cut at white space into *pieces*, such as `said,` or `post-war`. Each piece seen for the first time is read
as `tokens` reads it, and gets a number; afterwards a text is the row of its pieces' numbers, and what they stand for is
in flat tables, to be looked up for whole arrays at once:

    piece p gives the tokens starts[p] to starts[p + 1] and takes advances[p] positions;
    token t is the word words[t], aheads[t] positions after the piece's first.

A *word* is a spelling with the language that stems it and its stem, one string: see `word_key`.
"""

from __future__ import annotations

import re
from array import array
from typing import Final

from search.analysis.tokens import CHUNK, is_worth_remembering, read_chunk, stemmed_language

SURFACE_END: Final = "\n"
LANGUAGE_END: Final = "\x1f"

NOTHING: Final = 0
"""The number of every piece without a word."""

_INSIDE_NUMBERS: Final = re.compile("[\u00a0\u202f\u2009]")
"""The only white space that may stand inside of what `CHUNK` matches."""
_AROUND_WORDS: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~"

_BYTES_PER_PIECE: Final = 170
_BYTES_PER_WORD: Final = 190
_BYTES_PER_TOKEN: Final = 9
"""What is held for each, with its place in a dict; measured on English news."""


def word_key(surface: str, language: str, stem: str) -> str:
    """A word in one string. These strings sort like the triples: by surface, language, stem.

    Neither mark can stand in a folded spelling. Where `language` is "" nothing is stemmed, and the stem left out.
    """
    return f"{surface}{SURFACE_END}{language}{LANGUAGE_END}{stem}" if language else f"{surface}{SURFACE_END}"


class Pieces:
    """The pieces and words numbered so far, in every language."""

    def __init__(self) -> None:
        self.starts = array("I", [0, 0])
        self.advances = array("I", [0])
        self.words = array("I")
        self.aheads = array("I")
        self._word_numbers: dict[str, int] = {}
        self._memos: dict[str, _Memo] = {}

    def read(self, text: str, tag: str, numbers: array[int]) -> None:
        """Appends the numbers of the pieces of `text`, in order; `tag` names its language."""
        memo = self._memos.get(tag)
        if memo is None:
            memo = self._memo(tag)
        whole = not text.isascii() and _INSIDE_NUMBERS.search(text) is not None
        numbers.extend(map(memo.__getitem__, CHUNK.findall(text) if whole else text.split()))

    def word_keys(self) -> list[str]:
        """The words by their numbers, as `word_key` makes them."""
        return list(self._word_numbers)

    @property
    def size_bytes(self) -> int:
        """About how much memory all of this takes."""
        return (
            len(self.advances) * _BYTES_PER_PIECE
            + len(self._word_numbers) * _BYTES_PER_WORD
            + len(self.words) * _BYTES_PER_TOKEN
        )

    def add(self, chunk: str, language: str) -> int:
        """Numbers the tokens of a chunk."""
        tokens, advance = read_chunk(chunk, language)
        for surface, stem, _, _, ahead, _ in tokens:
            key = word_key(surface, language, stem)
            self.words.append(self._word_numbers.setdefault(key, len(self._word_numbers)))
            self.aheads.append(ahead)
        return self._close(advance)

    def join(self, numbers: list[int]) -> int:
        """Numbers a piece that consists of others."""
        position = 0
        for number in numbers:
            first, last = self.starts[number], self.starts[number + 1]
            self.words.extend(self.words[first:last])
            self.aheads.extend(position + ahead for ahead in self.aheads[first:last])
            position += self.advances[number]
        return self._close(position)

    def _close(self, advance: int) -> int:
        self.advances.append(advance)
        self.starts.append(len(self.words))
        return len(self.advances) - 1

    def _memo(self, tag: str) -> _Memo:
        language = stemmed_language(tag)
        memo = self._memos.get(language)
        if memo is None:
            memo = self._memos[language] = _Memo(self, language)
        return memo


class _Memo(dict[str, int]):
    """The numbers of the pieces of one language that are worth remembering; others get a number of their own."""

    def __init__(self, pieces: Pieces, language: str) -> None:
        super().__init__()
        self._pieces = pieces
        self._language = language

    def __missing__(self, piece: str) -> int:
        number = self._number(piece)
        if is_worth_remembering(piece):
            self[piece] = number
        return number

    def _number(self, piece: str) -> int:
        core = piece.strip(_AROUND_WORDS)
        chunks = [core] if core.isascii() and core.isalnum() else CHUNK.findall(piece)
        if len(chunks) > 1:
            return self._pieces.join([self._chunk_number(chunk) for chunk in chunks])
        return self._chunk_number(chunks[0]) if chunks else NOTHING

    def _chunk_number(self, chunk: str) -> int:
        number = self.get(chunk)
        if number is None:
            number = self._pieces.add(chunk, self._language)
            if is_worth_remembering(chunk):
                self[chunk] = number
        return number
