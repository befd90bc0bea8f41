"""The words of an article, position by position, in the spellings that queries ask for.

At one position stand the surfaces that begin there and their stems. From these a query gets every form of a word
without looking it up in a dictionary, and its weight by adding term frequencies alone: see `queries/leaves.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from search.analysis import is_derived
from search.analysis.tokens import CHUNK, is_worth_remembering, read_chunk, stem_of
from search.engines.opensearch.format.mapping import POSITION_SEPARATOR, WORD_SEPARATOR

_REMEMBERED: Final = 200_000


def spelling_words(surface: str) -> tuple[str, str, str]:
    """The three ways in which a surface may stand in the index, each occurrence in one of them.

    As it is where its stem is that of the bare surface; `!surface` where it has another, because it was written with
    accents; `=surface` in an article whose language has no stems.
    """
    return surface, f"!{surface}", f"={surface}"


def stem_words(language: str, stem: str, derived: bool) -> tuple[str, str]:
    """How the stem of surfaces that are derived from it, or of those that are not, may stand in the index.

    The second stands where a joined word and its first part have the same stem, and only one of them is derived.
    `language` is a primary subtag. A surface never contains a colon, so that no stem looks like one.
    """
    return f"{language}:{stem}:{derived:d}", f"{language}:{stem}:2"


class Positions(NamedTuple):
    """A text, or a part of it that is analysed by itself: its positions as they are sent, their words, the surfaces
    among these, and its length in words, of which joined words count only their parts."""

    text: str
    words: frozenset[str]
    surfaces: frozenset[str]
    length: int


def positions(text: str, language: str) -> Positions:
    """The positions of a text; `language` is a result of `search.analysis.tokens.stemmed_language`."""
    memo = _memo(language)
    chunks = CHUNK.findall(text)
    parts = [part for part in map(memo.__getitem__, chunks) if part.text]
    own = {id(part): part for part in parts}.values()
    return Positions(
        POSITION_SEPARATOR.join([part.text for part in parts]),
        frozenset().union(*(part.words for part in own)),
        frozenset().union(*(part.surfaces for part in own)),
        sum([part.length for part in parts]),
    )


class _Memo(dict[str, Positions]):
    """The positions of chunks that occur again and again."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, chunk: str) -> Positions:
        found = _read(chunk, self._language)
        if is_worth_remembering(chunk):
            if len(self) >= _REMEMBERED:
                self.clear()
            self[chunk] = found
        return found


@cache
def _memo(language: str) -> _Memo:
    return _Memo(language)


def _read(chunk: str, language: str) -> Positions:
    rows: list[Sequence[str]] = []
    tokens, _ = read_chunk(chunk, language)
    for surface, stem, _, _, position, _ in tokens:
        words = _words(surface, stem, language)
        if position == len(rows):
            rows.append(words)
        else:
            rows[position] = _joined(rows[position], words)
    return Positions(
        POSITION_SEPARATOR.join(map(WORD_SEPARATOR.join, rows)),
        frozenset(word for row in rows for word in row),
        frozenset(token[0] for token in tokens),
        sum(not token[-1] for token in tokens),
    )


def _words(surface: str, stem: str, language: str) -> Sequence[str]:
    plain, accented, unstemmed = spelling_words(surface)
    if not language:
        return (unstemmed,)
    derived = is_derived(surface, stem, language)
    spelling = plain if stem == stem_of(surface, surface, language) else accented
    return spelling, stem_words(language, stem, derived)[0]


def _joined(row: Sequence[str], words: Sequence[str]) -> Sequence[str]:
    """The words of the first part of a joined word, and those of the whole at the same position."""
    first, whole = row[-1], words[-1]
    if ":" in whole and first != whole and first[:-1] == whole[:-1]:
        row, words = (*row[:-1], f"{first[:-1]}2"), words[:-1]
    return tuple(dict.fromkeys((*row, *words)))
