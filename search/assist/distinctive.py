"""The distinctive words of an article: frequent in it, and rare in the archive.

This is measured by tf-idf (Sparck Jones, "A statistical interpretation of term specificity and its application in
retrieval", Journal of Documentation, 1972).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import nlargest
from math import log
from typing import Final

from search.analysis import analyze, fold, is_stop_word
from search.document import Document
from search.engines.protocols import Searcher
from search.ranking import inverse_document_frequency

MAX_TERMS: Final = 30
"""Terms that are searched for. More find hardly anything better, and each takes its time."""
MAX_CANDIDATES: Final = 96
"""Words of the article whose document frequency is looked up, the most frequent in it."""
MAX_TEXT: Final = 12_000
"""Characters of the text that are read: the first two thousand words say what an article is about."""
WEIGHTS: Final = {"title": 3.0, "headings": 2.0, "summary": 2.0, "body": 1.0}
"""The weight of an occurrence in each field."""
NAME_WEIGHT: Final = 1.5
"""The factor for a capitalised word within a sentence: names of people and places distinguish articles best."""

_MOST_LANGUAGES: Final = 100
_FOREIGN: Final = 8.0
"""A word in this many times as many articles as its language has is certainly no word of that language alone."""


@dataclass(frozen=True, slots=True)
class DistinctiveTerm:
    """A word of the article: its surface, its usual spelling there, and the number of `articles` that hold it.

    `frequency`: how often the article has it, in any form; each occurrence counts its field's weight.
    `rarity`: its idf among the articles that could have it.
    """

    surface: str
    spelling: str
    articles: int
    frequency: float
    rarity: float

    @property
    def weight(self) -> float:
        """How distinctive the word is."""
        return (1.0 + log(self.frequency)) * self.rarity

    @property
    def typed(self) -> str:
        """The word as the stemmer needs it, with its diacritics, unless the spelling is that of several words."""
        return self.spelling if fold(self.spelling) == self.surface else self.surface


def distinctive_terms(searcher: Searcher, own: Document, articles: int, *, stored: bool) -> tuple[DistinctiveTerm, ...]:
    """The most distinctive words that the article shares with any other, the most distinctive first."""
    frequencies, spellings = _weighed(own)
    words = nlargest(MAX_CANDIDATES, frequencies, key=lambda word: (frequencies[word], word))
    counts = searcher.document_frequencies(words)
    in_language = _articles_in(searcher, own.language)
    terms = []
    for word, count in zip(words, counts, strict=True):
        if count > (1 if stored else 0):
            rarity = _rarity(spellings[word], count, in_language, articles)
            terms.append(DistinctiveTerm(word, spellings[word], count, frequencies[word], rarity))
    terms.sort(key=lambda term: (-term.weight, term.surface))
    return tuple(terms[:MAX_TERMS])


def _articles_in(searcher: Searcher, language: str) -> int:
    """How many articles are in a language; 0 if there are few, or it is not known."""
    return dict(searcher.top_values("lang", _MOST_LANGUAGES)).get(language, 0)


def _rarity(spelling: str, count: int, in_language: int, articles: int) -> float:
    """The idf of a word among the articles that could have it.

    Where few articles are German, every German word is rare in the archive, `diese` as much as a name. So a word is
    compared with the articles of its language. One in more articles than that belongs to other languages too; it is
    compared with all, but counts in full only if it is in many more. So is what no language changes, such as `P2WPKH`.
    """
    if not 0 < in_language < articles or _is_sign(spelling):
        return inverse_document_frequency(count, articles)
    if count <= in_language:
        return inverse_document_frequency(count, in_language)
    return inverse_document_frequency(count, articles) * min(1.0, log(count / in_language) / log(_FOREIGN))


def _is_sign(spelling: str) -> bool:
    """Whether a word has a digit, or a capital letter after its first."""
    return any(character.isdigit() or character.isupper() for character in spelling[1:])


def _weighed(own: Document) -> tuple[Mapping[str, float], Mapping[str, str]]:
    """The weight and the usual spelling of each word. Forms of one word count together, as the most frequent form."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    weights: dict[str, float] = defaultdict(float)
    for stem, surface, spelling, weight in _words(own):
        forms[stem][surface] += 1
        spelled[surface][spelling] += 1
        weights[stem] += weight
    usual = {stem: counted.most_common(1)[0][0] for stem, counted in forms.items()}
    totals: dict[str, float] = defaultdict(float)
    for stem, weight in weights.items():
        totals[usual[stem]] += weight
    return totals, {surface: spelled[surface].most_common(1)[0][0] for surface in usual.values()}


def _words(own: Document) -> Iterator[tuple[str, str, str, float]]:
    """Stem, surface, spelling and weight of each occurrence of a content word."""
    parts = [("title", own.title), ("summary", own.summary), ("body", own.body[:MAX_TEXT])]
    parts += [("headings", heading.text) for heading in own.headings]
    for field, text in parts:
        for token in analyze(text, own.language):
            spelling = text[token.start : token.end]
            if token.compound or not is_content_word(token.surface, own.language):
                continue
            name = spelling[:1].isupper() and _runs_on(text, token.start)
            yield token.stem, token.surface, spelling, WEIGHTS[field] * (NAME_WEIGHT if name else 1.0)


def _runs_on(text: str, start: int) -> bool:
    """Whether the word is within a sentence, where a capital letter marks a name."""
    before = text[max(0, start - 3) : start].rstrip()
    return text[start - 1 : start] == " " and bool(before) and before[-1] not in '.!?…:"“”'


def is_content_word(surface: str, language: str) -> bool:
    """Whether a word carries meaning: it is not a stop word, a number or a single letter."""
    return len(surface) > 1 and any(c.isalpha() for c in surface) and not is_stop_word(surface, language)
