"""From the reader's tree to the engine's: words become index terms, and filter values become stored values.

This happens once, above the engines and the highlighter, so that they cannot interpret a word differently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from search.analysis.languages import is_stop_word
from search.analysis.tokens import analyze, is_worth_remembering
from search.query.match import (
    Match,
    MatchAll,
    MatchAny,
    MatchBest,
    MatchDates,
    MatchEvery,
    MatchNone,
    MatchNot,
    MatchTerm,
)
from search.query.spellings import NOT_RESPELT, Respelt, Spellings, respelt
from search.query.tree import (
    And,
    DateRange,
    Everything,
    Exact,
    Keyword,
    Most,
    Not,
    Or,
    Phrase,
    Query,
    Word,
    has_most,
)
from search.query.values import KeywordMatcher, KeywordValues
from search.query.words import WordMatcher
from search.ranking import repetition_weight
from search.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Resolved:
    """The engine's tree and what to report with it.

    `match` requires every word. `words` are those of its children of which it would be enough to match some, and
    `required` the others; `looser` are the words again, each unspaced run among them as most of its parts. All three
    are empty unless the query has several bare words, or one that is such a run.
    `expanded`: words that are searched in addition to those typed, such as *postwar* for *post-war*.
    `respelt`: the words and phrases that are searched in other spellings too.
    `quoted`: the query has a phrase or an exact spelling, so recency must not affect the order.
    """

    match: Match
    warnings: tuple[str, ...] = ()
    expanded: tuple[str, ...] = ()
    quoted: bool = False
    words: tuple[Match, ...] = ()
    looser: tuple[Match, ...] = ()
    required: tuple[Match, ...] = ()
    respelt: Respelt = NOT_RESPELT


def resolve(
    query: Query,
    *,
    fields: Sequence[str],
    languages: Iterable[str],
    stop_language: str,
    values: KeywordValues,
    spellings: Spellings | None = None,
) -> Resolved:
    """Resolves a query for an archive of these languages.

    `fields`: names of text fields searched by words that name none. `stop_language`: whose function words are left
    out beside words that say more. `values`: those of the keyword fields.
    `spellings`: the other spellings of names; without any, words are searched as they are typed.
    Words without a letter or digit are dropped with a warning; if nothing is left, nothing matches.
    """
    warnings: list[str] = []
    tags = tuple(languages)
    words = WordMatcher(tuple(fields), tags, warnings)
    keywords = KeywordMatcher(values, tags, warnings)
    spelt = respelt(query, spellings, words, KeywordMatcher(values, tags, []), warnings) if spellings else NOT_RESPELT
    resolver = _Resolver(words, keywords, _stop_words(query, stop_language), spelt.matches)
    parts = resolver.side_by_side(query) if has_most(query) else _Parts(resolver.match(query))
    match = parts.match
    if match is None:
        match = MatchNone()
        warnings.append(_("nothing in the query is left to search for"))
    return Resolved(
        match,
        tuple(dict.fromkeys(warnings)),
        tuple(dict.fromkeys((*spelt.texts, *words.expanded))),
        _is_quoted(query),
        parts.words,
        parts.looser,
        parts.required,
        spelt,
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    match: Match | None
    words: tuple[Match, ...] = ()
    looser: tuple[Match, ...] = ()
    required: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class _Resolver:
    words: WordMatcher
    values: KeywordMatcher
    is_stop: Callable[[Query], bool]
    respelt: Mapping[Word | Phrase, MatchBest]

    def match(self, query: Query) -> Match | None:
        """The engine's tree for this part of the query; None if nothing is left of it."""
        match query:
            case Everything():
                return MatchAll()
            case And(children) | Most(children):
                return self._joined(MatchEvery, children)
            case Or(children):
                return self._joined(MatchAny, children)
            case Not(child):
                inner = replace(self, respelt={}).match(child)  # only what was typed is excluded
                return None if inner is None else MatchNot(inner)
            case Keyword(field, value):
                return self.values.match(field, value)
            case DateRange(start, end, field):
                return MatchDates(field, start, end)
            case Word() | Phrase() if query in self.respelt:
                return self.respelt[query]
            case _:
                return self.words.match(query)

    def side_by_side(self, query: Query) -> _Parts:
        """A query with bare words, of which at least two, or an unspaced run, must be left for some of them to do."""
        sides = query.children if isinstance(query, And) else (query,)
        strict = [part for part in sides if not isinstance(part, Most)]
        bare = [word for part in sides if isinstance(part, Most) for word in part.children if word not in strict]
        kept = self._kept([*bare, *strict])
        required = _weighed([match for child, match in kept if child not in bare])
        most = {match: self._most(child) for child, match in kept if isinstance(child, Word) and child in bare}
        words = tuple(
            match for match in _weighed([match for child, match in kept if child in bare]) if match not in required
        )
        looser = tuple(most.get(match) or match for match in words)
        every = (*words, *required)
        if not every:
            return _Parts(None)
        match = every[0] if len(every) == 1 else MatchEvery(every)
        return _Parts(match, words, looser, required) if len(words) > 1 or looser != words else _Parts(match)

    def _most(self, word: Word) -> Match | None:
        """What matches most of an unspaced run, or another spelling of it; None for other words."""
        most = self.words.most(word)
        if most is None or word not in self.respelt:
            return most
        return MatchBest((most, *self.respelt[word].children[1:]))

    def _kept(self, children: Sequence[Query]) -> list[tuple[Query, Match]]:
        """The children that search for something, without stop words beside words that say more."""
        found = [(child, match) for child in children if (match := self.match(child)) is not None]
        telling = [child for child, _ in found if not self.is_stop(child)]
        return [(child, match) for child, match in found if child in telling or not _is_outweighed(child, telling)]

    def _joined(self, kind: type[MatchEvery] | type[MatchAny], children: Sequence[Query]) -> Match | None:
        kept = [match for _, match in self._kept(children)]
        if not kept:
            return None
        distinct = _weighed(kept)
        return distinct[0] if len(distinct) == 1 else kind(distinct)


