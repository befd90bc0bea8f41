"""What spellings other than the typed one weigh, which a pattern matches, and what to do when they are too many: the
same in every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from search.analysis import is_derived
from search.query.match import Leaf, MatchFuzzy, MatchPhrase, MatchPrefix, MatchTerm
from search.query.patterns import edit_distance, wildcard_regex
from search.ranking import DERIVED_WEIGHT, STEM_WEIGHT


def form_weights(typed: str, forms: Iterable[str], stem: str, language: str) -> list[float]:
    """The weight of an occurrence of each form that shares its stem with the word that was typed; all are folded.

    For single words. In a phrase the words beside it tell what is meant, and every form counts STEM_WEIGHT.
    """
    derived = is_derived(typed, stem, language)
    return [STEM_WEIGHT if is_derived(form, stem, language) == derived else DERIVED_WEIGHT for form in forms]


def fits(leaf: Leaf) -> Callable[[str], bool]:
    """A test whether a word matches the pattern of a leaf. Terms and phrases have no pattern and match none."""
    if isinstance(leaf, MatchTerm | MatchPhrase):
        return lambda _: False
    if isinstance(leaf, MatchPrefix):
        return lambda word: word.startswith(leaf.prefix)
    if isinstance(leaf, MatchFuzzy):
        return lambda word: word[:1] == leaf.word[:1] and edit_distance(word, leaf.word, leaf.distance) <= leaf.distance
    regex = wildcard_regex(leaf.pattern)
    return lambda word: regex.fullmatch(word) is not None


def expansion_weight(leaf: Leaf, word: str) -> float:
    """The weight of an occurrence of a word that a pattern matches: less than 1 only for a misspelling."""
    return STEM_WEIGHT if isinstance(leaf, MatchFuzzy) and word != leaf.word else 1.0


def most_frequent(bounds: Iterable[tuple[str, int]], exact: Callable[[str], int], limit: int) -> list[tuple[str, int]]:
    """The `limit` words with the highest exact counts, by descending count, then word; words with count 0 are left out.

    `bounds` gives each word with an upper bound of its count. Exact counts are computed only until no further word can
    be among the highest.
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
