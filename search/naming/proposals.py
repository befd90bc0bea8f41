"""Proposes spellings that an archive has for a word that it does not have: by few edits, and by sound in any script.

The vocabulary is looked up and no article is read but to see how it writes a word, so this takes a moment, and does
not see the company of names as `search.naming.mining` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import log10
from typing import Final

from search.analysis import analyze, fold
from search.assist.spelling import as_written, is_correctable, near_words
from search.engines.protocols import Searcher
from search.naming.candidates import LEAST_ALIKE, keys_of
from search.naming.reading import SHORTEST
from search.naming.sound import likeness, sound_of
from search.query.parser import parse
from search.query.rewrite import positive_parts
from search.query.tree import Exact, Fuzzy, Phrase, Word
from search.records import record

MAX_WORDS: Final = 4
"""Words of a query for which spellings are proposed."""
MAX_PROPOSED: Final = 6
MAX_TERMS: Final = 3_000
"""Words of one first letter that are compared, the most frequent."""
LEAST_ARTICLES: Final = 2
"""Articles that hold a word, for it to be proposed by its sound; a rarer one is as likely a misprint."""
_PER_TENFOLD: Final = 0.05
"""How much likelier a word is with ten times as many articles, on the scale of `likeness`."""
_NEAR: Final = 0.1
"""How much likelier a word is that is a letter or two away."""

_ALPHABETS: Final = (
    "abcdefghijklmnopqrstuvwxyz"
    "абвгдежзийклмнопрстуфхцчшщыэюяєіјљњћџґ"
    "αβγδεζηθικλμνξοπρστυφχψω"
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويپچژگ"
    "אבגדהוזחטיכלמנסעפצקרשת"
    "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ"
    "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ"
)
"""Letters that words begin with, folded, of scripts in which names are written sound by sound."""
_ALIKE: Final = ("kgqxch", "szcSCJj", "td", "bp", "fv", "l", "m", "n", "r", "hx", "aeiouyj")
"""Sounds that one newspaper writes for another at the beginning of a name."""


@record
class Respelling:
    """A spelling that the archive has, as an article writes it, and the number of articles that hold the word."""

    text: str
    articles: int


@record
class UnfoundWord:
    """A word of a query that no article has, as it was typed, and what may have been meant, the likeliest first."""

    word: str
    respellings: tuple[Respelling, ...]


def unfound_words(searcher: Searcher, query: str) -> tuple[UnfoundWord, ...]:
    """The words of a query that no article has, at most MAX_WORDS; none if the engine has no vocabulary to look them
    up in. Raises QuerySyntaxError, EngineError."""
    if "vocabulary" not in searcher.capabilities:
        return ()
    typed: dict[str, str] = {}
    for part in positive_parts(parse(query, "auto").query):
        if isinstance(part, Word | Phrase | Exact | Fuzzy):
            for token in analyze(part.text, ""):
                if not token.compound:
                    typed.setdefault(token.surface, part.text[token.start : token.end])
    frequencies = searcher.document_frequencies(list(typed))
    unfound = [surface for surface, count in zip(typed, frequencies, strict=True) if not count]
    return tuple(UnfoundWord(typed[surface], respellings(searcher, surface)) for surface in unfound[:MAX_WORDS])


def respellings(searcher: Searcher, surface: str) -> tuple[Respelling, ...]:
    """Words of the archive that may be another spelling of a folded word, the likeliest first. Raises EngineError."""
    near = near_words(searcher, surface, 0) if is_correctable(surface) else []
    counts = dict(zip(near, searcher.document_frequencies(near), strict=True))
    for word, articles in _sounding_alike(searcher, surface):
        counts.setdefault(word, articles)

    def score(word: str) -> float:
        alike = max(likeness(surface, word), LEAST_ALIKE) + _NEAR if word in near else likeness(surface, word)
        return alike + _PER_TENFOLD * log10(max(counts[word], 1))

    best = sorted(counts, key=lambda word: (-score(word), word))[:MAX_PROPOSED]
    return tuple(Respelling(as_written(searcher, word), counts[word]) for word in best)


def _sounding_alike(searcher: Searcher, surface: str) -> Iterator[tuple[str, int]]:
    """Words that sound like the surface, with the number of articles that hold each."""
    sound = sound_of(surface)
    if not sound or len(surface) < SHORTEST:
        return
    keys = keys_of(surface)
    for letter in sorted(_initials(sound[0])):
        for word, articles in searcher.terms(letter, MAX_TERMS):
            if articles < LEAST_ARTICLES or word == surface or len(word) < SHORTEST - 1 or not word.isalpha():
                continue
            if not keys.isdisjoint(keys_of(word)) and likeness(surface, word) >= LEAST_ALIKE:
                yield word, articles


@cache
def _initials(sound: str) -> frozenset[str]:
    """The letters, of any script, that a word may begin with that begins with that sound."""
    alike = frozenset().union(*(frozenset(group) for group in _ALIKE if sound in group)) | {sound}
    # Letters without a sound of their own, such as the Arabic ain, carry a vowel.
    return frozenset(
        letter for each in _ALPHABETS if (letter := fold(each)) and (sound_of(letter)[:1] or "a") in alike
    ) | (frozenset("c") if alike & frozenset("k") else frozenset())
