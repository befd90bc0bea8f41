"""Matches and scores one article at a time: slow and short, and every other engine has to agree with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from search.analysis import Token, analyze_values, primary_language
from search.dates import within
from search.document import Document
from search.engines import spans
from search.engines.conventions import Deadline, keyword_values, leaf_text
from search.engines.expansion import expansion_weight, fits, form_weights, most_frequent
from search.engines.outcome import Outcome, leaves, outcome
from search.engines.plan import DateFilter, Filter, PeriodFilter
from search.engines.results import Cut, FieldPart, LeafScore, MatchedLeaves
from search.periods import first_day, last_day
from search.query.limits import MAX_EXPANSIONS
from search.query.match import (
    Leaf,
    Match,
    MatchDates,
    MatchKeyword,
    MatchPhrase,
    MatchTerm,
    Term,
)
from search.ranking import (
    SCORE_DIGITS,
    STEM_WEIGHT,
    inverse_document_frequency,
    normalised_frequency,
    saturation,
    untitled_factor,
)
from search.schema import DATE_FIELDS, KEYWORD_FIELDS, MISSING, TEXT_FIELDS


@dataclass(frozen=True, slots=True)
class Words:
    """One field of one article: the positions of every surface, and of the surfaces of every stem. `length` is in
    tokens, without compounds."""

    surfaces: Mapping[str, set[int]]
    stems: Mapping[str, Mapping[str, set[int]]]
    length: int


@dataclass(frozen=True, slots=True)
class Indexed:
    """One article as the memory engine holds it. `language` is the primary subtag."""

    document: Document
    content_hash: str
    language: str
    words: Mapping[str, Words]
    keywords: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, document: Document) -> Indexed:
        words = {
            name: _words(analyze_values(field.values(document), document.language))
            for name, field in TEXT_FIELDS.items()
        }
        keywords = {name: keyword_values(document, name) for name in KEYWORD_FIELDS}
        return cls(document, document.content_hash(), primary_language(document.language), words, keywords)


def _words(values: Sequence[Sequence[Token]]) -> Words:
    surfaces: dict[str, set[int]] = {}
    stems: dict[str, dict[str, set[int]]] = {}
    length = 0
    for token in (token for value in values for token in value):
        surfaces.setdefault(token.surface, set()).add(token.position)
        stems.setdefault(token.stem, {}).setdefault(token.surface, set()).add(token.position)
        length += not token.compound
    return Words(surfaces, stems, length)


def term_positions(term: Term, words: Words, language: str) -> dict[int, float]:
    """The positions of a term, each with its weight: that of the nearest form there."""
    positions = dict.fromkeys(words.surfaces.get(term.surface, ()), 1.0)
    for stem_language, stem in term.stems:
        if stem_language == language:
            forms = words.stems.get(stem, {})
            weights = form_weights(term.surface, forms, stem, language)
            for places, weight in zip(forms.values(), weights, strict=True):
                for position in places:
                    positions[position] = max(weight, positions.get(position, 0.0))
    return positions


def phrase_positions(term: Term, words: Words, language: str) -> dict[int, float]:
    """The positions of a term of a phrase: the exact spelling counts 1, any other form STEM_WEIGHT."""
    positions = term_positions(term, words, language)
    return {position: weight if weight == 1.0 else STEM_WEIGHT for position, weight in positions.items()}


def leaf_positions(leaf: Leaf, expansion: Mapping[str, float], words: Words, language: str) -> dict[int, float]:
    """The positions of a leaf in one field, each with its weight. `expansion` has the words of a pattern, weighted."""
    if isinstance(leaf, MatchTerm):
        return term_positions(leaf.term, words, language)
    if isinstance(leaf, MatchPhrase):
        parts = [phrase_positions(term, words, language) for term in leaf.terms]
        return spans.ordered(parts) if leaf.slop is None else spans.near(parts, spans.span_width(len(parts), leaf.slop))
    positions: dict[int, float] = {}
    for word in words.surfaces.keys() & expansion.keys():
        for position in words.surfaces[word]:
            positions[position] = max(expansion[word], positions.get(position, 0.0))
    return positions


def expand(leaf: Leaf, articles: Sequence[Indexed]) -> tuple[dict[str, float], bool]:
    """The words that fit the leaf in its fields, with their weights, and whether some of them were cut."""
    counts: dict[str, int] = {}
    matches = fits(leaf)
    for article in articles:
        for word in set().union(*(article.words[field].surfaces for field in leaf.fields)):
            if word in counts or matches(word):
                counts[word] = counts.get(word, 0) + 1
    kept = most_frequent(counts.items(), counts.__getitem__, MAX_EXPANSIONS)
    return {word: expansion_weight(leaf, word) for word, _ in kept}, len(counts) > len(kept)


class Scorer:
    """Scores articles for one query. Its leaves are scored for all articles first, since they need their idf."""

    def __init__(self, query: Match, articles: Sequence[Indexed], zone: ZoneInfo, deadline: Deadline) -> None:
        self.cut: tuple[Cut, ...] = ()
        self._zone = zone
        self._scores: dict[Leaf, dict[str, LeafScore]] = {}
        averages = average_lengths(articles)
        for leaf in dict.fromkeys(leaves(query)):
            if deadline.passed():
                break
            self._scores[leaf] = self._score_leaf(leaf, articles, averages)

    def _score_leaf(
        self, leaf: Leaf, articles: Sequence[Indexed], averages: Mapping[str, float]
    ) -> dict[str, LeafScore]:
        expansion: dict[str, float] = {}
        if not isinstance(leaf, MatchTerm | MatchPhrase):
            expansion, more = expand(leaf, articles)
            self.cut += (Cut(leaf, MAX_EXPANSIONS),) if more else ()
        parts = {article.document.id: _parts(leaf, expansion, article, averages) for article in articles}
        matching = {name: found for name, found in parts.items() if found}
        idf = inverse_document_frequency(len(matching), len(articles))
        return {name: _leaf_score(leaf, found, len(matching), idf) for name, found in matching.items()}

    def frequencies(self, query: Match) -> tuple[int, ...]:
        """How many articles each leaf of the query matches."""
        return tuple(len(self._scores.get(leaf, ())) for leaf in leaves(query))

    def outcome(self, query: Match, article: Indexed) -> Outcome | None:
        """The outcome of the query for one article; None if it does not match."""
        return outcome(
            query,
            lambda leaf: self._scores.get(leaf, {}).get(article.document.id),
            lambda condition: _holds(condition, article, self._zone),
        )

    def matched(self, query: Match, article: Indexed) -> MatchedLeaves:
        """The query's leaves that the article matches, in the order of `leaves`, and how often it has each."""
        name = article.document.id
        scored = [(at, self._scores.get(leaf, {}).get(name)) for at, leaf in enumerate(leaves(query))]
        found = {at: sum(part.frequency for part in score.parts) for at, score in scored if score}
        frequencies = tuple(round(frequency, SCORE_DIGITS) for frequency in found.values())
        return MatchedLeaves(tuple(found), frequencies, sum(words.length for words in article.words.values()))


