"""Turns the words, phrases and patterns of a query into leaves that an engine matches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from search.analysis.folding import fold
from search.analysis.scripts import CONTINUES, is_unspaced
from search.analysis.tokens import Token, analyze, is_worth_remembering
from search.query.dates import shortened
from search.query.limits import MAX_PARTS, MAX_PHRASE_WORDS
from search.query.match import (
    Match,
    MatchAny,
    MatchBest,
    MatchEvery,
    MatchFuzzy,
    MatchPhrase,
    MatchPrefix,
    MatchTerm,
    MatchWildcard,
    Term,
)
from search.query.runs import is_run, is_single, most_of
from search.query.terms import query_terms
from search.query.tree import Exact, Fuzzy, Phrase, Prefix, Wildcard, Word
from search.translation import gettext as _

WordQuery = Word | Exact | Phrase | Prefix | Wildcard | Fuzzy

_SHORT = 2
"""Words of this length or less are not searched fuzzily: what is similar to them is another word."""
_NOT_IN_WORDS = re.compile(rf"[^\w*?{CONTINUES}.]|_|(?<![0-9])\.|\.(?![0-9])")


class _Found(NamedTuple):
    token: Token
    term: Term


class WordMatcher:
    """Resolves words for the searched fields and the archive's languages; collects warnings and added words."""

    def __init__(self, fields: tuple[str, ...], languages: tuple[str, ...], warnings: list[str]) -> None:
        self.fields = fields
        self.languages = languages
        self.warnings = warnings
        self.expanded: list[str] = []
        self._parts_left = MAX_PARTS
        self._analysed: dict[str, Sequence[_Found]] = {}

    def match(self, query: WordQuery) -> Match | None:
        """The leaf, or a small tree of leaves, for one word or phrase; a warning and None without a letter or digit."""
        fields = (query.field,) if query.field else self.fields
        match query:
            case Word(text):
                found = self._word(text, fields, query.boost)
            case Exact(text):
                found = self._phrase(_exact(text), None, fields, query.boost)
            case Phrase(text, slop=slop):
                found = self._phrase(self._parts(text), slop or None, fields, query.boost)
            case Prefix(text):
                found = self._prefix(text, fields, query.boost)
            case Fuzzy(text, distance):
                found = self._fuzzy(text, distance, fields, query.boost)
            case Wildcard(pattern):
                return self._wildcard(pattern, fields, query.boost)
        if found is None:
            self.warnings.append(_nothing_in(query.text))
        return found

    def most(self, query: Word) -> MatchAny | None:
        """What matches most of a bare word, if that is an unspaced run; None if all of the word is required."""
        if query.field is not None or not is_run(query.text):
            return None
        match = most_of(self._parts(query.text), self.fields, query.boost, self._parts_left)
        self._parts_left -= len(match.children) if match else 0
        return match

    def _parts(self, text: str) -> Sequence[_Found]:
        if is_worth_remembering(text):
            return _remembered(text, self.languages)
        if text not in self._analysed:
            self._analysed[text] = _analysed(text, self.languages)
        return self._analysed[text]

    def _word(self, text: str, fields: tuple[str, ...], boost: float) -> Match | None:
        """The parts of a joined word as a phrase, or its compound: post-war also finds postwar."""
        parts = self._parts(text)
        whole = _whole(parts)
        phrase = self._phrase(parts, None, fields, boost)
        if whole is None or phrase is None:
            return phrase
        self.expanded.append(whole.token.surface)
        return MatchBest((phrase, MatchTerm(fields, whole.term, boost)))

    def _phrase(self, parts: Sequence[_Found], slop: int | None, fields: tuple[str, ...], boost: float) -> Match | None:
        parts = _without_last_single([part for part in parts if not part.token.compound])
        if parts and is_single(parts[-1].token):
            return self._ending_in_single(parts, slop, fields, boost)
        terms = tuple(part.term for part in parts)
        if len(terms) < 2:
            return MatchTerm(fields, terms[0], boost) if terms else None
        return MatchPhrase(fields, terms, self._bounded(slop, len(terms)), boost)

    def _ending_in_single(
        self, parts: Sequence[_Found], slop: int | None, fields: tuple[str, ...], boost: float
    ) -> Match | None:
        """A phrase that ends in a single character of an unspaced script, searched as a prefix.

        In most texts that character begins a pair; it is a token by itself only at the end of a run.
        """
        single = MatchPrefix(fields, parts[-1].token.surface, boost)
        before = self._phrase(parts[:-1], slop, fields, boost)
        return single if before is None else MatchEvery((before, single))

    def _bounded(self, slop: int | None, words: int) -> int | None:
        if slop is not None and words > MAX_PHRASE_WORDS:
            message = _("a near phrase has %(n)s words at most; it was searched in order", n=MAX_PHRASE_WORDS)
            self.warnings.append(message)
            return None
        return slop

    def _prefix(self, text: str, fields: tuple[str, ...], boost: float) -> Match | None:
        """The last part as a prefix, and the parts before it as words; of a joined word, the compound as a prefix."""
        parts = self._parts(text)
        plain = [part for part in parts if not part.token.compound]
        if not plain or is_unspaced(plain[-1].token.surface):
            return self._phrase(plain, None, fields, boost)
        if whole := _whole(parts):
            return MatchPrefix(fields, whole.token.surface, boost)
        last = MatchPrefix(fields, plain[-1].token.surface, boost)
        before = self._phrase(plain[:-1], None, fields, boost)
        return last if before is None else MatchEvery((before, last))

    def _fuzzy(self, text: str, distance: int, fields: tuple[str, ...], boost: float) -> Match | None:
        parts = self._parts(text)
        plain = [part for part in parts if not part.token.compound]
        if any(is_unspaced(part.token.surface) for part in plain):
            return self._phrase(plain, None, fields, boost)
        whole = _whole(parts)
        leaves = tuple(_near(part, distance, fields, boost) for part in ([whole] if whole else plain))
        if len(leaves) < 2:
            return leaves[0] if leaves else None
        return MatchEvery(leaves)

    def _wildcard(self, pattern: str, fields: tuple[str, ...], boost: float) -> Match | None:
        """The pattern without hyphens and the like, because joined words are also indexed as compounds."""
        folded = _NOT_IN_WORDS.sub("", fold(pattern))
        if not folded.strip("*?"):
            self.warnings.append(_nothing_in(pattern))
            return None
        return MatchWildcard(fields, folded, boost)


