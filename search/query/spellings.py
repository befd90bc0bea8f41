"""What a query also searches for: the other spellings of its names, ranked below what was typed.

`a b`, where the two words are one name, becomes (a or the other spelling) and (b or the other spelling): each stays a
word of its own for lists that are filled up, and the other spelling stands for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from search.query.match import (
    Leaf,
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
)
from search.query.names import Others, other_spellings
from search.query.tree import Phrase, Query, Word
from search.query.values import KeywordMatcher
from search.query.variants import Spelling, Variants
from search.query.words import WordMatcher
from search.ranking import VARIANT_WEIGHT, inverse_document_frequency
from search.translation import gettext as _

MAX_OF_ALL: Final = 64
"""Other spellings that one query searches for; a warning says that there are more."""

_SCORED: Final = (MatchTerm, MatchPhrase, MatchPrefix, MatchWildcard, MatchFuzzy)

Frequencies = Callable[[Sequence[Match]], Sequence[int]]
"""How many articles match each of the parts of a query."""


@dataclass(frozen=True, slots=True)
class Spellings:
    """The variants in force for an archive of so many `articles`, and how frequent the words of a query are in it."""

    variants: Variants
    frequencies: Frequencies
    articles: int


@dataclass(frozen=True, slots=True)
class Respelt:
    """The parts of a query that are searched in other spellings too, as they are matched; the first child of each is
    what was typed. `texts` are the other spellings, and `of` tells for a leaf of one which word it stands for."""

    matches: Mapping[Word | Phrase, MatchBest] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    of: Mapping[Leaf, str] = field(default_factory=dict)


NOT_RESPELT: Final = Respelt()


def respelt(
    tree: Query, spellings: Spellings, words: WordMatcher, values: KeywordMatcher, warnings: list[str]
) -> Respelt:
    """How the parts of a query that have other spellings are matched: the best of all spellings counts."""
    others = _bounded(other_spellings(tree, spellings.variants), warnings)
    typed = {part: match for part in others if (match := words.match(part)) is not None}
    spelt = {part: dict(_matched(part, others[part], words, values)) for part in typed}
    leaves = tuple(
        {leaf: None for part in typed for each in (typed[part], *spelt[part].values()) for leaf in _leaves(each)}
    )
    if not any(spelt.values()):
        return NOT_RESPELT
    weigher = _Weigher(dict(zip(leaves, spellings.frequencies(leaves), strict=True)), spellings.articles)
    below = {
        part: tuple(weigher.below(each, weigher.of(typed[part])) for each in spelt[part].values())
        for part in typed
        if spelt[part]
    }
    as_typed = {leaf for part in below for leaf in _leaves(typed[part])}
    return Respelt(
        {part: MatchBest((typed[part], *matches)) for part, matches in below.items()},
        tuple({text: None for part in below for text in spelt[part]}),
        {
            leaf: part.text
            for part, matches in below.items()
            for each in matches
            for leaf in _leaves(each)
            if leaf not in as_typed
        },
    )


@dataclass(frozen=True, slots=True)
class _Weigher:
    """Weighs another spelling so that it never counts more than the typed one would in its place, however rare."""

    frequencies: Mapping[Leaf, int]
    articles: int

    def of(self, match: Match) -> float:
        """The least that an article gets for what was typed, in units of one occurrence."""
        match match:
            case MatchEvery(children):
                return sum(map(self.of, children))
            case MatchBest(children) | MatchAny(children):
                return min(map(self.of, children), default=0.0)
            case MatchTerm() | MatchPhrase() | MatchPrefix() | MatchWildcard() | MatchFuzzy():
                return self._rarity(match) * match.boost
            case _:
                return 0.0

    def below(self, match: Match, most: float) -> Match:
        """The other spelling with a weight by which it gets at most that, and VARIANT_WEIGHT of its own."""
        match match:
            case MatchEvery(children):
                scored = sum(isinstance(child, _SCORED) for child in children)
                return MatchEvery(tuple(self.below(child, most / max(scored, 1)) for child in children))
            case MatchTerm() | MatchPhrase() | MatchPrefix() | MatchWildcard() | MatchFuzzy():
                own = self._rarity(match) * match.boost
                share = min(1.0, most / own) if own > 0.0 else 1.0
                return replace(match, boost=match.boost * VARIANT_WEIGHT * share)
            case _:
                return match

    def _rarity(self, leaf: Leaf) -> float:
        return inverse_document_frequency(min(self.frequencies.get(leaf, 0), self.articles), self.articles)


def _matched(
    part: Word | Phrase, others: Iterable[Spelling], words: WordMatcher, values: KeywordMatcher
) -> Iterator[tuple[str, Match]]:
    """Each other spelling, and how it is matched; none of a language that the archive has not."""
    slop = part.slop if isinstance(part, Phrase) else 0
    for other in others:
        match = words.match(Phrase(other.text, part.field, slop, part.boost))
        if match is None:
            continue
        if not other.language:
            yield other.text, match
        elif isinstance(language := values.match("lang", other.language), MatchKeyword):
            yield other.text, MatchEvery((match, language))


def _bounded(others: Others, warnings: list[str]) -> Others:
    left = MAX_OF_ALL
    kept: dict[Word | Phrase, tuple[Spelling, ...]] = {}
    for part, spellings in others.items():
        kept[part] = spellings[:left]
        left -= len(kept[part])
    if any(len(kept[part]) < len(spellings) for part, spellings in others.items()):
        message = _("the names in the query have many spellings; only %(n)s others are searched for", n=MAX_OF_ALL)
        warnings.append(message)
    return {part: spellings for part, spellings in kept.items() if spellings}


def _leaves(match: Match) -> Iterator[Leaf]:
    match match:
        case MatchEvery(children) | MatchBest(children) | MatchAny(children):
            for child in children:
                yield from _leaves(child)
        case MatchTerm() | MatchPhrase() | MatchPrefix() | MatchWildcard() | MatchFuzzy():
            yield match
        case _:
            return
