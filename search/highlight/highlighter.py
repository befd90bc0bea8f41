"""Finds the characters of a text that a query matches: written once, above the engines.

The text is analysed in the article's language, just as for the index, and the leaves of the query are searched among
its tokens. So other forms and diacritics are found, and the original spelling is marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from search.engines.spans import assignable, span_width
from search.highlight.marking import Mark, Span, spans_of
from search.highlight.wanted import Choice, Groups, Occurrence, Stretches
from search.highlight.words import Words
from search.query.match import (
    Leaf,
    Match,
    MatchAny,
    MatchBest,
    MatchEvery,
    MatchFuzzy,
    MatchPhrase,
    MatchPrefix,
    MatchTerm,
    MatchWildcard,
)
from search.query.patterns import edit_distance, wildcard_regex
from search.ranking import inverse_document_frequency

MAX_HIGHLIGHT_CHARS: Final = 200_000
"""The part of one text that is searched: some 30,000 words, the length of a short novel."""

ENOUGH: Final = 12
"""Once each word of the query has occurred this often, the best passages are among what has been read."""

_STRETCH: Final = 4_000
"""Characters that are read before the first check whether that is enough; the text read doubles between checks."""

_LEADING: Final = Stretches(MAX_HIGHLIGHT_CHARS, _STRETCH, ENOUGH)


class _Pattern(NamedTuple):
    """A leaf of the query: its group, its fields, the numbers of its words, and its slop if it is a near phrase."""

    group: int
    fields: tuple[str, ...]
    words: tuple[int, ...]
    slop: int | None = None
    prefix: int = 0

    def reach(self) -> int:
        """The distance in positions beyond which two words can no longer match together."""
        if len(self.words) == 1:
            return 0
        return len(self.words) if self.slop is None else span_width(len(self.words), self.slop)


class _Looking(NamedTuple):
    """The patterns of a field, and their greatest reach. `groups`: those of their words, if each has only one.

    `words`: the same groups; if a pattern has several words, each word has its own number as its group.
    """

    patterns: list[_Pattern]
    reach: int
    groups: Groups | None
    words: Groups


class Highlighter:
    """Finds the matches of one query in any number of texts, and caches the chunks of text that it has analysed.

    Excluded words are never marked, and a leaf with fields is marked only in those.
    `frequencies` says how many of `articles` each leaf matches. By these, `weights` has for each group of marks how
    much it says about an article: its inverse document frequency, as in the ranking. None where they are not known.
    Not thread-safe.
    """

    def __init__(self, match: Match, frequencies: Mapping[Leaf, int] | None = None, articles: int = 0) -> None:
        self._words = Words()
        grouped = tuple(_leaves(match))
        self._patterns = tuple(self._compiled(leaf, group) for leaf, group in grouped)
        self.weights = _weights(grouped, frequencies, articles) if frequencies else None
        # Two spellings of a word, or two words of a phrase, may mark the same span for one group.
        groups = {pattern.group for pattern in self._patterns if len(pattern.words) == 1}
        self._may_repeat = len(groups) < len(self._patterns)
        self._looking: dict[tuple[str, str | None], _Looking] = {}
        self._together: dict[tuple[str, ...], Sequence[tuple[_Looking, list[str]]]] = {}

    def seeks(self, field: str, *, but_not: str | None = None) -> bool:
        """Whether any leaf searches `field` (and not `but_not`)."""
        return bool(self._looking_into(field, but_not).patterns)

    def marks_of_fields(self, values: Mapping[str, Sequence[str]], language: str) -> dict[str, list[Mark]]:
        """The marks in the values of each of the fields, by offsets in these values joined by line ends.

        Faster than marking each value. Of all values together, only the first MAX_HIGHLIGHT_CHARS characters are
        searched.
        """
        found: dict[str, list[Mark]] = {}
        for looking, fields in self._alike(tuple(values)):
            texts = ["\n".join(values[field])[:MAX_HIGHLIGHT_CHARS] for field in fields]
            found.update(zip(fields, self._words.marks(texts, language, looking.words), strict=True))
            if looking.groups is None:
                for field in fields:
                    found[field] = self._marks_of_values(values[field], language, looking, found[field])
        return found

    def _marks_of_values(
        self, values: Iterable[str], language: str, looking: _Looking, words: Iterable[Mark]
    ) -> list[Mark]:
        """The marks in each of the values, in which these words were found: no phrase reaches across two of them."""
        met = {word for _, _, word in words}
        patterns = [pattern for pattern in looking.patterns if met.issuperset(pattern.words)]
        marks: list[Mark] = []
        start = 0
        for value in values if patterns else ():
            found = self._words.occurrences(value[: MAX_HIGHLIGHT_CHARS - start], language, looking.reach)
            inside = sorted({mark for pattern in patterns for mark in _marks(pattern, found)})
            marks += [(first + start, last + start, group) for first, last, group in inside]
            start += len(value) + 1
            if start >= MAX_HIGHLIGHT_CHARS:
                break
        return marks

    def spans(self, text: str, language: str, field: str = "body") -> list[Span]:
        """The spans that match in a text of that field, in order and without overlaps."""
        return spans_of(self.marks(text, language, field))

    def marks(self, text: str, language: str, field: str = "body", *, but_not: str | None = None) -> list[Mark]:
        """Every match of every leaf that searches `field` (and not `but_not`), by position; they may overlap.

        Only the first MAX_HIGHLIGHT_CHARS characters are searched.
        """
        looking = self._looking_into(field, but_not)
        if not looking.patterns or not text:
            return []
        if len(text) > MAX_HIGHLIGHT_CHARS:
            text = text[:MAX_HIGHLIGHT_CHARS]
        if looking.groups is not None:
            return self._words.marks([text], language, looking.groups)[0]
        found = self._words.occurrences(text, language, looking.reach)
        marks = [mark for pattern in looking.patterns for mark in _marks(pattern, found)]
        return sorted(set(marks))

    def leading_marks(self, text: str, language: str) -> tuple[str, list[Mark]]:
        """The leading part of a body in which to look for the best passages, and the marks in it.

        That is all that `marks` searches, or the first paragraphs if each leaf matches at least ENOUGH times in them.
        """
        groups = self._looking_into("body", None).groups
        if groups is None or not groups.of_words:
            return text[:MAX_HIGHLIGHT_CHARS], self.marks(text, language)
        end, marks = self._words.leading_marks(text, language, groups, _LEADING)
        return text[:end], marks

    def _looking_into(self, field: str, but_not: str | None) -> _Looking:
        looking = self._looking.get((field, but_not))
        if looking is None:
            patterns = [p for p in self._patterns if field in p.fields and but_not not in p.fields]
            alike = (other for other in self._looking.values() if other.patterns == patterns)
            looking = self._looking[field, but_not] = next(alike, None) or self._for_patterns(patterns)
        return looking

    def _alike(self, fields: tuple[str, ...]) -> Sequence[tuple[_Looking, list[str]]]:
        """The fields, those together that are searched by the same patterns."""
        alike = self._together.get(fields)
        if alike is None:
            by_patterns: dict[int, tuple[_Looking, list[str]]] = {}
            for field in fields:
                looking = self._looking_into(field, None)
                by_patterns.setdefault(id(looking), (looking, []))[1].append(field)
            alike = self._together[fields] = tuple(by_patterns.values())
        return alike

    def _for_patterns(self, patterns: list[_Pattern]) -> _Looking:
        reach = max((pattern.reach() for pattern in patterns), default=0)
        if reach:
            words = {word: word for pattern in patterns for word in pattern.words}
            return _Looking(patterns, reach, None, Groups(words, {}, may_repeat=False))
        groups = self._groups(patterns)
        return _Looking(patterns, reach, groups, groups)

    def _groups(self, patterns: Iterable[_Pattern]) -> Groups:
        """Those of patterns of one word each."""
        return Groups(
            {pattern.words[0]: pattern.group for pattern in patterns},
            {pattern.words[0]: pattern.prefix for pattern in patterns if pattern.prefix},
            may_repeat=self._may_repeat,
        )

    def _compiled(self, leaf: Leaf, group: int) -> _Pattern:
        add = self._words.add
        match leaf:
            case MatchTerm(fields, term):
                return _Pattern(group, fields, (self._words.add_term(term),))
            case MatchPhrase(fields, terms, slop):
                return _Pattern(group, fields, tuple(map(self._words.add_term, terms)), slop)
            case MatchPrefix(fields, prefix):
                return _Pattern(
                    group, fields, (add(Choice(partial(_starting, prefix), prefix[:1])),), prefix=len(prefix)
                )
            case MatchWildcard(fields, pattern):
                first = "" if pattern[:1] in "*?" else pattern[0]
                return _Pattern(
                    group, fields, (add(Choice(partial(filter, wildcard_regex(pattern).fullmatch), first)),)
                )
            case MatchFuzzy(fields, word, distance):
                choice = Choice(partial(_resembling, word, distance), word[:1])
                return _Pattern(group, fields, (add(choice),))


def _weights(
    grouped: Iterable[tuple[Leaf, int]], frequencies: Mapping[Leaf, int], articles: int
) -> dict[int, float] | None:
    """The weight of each group by the most frequent of its leaves."""
    found: dict[int, int] = {}
    for leaf, group in grouped:
        if leaf not in frequencies:
            return None
        found[group] = max(found.get(group, 0), frequencies[leaf])
    return {group: inverse_document_frequency(min(count, articles), articles) for group, count in found.items()}


def _starting(prefix: str, surfaces: Iterable[str]) -> list[str]:
    return [surface for surface in surfaces if surface.startswith(prefix)]


def _resembling(word: str, distance: int, surfaces: Iterable[str]) -> list[str]:
    alike = [surface for surface in surfaces if surface[:1] == word[:1]]
    return [surface for surface in alike if edit_distance(surface, word, distance) <= distance]


def _leaves(match: Match) -> Iterator[tuple[Leaf, int]]:
    """The leaves that can make an article match, each with its group; the spellings of one word share a group."""
    for group, part in enumerate(_positive(match)):
        for leaf in _spellings(part):
            yield leaf, group


def _positive(match: Match) -> Iterator[Match]:
    match match:
        case MatchEvery(children) | MatchAny(children):
            for child in children:
                yield from _positive(child)
        case MatchTerm() | MatchPhrase() | MatchPrefix() | MatchWildcard() | MatchFuzzy() | MatchBest():
            yield match
        case _:
            return


def _spellings(match: Match) -> Iterator[Leaf]:
    match match:
        case MatchTerm() | MatchPhrase() | MatchPrefix() | MatchWildcard() | MatchFuzzy():
            yield match
        case MatchBest(children) | MatchEvery(children) | MatchAny(children):
            for child in children:
                yield from _spellings(child)
        case _:
            return


def _marks(pattern: _Pattern, found: Mapping[int, list[Occurrence]]) -> Iterable[Mark]:
    words = [found.get(word, []) for word in pattern.words]
    if not all(words):
        return ()
    if len(words) == 1:
        return _single(pattern, words[0])
    return _ordered(pattern, words) if pattern.slop is None else _near(pattern, words, pattern.slop)


def _single(pattern: _Pattern, places: Iterable[Occurrence]) -> list[Mark]:
    """The matches of a single word. Of an unspaced pair, a prefix marks only its own characters."""
    group, prefix = pattern.group, pattern.prefix
    return [(start, start + prefix if prefix and pair else end, group) for _, start, end, pair in places]


def _ordered(pattern: _Pattern, words: Sequence[list[Occurrence]]) -> Iterator[Mark]:
    """One mark from the first word to the last, wherever all the words are at consecutive positions."""
    ends = [{position: end for position, _, end, _ in word} for word in words[1:]]
    for position, start, *_ in words[0]:
        if all(position + step in places for step, places in enumerate(ends, 1)):
            yield start, ends[-1][position + len(ends)], pattern.group


def _near(pattern: _Pattern, words: Sequence[list[Occurrence]], slop: int) -> set[Mark]:
    """One mark for each word, wherever all the words are at different positions within the width."""
    width = span_width(len(words), slop)
    places = sorted((place[0], word, place) for word, found in enumerate(words) for place in found)
    first = 0
    inside = [0] * len(words)
    marked: set[Mark] = set()
    for index, (position, word, _) in enumerate(places):
        inside[word] += 1
        while places[first][0] <= position - width:
            inside[places[first][1]] -= 1
            first += 1
        if all(inside) and _apart(places[first : index + 1], len(words)):
            marked.update((start, end, pattern.group) for _, _, (_, start, end, _) in places[first : index + 1])
    return marked


def _apart(places: Sequence[tuple[int, int, Occurrence]], words: int) -> bool:
    """Whether each word can have a position of its own."""
    choices: list[list[int]] = [[] for _ in range(words)]
    for position, word, _ in places:
        choices[word].append(position)
    return assignable(choices)
