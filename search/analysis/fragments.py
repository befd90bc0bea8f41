"""Text fragments, what is between two spaces of a text, read once: most fragments of a text occur in others too.

No word reaches across a space or the end of a line, so the tokens of a text are those of its fragments, one after the
other. To find a few words in many texts, ask which fragments hold them; only new fragments are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from operator import add
from threading import Lock
from typing import Final, NamedTuple, TypeVar

from search.analysis.tokens import Token, analyze, stemmed_language
from search.native import kernel

_REMEMBERED_FRAGMENTS: Final = 50_000
"""In all languages together; about 25 MB."""
_REMEMBERED_LENGTH: Final = 40

CASE_MATTERS: Final = frozenset({"tr"})
"""Languages in which `I` and `i` are two letters; in all others ASCII text reads the same in lower case."""

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

    def __len__(self) -> int:
        return len(self.known)

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
        return read_fragment(text, self.language)

    def _remember(self, text: str, fragment: Fragment) -> None:
        for word in {*(token.surface for token in fragment.tokens), *(token.stem for token in fragment.tokens)}:
            self.holding.setdefault(word, []).append(text)
        self.known[text] = fragment


class NumberedFragments:
    """The fragments of texts of one language, numbered for the compiled kernel. It only grows, and is safe to use from
    several threads.

    The kernel cuts a text at more characters than `spaced` does, so its fragments are shorter: `war` for `“war,”`.
    `read` has for each number what the fragment says; `holding` has for a spelling or a stem the numbers of the
    fragments with such a token. What is in `numbers` is in both already.
    """

    def __init__(self, language: str) -> None:
        if kernel is None:
            raise RuntimeError("the compiled kernel is not installed")
        self.language = language
        self.ignores_case = language not in CASE_MATTERS
        self.numbers = kernel.FragmentNumbers(self.ignores_case)
        self.read: list[Fragment] = []
        self.holding: dict[str, list[int]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self.read)

    def add(self, text: str) -> tuple[int | None, Fragment]:
        """Reads a fragment, and numbers it if it is short enough to occur again; else its number is None."""
        if len(text) > _REMEMBERED_LENGTH:
            return None, read_fragment(text, self.language)
        if self.ignores_case and text.isascii():
            text = text.lower()
        number: int | None = self.numbers.find(text)
        if number is not None:
            return number, self.read[number]
        fragment = read_fragment(text, self.language)
        with self._lock:
            number = self.numbers.find(text)
            if number is None:  # no other thread was faster
                number = len(self.read)
                self.read.append(fragment)
                for word in {*(token.surface for token in fragment.tokens), *(token.stem for token in fragment.tokens)}:
                    self.holding.setdefault(word, []).append(number)
                self.numbers.add(text, fragment.positions)
        return number, self.read[number]


def read_fragment(text: str, language: str) -> Fragment:
    """The tokens of a fragment. `language` is a result of `stemmed_language`."""
    tokens = tuple(analyze(text, language))
    return Fragment(tokens, tokens[-1].position + 1 if tokens else 0)


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
    return _one_of(_fragments, Fragments, language)


def numbered_fragments_of(language: str) -> NumberedFragments:
    """The same, numbered; where there is a kernel."""
    return _one_of(_numbered, NumberedFragments, language)


_Kind = TypeVar("_Kind", Fragments, NumberedFragments)


def _one_of(all_of_them: dict[str, _Kind], kind: type[_Kind], tag: str) -> _Kind:
    language = stemmed_language(tag)
    if sum(map(len, list(all_of_them.values()))) > _REMEMBERED_FRAGMENTS:
        all_of_them.clear()  # whoever uses one keeps it; common words are soon read again
    found = all_of_them.get(language)
    return all_of_them.setdefault(language, kind(language)) if found is None else found


_fragments: dict[str, Fragments] = {}
_numbered: dict[str, NumberedFragments] = {}
