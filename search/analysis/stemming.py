"""Stems: the part that the forms of a word share, by Snowball's rules for its language.

Snowball's algorithms look at accents (`-ción`, `-ções`): words are stemmed as they were written, then folded.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable

import Stemmer

from search.analysis.folding import IGNORED, fold
from search.analysis.languages import LANGUAGES, primary_language

_DROPPED = str.maketrans("", "", IGNORED)


class _Stemmers(threading.local):
    """One Snowball stemmer for each language and thread: they are not safe to share."""

    def __init__(self) -> None:
        self._by_algorithm: dict[str, Stemmer.Stemmer] = {}

    def stem(self, algorithm: str, word: str) -> str:
        stemmer = self._by_algorithm.get(algorithm)
        if stemmer is None:
            # The analyser remembers whole words, so the stemmer's own cache would only cost memory.
            stemmer = self._by_algorithm[algorithm] = Stemmer.Stemmer(algorithm, 0)
        return str(stemmer.stemWord(word))


_stemmers = _Stemmers()
_DIGIT = re.compile(r"\d")  # names and numbers such as 1990s or G20 have no endings


def stem(word: str, language: str) -> str:
    """The folded stem of one word in a language given by its tag; the folded word where there is no stemmer.

    Give the word as it was written: its accents tell the stemmer what its ending is.
    """
    row = LANGUAGES.get(primary_language(language))
    if row is None or row.stemmer is None or _DIGIT.search(word if word.isascii() else fold(word)):  # A² is a2
        return fold(word)
    lowered = _lower(word, row.code)
    try:
        stemmed = _stemmers.stem(row.stemmer, lowered)
    except UnicodeEncodeError:  # a lone surrogate is no letter of any language
        return fold(word)
    return fold(stemmed) or fold(word)


def plain_stemmer(language: str) -> Callable[[str], str]:
    """What `stem` says of words of lower-case ASCII letters and digits, in half the time; for one thread alone."""
    row = LANGUAGES.get(primary_language(language))
    if row is None or row.stemmer is None:
        return fold
    snowball = Stemmer.Stemmer(row.stemmer, 0).stemWord

    def plain_stem(word: str) -> str:
        return fold(snowball(word)) or word if word.isalpha() else word

    return plain_stem


def _lower(word: str, code: str) -> str:
    if word.isascii() and code != "tr":
        return word.lower()
    word = unicodedata.normalize("NFKC", word.translate(_DROPPED))
    if code == "tr":  # elsewhere I is the capital of i; in Turkish it is the capital of ı
        word = word.replace("İ", "i").replace("I", "ı")
    return word.lower()
