"""The words that a query searches for itself, in every spelling: who reads what goes with a search knows these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from search.analysis import Token, analyze
from search.query.match import (
    Match,
    MatchAny,
    MatchBest,
    MatchEvery,
    MatchFuzzy,
    MatchKeyword,
    MatchPhrase,
    MatchPrefix,
    MatchTerm,
    MatchWildcard,
    Term,
)
from search.query.patterns import edit_distance, wildcard_regex


class OwnWords:
    """The words of a query as it is matched, with the other spellings of its names and the values that it filters by.

    What the query excludes is not among them.
    """

    def __init__(self, match: Match) -> None:
        self._surfaces: set[str] = set()
        self._stems: set[str] = set()
        self._prefixes: list[str] = []
        self._patterns: list[re.Pattern[str]] = []
        self._fuzzy: list[MatchFuzzy] = []
        self.values = frozenset(_values(match))
        for _, value in self.values:
            self._surfaces.update(token.surface for token in analyze(value, ""))
        self._add(match)

    def has(self, token: Token) -> bool:
        """Whether the query searches for this word."""
        surface = token.surface
        return (
            surface in self._surfaces
            or token.stem in self._stems
            or any(surface.startswith(prefix) for prefix in self._prefixes)
            or any(pattern.fullmatch(surface) for pattern in self._patterns)
            or any(_is_near(surface, leaf) for leaf in self._fuzzy)
        )

    def are(self, tokens: Iterable[Token]) -> bool:
        """Whether all of these words are the query's own."""
        return all(self.has(token) for token in tokens)

    def _add(self, match: Match) -> None:
        match match:
            case MatchEvery(children) | MatchAny(children) | MatchBest(children):
                for child in children:
                    self._add(child)
            case MatchTerm(term=term):
                self._add_terms((term,))
            case MatchPhrase(terms=terms):
                self._add_terms(terms)
            case MatchPrefix(prefix=prefix):
                self._prefixes.append(prefix)
            case MatchWildcard(pattern=pattern):
                self._patterns.append(wildcard_regex(pattern))
            case MatchFuzzy():
                self._fuzzy.append(match)
            case _:
                return

    def _add_terms(self, terms: Iterable[Term]) -> None:
        for term in terms:
            self._surfaces.add(term.surface)
            self._stems.update(stem for _, stem in term.stems)


def _values(match: Match) -> Iterator[tuple[str, str]]:
    """The fields and values of the filters within the query."""
    match match:
        case MatchKeyword(field, values):
            yield from ((field, value) for value in values)
        case MatchEvery(children) | MatchAny(children) | MatchBest(children):
            for child in children:
                yield from _values(child)
        case _:
            return


def _is_near(surface: str, leaf: MatchFuzzy) -> bool:
    return surface[:1] == leaf.word[:1] and edit_distance(surface, leaf.word, leaf.distance) <= leaf.distance
