"""The names and the words of a sample of articles, each with the number of articles of the sample that have it.

Read is what an article begins with, where news says who and what it is about. Names are those of `search.assist.names`;
a word that is mostly written with a capital letter within sentences is one, or a part of one, and no other word.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from search.analysis import Token, analyze, primary_language
from search.analysis.scripts import is_unspaced
from search.assist.distinctive import is_content_word
from search.assist.names import names_in
from search.assist.reasons import NOUN_CAPITALS
from search.document import Document
from search.query.own_words import OwnWords
from search.translation import LANGUAGES, month_names, speaking, weekday_names

LEAD: Final = 1_500
"""Characters of a body that are read: some 250 words."""
MAX_NAMES: Final = 60
MAX_WORDS: Final = 160
"""The most frequent names and words of a sample, which are looked at further."""
LEAST: Final = 2
"""Articles of the sample that have a name or word: what is in one alone goes with nothing."""
_LONGEST_RUN: Final = 12
_MAX_RUNS: Final = 40
_SENTENCE_ENDS: Final = '.!?…:“"«„(['
_HIRAGANA_OR_KATAKANA: Final = re.compile("[\u3040-\u30ff]")
_LONGEST_WORD: Final = 30
_BEFORE_IN_CODE: Final = frozenset("/._@\\:=<{$#&-+")
_AFTER_IN_CODE: Final = frozenset("/_@\\({=")

Kind = Literal["name", "word"]


@dataclass(frozen=True, slots=True)
class SampledTerm:
    """A name or word as it is mostly spelt. `key` is the same for all its forms, `articles` are those of the sample
    that have it, and `languages` theirs."""

    text: str
    kind: Kind
    key: tuple[str, ...]
    articles: int
    languages: frozenset[str]


@dataclass(slots=True)
class _Seen:
    """A name or word: its spellings, the articles that have it by language, and how often it stands within a sentence
    with a capital letter and without."""

    spellings: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    capital: int = 0
    small: int = 0

    def term(self, kind: Kind, key: tuple[str, ...]) -> SampledTerm:
        spelling = min(self.spellings, key=lambda text: (-self.spellings[text], text))
        return SampledTerm(spelling, kind, key, self.languages.total(), frozenset(self.languages))


class SampledTerms:
    """Reads articles one by one. What the query searches for itself, its `own`, is left out."""

    def __init__(self, own: OwnWords) -> None:
        self.articles = 0
        self._own = own
        self._words: defaultdict[str, _Seen] = defaultdict(_Seen)
        self._names: defaultdict[tuple[str, ...], _Seen] = defaultdict(_Seen)
        self._telling: dict[tuple[str, str], bool] = {}
        self._pairs: Counter[str] = Counter()
        self._unspaced: list[tuple[str, str]] = []

    def read(self, article: Document) -> None:
        """Counts the names and words of an article, each once."""
        self.articles += 1
        language = primary_language(article.language)
        seen = set(self._words_of(article.title, language)) | set(self._words_of(article.summary, language))
        seen |= set(self._words_of(article.body, language, running=True))
        for key in seen:
            self._words[key].languages[article.language] += 1
        self._read_names(article, language)
        self._read_pairs(f"{article.title}\n{article.summary}\n{article.body}", language)

    def words(self) -> list[SampledTerm]:
        """The most frequent words that are no names, in scripts with spaces."""
        kept = [seen.term("word", (key,)) for key, seen in self._words.items() if self._is_word(seen)]
        return _most_frequent(kept, MAX_WORDS)

    def names(self) -> list[SampledTerm]:
        """The most frequent names."""
        kept = [seen.term("name", key) for key, seen in self._names.items() if len(key) > 1 or self._is_name(key[0])]
        return _most_frequent(kept, MAX_NAMES)

    def pairs(self) -> list[SampledTerm]:
        """In scripts without spaces, the most frequent pairs of characters, of which `runs` makes words."""
        languages = frozenset(language for language, _ in self._unspaced)
        kept = [SampledTerm(pair, "word", (pair,), count, languages) for pair, count in self._pairs.items()]
        return _most_frequent(kept, MAX_WORDS)

    def runs(self, pairs: Collection[str]) -> list[SampledTerm]:
        """The longest pieces of the texts of which every two characters are one of the pairs."""
        seen: defaultdict[str, _Seen] = defaultdict(_Seen)
        for language, text in self._unspaced:
            for run in set(_runs(text, pairs)):
                seen[run].spellings[run] += 1
                seen[run].languages[language] += 1
        return _most_frequent([each.term("word", (run,)) for run, each in seen.items()], _MAX_RUNS)

    def _words_of(self, text: str, language: str, *, running: bool = False) -> Iterator[str]:
        """The key of each occurrence of a word; in running text its capital letter is noted."""
        for token in analyze(text, language):
            if token.compound or not self._is_telling(token, language) or _is_in_code(text, token):
                continue
            spelling = text[token.start : token.end]
            seen = self._words[token.stem]
            seen.spellings[spelling] += 1
            if running and _is_within_sentence(text, token.start):
                if spelling[:1].isupper():
                    seen.capital += 1
                else:
                    seen.small += 1
            yield token.stem

    def _is_telling(self, token: Token, language: str) -> bool:
        known = self._telling.get((token.surface, language))
        if known is None:
            surface = token.surface
            word = 3 <= len(surface) <= _LONGEST_WORD and surface.isalpha() and not is_unspaced(surface)
            known = word and is_content_word(surface, language) and not self._own.has(token)
            self._telling[token.surface, language] = known
        return known

    def _is_word(self, seen: _Seen) -> bool:
        nouns = any(primary_language(language) in NOUN_CAPITALS for language in seen.languages)
        return nouns or seen.capital <= seen.small

    def _is_name(self, key: str) -> bool:
        """Whether a single capitalised word is a name: it is not, if it is mostly written without a capital."""
        if key in _calendar_words():
            return False
        seen = self._words.get(key)
        return seen is None or seen.capital > seen.small

    def _read_names(self, article: Document, language: str) -> None:
        found: dict[tuple[str, ...], str] = {}
        for readings in names_in(article):
            for name in readings:
                tokens = [token for token in analyze(name, language) if not token.compound and len(token.surface) > 1]
                if tokens and not self._own.are(tokens):
                    found.setdefault(tuple(token.stem for token in tokens), name)
        for key, name in found.items():
            self._names[key].spellings[name] += 1
            self._names[key].languages[article.language] += 1

    def _read_pairs(self, text: str, language: str) -> None:
        if not is_unspaced(text):
            return
        self._unspaced.append((language, text))
        tokens = [token for token in analyze(text, language) if len(token.surface) == 2 and is_unspaced(token.surface)]
        found = {token.surface for token in tokens if not self._own.has(token)}
        self._pairs.update(pair for pair in found if not _HIRAGANA_OR_KATAKANA.search(pair))


@cache
def _calendar_words() -> frozenset[str]:
    """The names of months and of days of the week, which go with everything that has a date."""
    words: set[str] = set()
    for language in LANGUAGES:
        with speaking(language):
            names = (*month_names(), *weekday_names())
        words.update(token.stem for name in names for token in analyze(name, language))
    return frozenset(words)


def _most_frequent(terms: Iterable[SampledTerm], most: int) -> list[SampledTerm]:
    kept = [term for term in terms if term.articles >= LEAST]
    return sorted(kept, key=lambda term: (-term.articles, term.text))[:most]


def _is_within_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 3) : start].rstrip()
    return text[start - 1 : start] == " " and bool(before) and before[-1] not in _SENTENCE_ENDS


def _is_in_code(text: str, token: Token) -> bool:
    """Whether a word is a part of an address, a path or code."""
    if text[token.start - 1 : token.start] in _BEFORE_IN_CODE and token.start:
        return True
    after = text[token.end : token.end + 2]
    return after[:1] in _AFTER_IN_CODE or (after[:1] in ".:" and after[1:].isalnum())


def _runs(text: str, pairs: Collection[str]) -> Iterator[str]:
    start = 0
    for place in range(len(text)):
        if text[place : place + 2] not in pairs:
            if 1 <= place - start < _LONGEST_RUN:
                yield text[start : place + 1]
            start = place + 1
