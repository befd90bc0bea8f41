"""The words of an archive: completions, corrections, numbers of articles, and what patterns stand for.

The cluster knows words by `words`, a field with those of all text fields. What it counts there is an upper bound, which
chooses candidates; the articles that hold them in certain fields are counted in the next trip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from search.batching import in_batches
from search.engines.conventions import WORD_FIELDS
from search.engines.expansion import fits
from search.engines.opensearch.format.articles import sound
from search.engines.opensearch.format.commits import Commit, among
from search.engines.opensearch.queries import regular
from search.engines.opensearch.queries.leaves import holding
from search.engines.opensearch.reading.frequent import MAX_BUCKETS, Listed, listed_values, most_frequent_values
from search.engines.opensearch.reading.similar import (
    MAX_NEAR,
    WORDS,
    bounds_of,
    listing,
    same_beginning,
    similar_words,
)
from search.engines.opensearch.transport.connection import Connection
from search.query.limits import MAX_EXPANSIONS
from search.query.match import Leaf, MatchFuzzy, MatchPrefix, MatchWildcard
from search.query.patterns import edit_distance
from search.schema import TEXT_FIELDS

MAX_COUNTED: Final = 4_096
"""Words of a pattern whose articles are counted in certain fields, which takes about half a millisecond each. Of a
pattern that fits more words, those in most articles are counted, whichever the fields."""

_COUNTED_AT_ONCE: Final = 500
"""Words of one search: each is a filter of its own, which the cluster holds as a set."""

_SPARE: Final = 8
"""Candidates that are counted beyond those that are wanted, so that another trip is rare."""

_MORE: Final = 8
"""How many times as many candidates are asked for if those of the last question do not settle the order."""

_MANY: Final = 1 << 62
"""The bound of a word that has none."""


Pattern = MatchPrefix | MatchWildcard | MatchFuzzy


@dataclass(frozen=True, slots=True)
class Expansion:
    """The words that a pattern stands for, and whether it fits more than the MAX_EXPANSIONS most frequent ones.

    There may be words among them that no article of the commit holds in the fields of the pattern.
    """

    words: tuple[str, ...]
    cut: bool


def terms(connection: Connection, commit: Commit, prefix: str, limit: int) -> list[tuple[str, int]]:
    """See `search.engines.protocols.Searcher.terms`."""
    if limit <= 0:
        return []
    counter = _Counter(connection, commit, WORD_FIELDS)
    include = regular.beginning_with(prefix) if prefix else None
    beginning = {"prefix": {WORDS: sound(prefix)}} if prefix else None
    size = 2 * limit + _SPARE
    while True:
        size = min(size, MAX_BUCKETS)
        listed = listed_values(connection, commit, WORDS, size, include, beginning)
        found = counter.most_frequent({word: count + listed.error for word, count in listed.counts}, limit)
        if size == MAX_BUCKETS or _is_settled(listed, found, limit):
            return found
        size *= _MORE


def _is_settled(listed: Listed, found: Sequence[tuple[str, int]], limit: int) -> bool:
    """Whether no word that is not listed can be among those found."""
    if not listed.beyond or len(found) < limit:
        return not listed.beyond
    word, count = found[-1]
    if listed.beyond == count and not listed.error:  # those with equal bounds are listed by word
        return listed.counts[-1][0] >= word
    return listed.beyond < count


def similar_terms(
    connection: Connection, commit: Commit, word: str, distance: int, limit: int, least: int = 1
) -> list[tuple[str, int]]:
    """See `search.engines.protocols.Searcher.similar_terms`; `distance` is at most `query.limits.MAX_DISTANCE`."""
    if limit <= 0 or distance <= 0:
        return []
    by_distance: dict[int, dict[str, int]] = {}
    for other, bound in similar_words(connection, commit, word, distance).items():
        if bound is None or bound >= least:
            edits = edit_distance(word, other, distance)
            by_distance.setdefault(edits, {})[other] = _MANY if bound is None else bound
    counter = _Counter(connection, commit, WORD_FIELDS)
    counter.count(_likely(by_distance, limit))
    found: list[tuple[str, int]] = []
    for _, bounds in sorted(by_distance.items()):
        best = counter.most_frequent(bounds, limit - len(found))
        found += [(other, count) for other, count in best if count >= least]
        if len(found) >= limit:
            break
    return found


def _likely(by_distance: Mapping[int, Mapping[str, int]], limit: int) -> list[str]:
    """The words to count first, so that one trip is enough as a rule: of each distance those without a bound, and the
    most frequent of the others."""
    likely: list[str] = []
    for _, bounds in sorted(by_distance.items()):
        ranked = sorted(bounds, key=lambda word: (-bounds[word], word))
        unknown = sum(bound == _MANY for bound in bounds.values())
        likely += ranked[: min(unknown, MAX_COUNTED) + limit + _SPARE]
    return likely


def document_frequencies(connection: Connection, commit: Commit, words: Sequence[str]) -> list[int]:
    """See `search.engines.protocols.Searcher.document_frequencies`."""
    counter = _Counter(connection, commit, WORD_FIELDS)
    counter.count(words)
    return [counter.counts[word] for word in words]


def expansions(connection: Connection, commit: Commit, leaves: Sequence[Leaf]) -> list[Expansion]:
    """The words that each pattern stands for; none for terms and phrases.

    One trip, and others only for patterns that fit more than MAX_EXPANSIONS words of the archive.
    """
    patterns = [leaf for leaf in dict.fromkeys(leaves) if isinstance(leaf, MatchPrefix | MatchWildcard | MatchFuzzy)]
    answers = connection.search_many([(commit.index, _question(leaf)) for leaf in patterns])
    found: dict[Leaf, Expansion] = {}
    for leaf, answer in zip(patterns, answers, strict=True):
        matches = fits(leaf)
        words = {word: bound for word, bound in bounds_of(answer).items() if matches(word)}
        if len(words) > MAX_EXPANSIONS:
            found[leaf] = _most_frequent_of(connection, commit, leaf, words)
        else:
            found[leaf] = Expansion(tuple(words), False)
    return [found.get(leaf, Expansion((), False)) for leaf in leaves]


def _question(leaf: Pattern) -> dict[str, Any]:
    """The search for the words of a pattern; of too many it is enough to see that they are."""
    if isinstance(leaf, MatchFuzzy):
        return same_beginning(leaf.word, leaf.distance, MAX_NEAR)
    include, is_exact = _expression(leaf)
    return listing([include], MAX_EXPANSIONS + 1 if is_exact else MAX_BUCKETS)


def _expression(leaf: MatchPrefix | MatchWildcard) -> tuple[str, bool]:
    """A regular expression for the words of a pattern, and whether it matches no others."""
    if isinstance(leaf, MatchPrefix):
        return regular.beginning_with(leaf.prefix), True
    return regular.wildcard(leaf.pattern)


def _most_frequent_of(
    connection: Connection, commit: Commit, leaf: Pattern, words: Mapping[str, int | None]
) -> Expansion:
    """The MAX_EXPANSIONS words of a pattern that most articles hold in its fields."""
    everywhere = frozenset(leaf.fields) == TEXT_FIELDS.keys()
    if everywhere and not isinstance(leaf, MatchFuzzy) and _expression(leaf)[1]:
        listed = most_frequent_values(connection, commit, WORDS, MAX_EXPANSIONS, _expression(leaf)[0])
        return Expansion(tuple([word for word, _ in listed.counts]), listed.beyond > 0)
    if isinstance(leaf, MatchFuzzy):
        bounds, more = {word: _MANY if bound is None else bound for word, bound in words.items()}, False
    else:
        bounds, more = _bounds(connection, commit, leaf)
    ranked = sorted(bounds, key=lambda word: (-bounds[word], word))[:MAX_COUNTED]
    counter = _Counter(connection, commit, leaf.fields)
    counter.count(ranked)
    best = counter.most_frequent({word: bounds[word] for word in ranked}, MAX_EXPANSIONS)
    held = sum(counter.counts[word] > 0 for word in ranked)
    return Expansion(tuple([word for word, _ in best]), more or len(bounds) > len(ranked) or held > len(best))


def _bounds(connection: Connection, commit: Commit, leaf: MatchPrefix | MatchWildcard) -> tuple[dict[str, int], bool]:
    """Words of a pattern with bounds of their numbers of articles, and whether there are more."""
    include, is_exact = _expression(leaf)
    listed = listed_values(connection, commit, WORDS, MAX_COUNTED if is_exact else MAX_BUCKETS, include)
    matches = fits(leaf)
    return {word: count + listed.error for word, count in listed.counts if matches(word)}, listed.beyond > 0


class _Counter:
    """Counts the articles of a commit that hold words in any of some text fields, and remembers what it counted."""

    def __init__(self, connection: Connection, commit: Commit, fields: Sequence[str]) -> None:
        self.counts: dict[str, int] = {}
        self._connection = connection
        self._commit = commit
        self._fields = fields

    def count(self, words: Iterable[str]) -> None:
        """Counts those that have not been counted, in one trip."""
        new = [word for word in dict.fromkeys(words) if word not in self.counts]
        self.counts |= {word: 0 for word in new if not _is_word(word)}
        new = [word for word in new if word not in self.counts]
        pages = list(in_batches(new, _COUNTED_AT_ONCE))
        if not pages:
            return
        answers = self._connection.search_many([(self._commit.index, self._body(page)) for page in pages])
        for page, answer in zip(pages, answers, strict=True):
            buckets = answer["aggregations"]["words"]["buckets"]
            self.counts |= {word: int(bucket["doc_count"]) for word, bucket in zip(page, buckets, strict=True)}

    def most_frequent(self, bounds: Mapping[str, int], limit: int) -> list[tuple[str, int]]:
        """The `limit` words with the highest counts, as `search.engines.expansion.most_frequent` gives them, but many
        counted at a time."""
        ranked = sorted(bounds, key=lambda word: (-bounds[word], word))
        best: list[tuple[str, int]] = []
        at = 0
        while limit > 0 and at < len(ranked) and (len(best) < limit or bounds[ranked[at]] >= best[-1][1]):
            page = ranked[at : at + max(limit + _SPARE, at)]
            self.count(page)
            at += len(page)
            best += [(word, count) for word in page if (count := self.counts[word])]
            best = sorted(best, key=lambda pair: (-pair[1], pair[0]))[:limit]
        return best

    def _body(self, words: Sequence[str]) -> dict[str, Any]:
        any_of_them = {"terms": {WORDS: list(words)}}
        filters = [holding([word], self._fields) for word in words]
        return {
            "size": 0,
            "track_total_hits": False,
            "query": among(self._commit, any_of_them),
            "aggs": {"words": {"filters": {"filters": filters}}},
        }


def _is_word(word: str) -> bool:
    """Whether a surface may look like that; the index has other entries, for stems and spellings."""
    return bool(word) and word[0] not in "!=" and not set(word) & set(":|\n") and sound(word) == word
