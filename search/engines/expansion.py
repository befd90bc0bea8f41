"""Which words a pattern expands to, and which are kept if there are too many: the same for every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from search.query.match import Leaf, MatchFuzzy, MatchPhrase, MatchPrefix, MatchTerm
from search.query.patterns import edit_distance, wildcard_regex
from search.ranking import STEM_WEIGHT


def fits(leaf: Leaf) -> Callable[[str], bool]:
    """The test whether a word fits the pattern of a leaf. Terms and phrases have no pattern, so no word fits."""
    if isinstance(leaf, MatchTerm | MatchPhrase):
        return lambda _: False
    if isinstance(leaf, MatchPrefix):
        return lambda word: word.startswith(leaf.prefix)
    if isinstance(leaf, MatchFuzzy):
        return lambda word: word[:1] == leaf.word[:1] and edit_distance(word, leaf.word, leaf.distance) <= leaf.distance
    regex = wildcard_regex(leaf.pattern)
    return lambda word: regex.fullmatch(word) is not None


def expansion_weight(leaf: Leaf, word: str) -> float:
    """How much an occurrence of a fitting word counts: less than 1 only for another spelling of a fuzzy word."""
    return STEM_WEIGHT if isinstance(leaf, MatchFuzzy) and word != leaf.word else 1.0


def most_frequent(bounds: Iterable[tuple[str, int]], exact: Callable[[str], int], limit: int) -> list[tuple[str, int]]:
    """The `limit` words with the highest exact counts, by falling count, then word. Words that count 0 are left out.

    `bounds` gives each word with an upper bound of its count. Exact counts are asked for only until no further word
    can be among the first.
    """
    best: list[tuple[int, str]] = []
    if limit <= 0:
        return []
    for word, bound in sorted(bounds, key=lambda pair: (-pair[1], pair[0])):
        if len(best) >= limit and bound < -best[limit - 1][0]:
            break
        if count := exact(word):
            best.append((-count, word))
            best.sort()
    return [(word, -count) for count, word in islice(best, limit)]