def _weighed(matches: Sequence[Match]) -> tuple[Match, ...]:
    """Each word once; a word typed several times gets a higher boost, though less than that many times higher."""
    times = Counter(matches)
    return tuple(
        replace(match, boost=match.boost * repetition_weight(count))
        if count > 1 and isinstance(match, MatchTerm)
        else match
        for match, count in times.items()
    )


def _stop_words(query: Query, language: str) -> Callable[[Query], bool]:
    shouted = is_shouted(query)

    def is_stop(part: Query) -> bool:
        """A stop word without a boost. US, IT and WHO in capitals are names, unless the whole query is in capitals."""
        if not isinstance(part, Word) or part.boost != 1.0:
            return False
        if not shouted and len(part.text) > 1 and part.text.isupper():
            return False
        return (
            _remembered(part.text, language) if is_worth_remembering(part.text) else _says_little(part.text, language)
        )

    return is_stop


def is_shouted(query: Query) -> bool:
    """Whether all words of a query outside its phrases are in capitals, so that capitals tell no names apart."""
    return all(word.text.isupper() for word in _plain_words(query))


def _says_little(text: str, language: str) -> bool:
    """Whether all words of the text are stop words."""
    surfaces = [token.surface for token in analyze(text, "") if not token.compound]
    return bool(surfaces) and all(is_stop_word(surface, language) for surface in surfaces)


_remembered = lru_cache(maxsize=4096)(_says_little)
"""The readers of an archive ask for the same words."""


def _plain_words(query: Query) -> list[Word]:
    match query:
        case And(children) | Or(children) | Most(children):
            return [word for child in children for word in _plain_words(child)]
        case Not(child):
            return _plain_words(child)
        case Word():
            return [query]
        case _:
            return []


def _is_outweighed(stop_word: Query, others: Sequence[Query]) -> bool:
    """Whether one of the others searches for words, in the same field if the stop word has one."""
    field = stop_word.field if isinstance(stop_word, Word) else None
    return any(_looks_for_words(other, field) for other in others)


def _looks_for_words(query: Query, field: str | None) -> bool:
    """Whether the query searches for words; filters and exclusions do not."""
    match query:
        case And(children) | Or(children) | Most(children):
            return any(_looks_for_words(child, field) for child in children)
        case Not() | Keyword() | DateRange() | Everything():
            return False
        case _:
            return field in (None, query.field)


def _is_quoted(query: Query) -> bool:
    match query:
        case And(children) | Or(children) | Most(children):
            return any(_is_quoted(child) for child in children)
        case _:
            return isinstance(query, Phrase | Exact)
