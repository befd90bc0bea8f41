"""Text fragments, what is between two spaces of a text, read once: most fragments of a text occur in others too.

No word reaches across a space or the end of a line, so the tokens of a text are those of its fragments, one after the
other. To find a few words in many texts, ask which fragments hold them; only new fragments are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from operator import add
from typing import Final, NamedTuple

from search.analysis.tokens import Token, analyze, stemmed_language

_REMEMBERED_FRAGMENTS: Final = 50_000
"""In all languages together; about 25 MB."""
_REMEMBERED_LENGTH: Final = 40

_RUN: Final = re.compile("[\u3005\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{5,}")
"""A run of Han, kana or Hangul without marks: its tokens are its pairs of characters, and its last character. Such a
run seldom occurs twice."""

_BETWEEN_RUNS: Final = "。，、！？；：「」（）"
"""Marks of unspaced scripts that are part of no word."""


class Fragment(NamedTuple):
    """The tokens of a fragment, with offsets from its own start, and how many positions it takes."""

    tokens: tuple[Token, ...]
    positions: int


class Fragments:
    """The fragments of texts of one language. It only grows, and is safe to use from several threads.

    `known` has every remembered fragment. `holding` has for a spelling or a stem the known fragments with such a token;
    what is in `known` is in `holding` already.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.known: dict[str, Fragment] = {}
        self.holding: dict[str, list[str]] = {}

    def read(self, texts: set[str], sought: Collection[str] | None = None) -> dict[str, Fragment]:
        """Reads and remembers those of the texts that are new. Those that will hardly occur again are returned instead;
        their tokens may be left out if none of them is `sought`."""
        passing = {}
        for text in texts.difference(self.known):
            if _RUN.fullmatch(text):
                found = sought is None or any(word in text for word in sought)
                passing[text] = Fragment(_tokens_of_run(text) if found else (), len(text))
            elif len(text) > _REMEMBERED_LENGTH:
                passing[text] = self._read(text)
            else:
                self._remember(text, self._read(text))
        return passing

    def _read(self, text: str) -> Fragment:
        tokens = tuple(analyze(text, self.language))
        return Fragment(tokens, tokens[-1].position + 1 if tokens else 0)

    def _remember(self, text: str, fragment: Fragment) -> None:
        for word in {*(token.surface for token in fragment.tokens), *(token.stem for token in fragment.tokens)}:
            self.holding.setdefault(word, []).append(text)
        self.known[text] = fragment


def _tokens_of_run(run: str) -> tuple[Token, ...]:
    pairs = (*map(add, run, run[1:]), run[-1])
    return tuple([Token(pair, pair, offset, offset + len(pair), offset) for offset, pair in enumerate(pairs)])


def spaced(text: str) -> str:
    """The text between two spaces, with ends of lines and some marks that are part of no word replaced by spaces.

    `spaced(text).split(" ")` are its fragments; a fragment at some offset of the text has a space at that offset here.
    """
    text = f" {text} ".replace("\n", " ")
    if not text.isascii() and ("。" in text or "，" in text or "、" in text):
        for mark in _BETWEEN_RUNS:
            text = text.replace(mark, " ")
    return text


def fragments_of(language: str) -> Fragments:
    """The fragments of a language, given by its tag."""
    stemmed = stemmed_language(language)
    if sum(len(fragments.known) for fragments in list(_fragments.values())) > _REMEMBERED_FRAGMENTS:
        _fragments.clear()  # whoever uses one keeps it; common words are soon read again
    return _fragments.get(stemmed) or _fragments.setdefault(stemmed, Fragments(stemmed))


_fragments: dict[str, Fragments] = {}