def _nothing_in(text: str) -> str:
    return _('"%(word)s" has no letter or digit to search for; it was left out', word=shortened(text))


def _analysed(text: str, languages: tuple[str, ...]) -> Sequence[_Found]:
    return tuple([_Found(*pair) for pair in query_terms(text, languages)])


_remembered = lru_cache(maxsize=4096)(_analysed)
"""The readers of an archive ask for the same words."""


def _exact(text: str) -> list[_Found]:
    return [_Found(token, Term(token.surface)) for token in analyze(text, "")]


def _whole(parts: Sequence[_Found]) -> _Found | None:
    """The compound, if all the parts form one joined word."""
    bounds = (parts[0].token.start, parts[-1].token.end) if parts else None
    return next((part for part in parts if part.token.compound and (part.token.start, part.token.end) == bounds), None)


def _near(part: _Found, distance: int, fields: tuple[str, ...], boost: float) -> Match:
    """A word of three letters with one edit, a longer one with up to `distance`; a shorter word unchanged."""
    word = part.token.surface
    if len(word) <= _SHORT:
        return MatchTerm(fields, part.term, boost)
    return MatchFuzzy(fields, word, min(distance, len(word) - _SHORT), boost)


def _without_last_single(parts: list[_Found]) -> list[_Found]:
    """The parts without the single character that ends a run of an unspaced script: a longer text has a pair there."""
    if len(parts) > 1 and parts[-1].token.start < parts[-2].token.end:
        return parts[:-1]
    return parts
