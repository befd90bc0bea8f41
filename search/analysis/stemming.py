"""Stems: the part that the forms of a word share, by Snowball's rules for its language.

Snowball's algorithms look at accents (`-ción`, `-ções`), so words are stemmed as they were written and folded after
that. A change here changes what stored indexes mean, and asks for a rebuild.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable
from typing import Final

import Stemmer

from search.analysis.folding import IGNORED, fold
from search.analysis.languages import STEMMERS, primary_language, stemmer_of

_DROPPED = str.maketrans("", "", IGNORED)

LONGEST_INFLECTION: Final = {"en": 3}
"""Letters of the longest ending that only inflects a word, by language: -ing. A language without a row makes no
difference between inflected and derived forms."""


class _Stemmers(threading.local):
    """A Snowball stemmer per language and thread; they are not safe to share."""

    def __init__(self) -> None:
        self._by_algorithm: dict[str, Stemmer.Stemmer] = {}

    def stem(self, algorithm: str, word: str) -> str:
        stemmer = self._by_algorithm.get(algorithm)
        if stemmer is None:
            # The analyzer remembers whole words, so the stemmer's own cache would only cost memory.
            stemmer = self._by_algorithm[algorithm] = Stemmer.Stemmer(algorithm, 0)
        return str(stemmer.stemWord(word))


_stemmers = _Stemmers()
_DIGIT = re.compile(r"\d")  # Snowball's rules are about words of letters: to them the S of PS5S is part of a stem
_ENDING_IN_S: Final = re.compile(
    r"(?!(?:[0-9]{2})?[0-9]0s$)[0-9]{2,}s"  # 737s; the 1980s and 80s are not the plural of a year, nor 5s that of 5
    r"|[0-9]*[a-z][a-z0-9]*[0-9]s"  # F16s, MP3s, 4x4s
    r"|[a-z][a-z0-9]*[0-9][a-rt-z]s"  # E2Fs; but not 3DS or 20ms
)
"""Folded words with a digit that end in an s which is no part of the name."""
_TAKING_S: Final = frozenset({"ca", "da", "de", "en", "es", "fr", "nb", "nl", "nn", "no", "pt", "sv"})
"""Languages that put an s behind such a name, in the plural or the genitive."""


def stem(word: str, language: str) -> str:
    """The folded stem of one word in a language given by its tag; the folded word where there is no stemmer.

    Give the word as it was written: its accents tell the stemmer where its ending begins.
    """
    code = primary_language(language)
    algorithm = STEMMERS.get(code)
    if algorithm is None:
        return fold(word)
    if _DIGIT.search(word if word.isascii() else fold(word)):  # A² is a2
        return _without_s(fold(word), code)
    lowered = _lower(word, code)
    try:
        stemmed = _stemmers.stem(algorithm, lowered)
    except UnicodeEncodeError:  # a lone surrogate is no letter of any language
        return fold(word)
    return fold(stemmed) or fold(word)


def plain_stemmer(language: str) -> Callable[[str], str]:
    """A function that stems words of lower-case ASCII letters and digits as `stem` does, in half the time.

    For use in one thread only.
    """
    algorithm = stemmer_of(language)
    if algorithm is None:
        return fold
    snowball = Stemmer.Stemmer(algorithm, 0).stemWord
    code = primary_language(language)

    def plain_stem(word: str) -> str:
        return fold(snowball(word)) or word if word.isalpha() else _without_s(word, code)

    return plain_stem


def _without_s(word: str, code: str) -> str:
    """A folded word with a digit, without the s of a plural or genitive: F16s is f16."""
    return word[:-1] if word.endswith("s") and code in _TAKING_S and _ENDING_IN_S.fullmatch(word) else word


def is_derived(surface: str, stem: str, language: str) -> bool:
    """Whether a stem lacks more of a folded spelling than an ending of inflection, so that the spelling is a word
    derived from another: the stem of *federated*, *federally* and *federal* is *feder*, and the first two are derived.

    A plural s counts for nothing (*federations* is to *federation* what *laws* is to *law*), nor does a letter doubled
    before the ending (*planning*). Always False in a language without a row in `LONGEST_INFLECTION`.
    """
    longest = LONGEST_INFLECTION.get(primary_language(language))
    if longest is None:
        return False
    word = surface[:-1] if surface.endswith("s") and not surface.endswith("ss") else surface
    ending = len(word) - len(stem)
    if ending > 0 and stem and word[len(stem)] == stem[-1]:
        ending -= 1
    return ending > longest


def _lower(word: str, code: str) -> str:
    if word.isascii() and code != "tr":
        return word.lower()
    word = unicodedata.normalize("NFKC", word.translate(_DROPPED))
    if code == "tr":  # elsewhere I is the capital of i; in Turkish it is the capital of ı
        word = word.replace("İ", "i").replace("I", "ı")
    return word.lower()