def _holds(condition: MatchKeyword | MatchDates, article: Indexed, zone: ZoneInfo) -> bool:
    if isinstance(condition, MatchKeyword):
        return not article.keywords[condition.field].isdisjoint(condition.values)
    return within(DATE_FIELDS[condition.field].value(article.document), condition.start, condition.end, zone)


def _parts(
    leaf: Leaf, expansion: Mapping[str, float], article: Indexed, averages: Mapping[str, float]
) -> tuple[FieldPart, ...]:
    found = []
    for field in leaf.fields:
        words = article.words[field]
        if positions := leaf_positions(leaf, expansion, words, article.language):
            frequency = sum(positions.values())
            title = article.words["title"].length
            weight = normalised_frequency(field, frequency, words.length, averages[field], title)
            factor = untitled_factor(field, title, averages[field])
            found.append(FieldPart(field, frequency, words.length, weight, factor))
    return tuple(found)


def _leaf_score(leaf: Leaf, parts: tuple[FieldPart, ...], articles: int, idf: float) -> LeafScore:
    saturated = saturation(sum(part.weight for part in parts))
    return LeafScore(leaf_text(leaf), leaf.boost * idf * saturated, articles, idf, saturated, leaf.boost, parts)


def average_lengths(articles: Sequence[Indexed]) -> dict[str, float]:
    """The mean length of each text field over the articles that have it; 0 if none has."""
    averages = {}
    for field in TEXT_FIELDS:
        lengths = [length for article in articles if (length := article.words[field].length)]
        averages[field] = sum(lengths) / len(lengths) if lengths else 0.0
    return averages


def passes(filter: Filter, article: Indexed, zone: ZoneInfo) -> bool:
    """Whether a filter keeps an article."""
    if isinstance(filter, DateFilter):
        return within(DATE_FIELDS[filter.field].value(article.document), filter.start, filter.end, zone)
    if isinstance(filter, PeriodFilter):
        moment = DATE_FIELDS[filter.field].value(article.document)
        return any(within(moment, first_day(period), last_day(period), zone) for period in filter.include)
    values = article.keywords[filter.field] or {MISSING}
    included = values.issuperset(filter.include) if filter.every else not values.isdisjoint(filter.include)
    return (not filter.include or included) and values.isdisjoint(filter.exclude)
