"""Where the words of a phrase occur together. Engines share these functions, so they cannot count differently."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

MAX_SPAN: Final = 100
"""The most positions that a near phrase may span. It is also the gap between two values of a field, so no phrase
reaches from one value into the next."""

Positions = Mapping[int, float]
"""The positions of one word in one field, with their weights: 1 for the exact spelling, STEM_WEIGHT for other forms."""


def span_width(terms: int, slop: int) -> int:
    """The number of positions that a near phrase with that many terms may span."""
    return min(terms + slop, MAX_SPAN)


def ordered(words: Sequence[Positions]) -> dict[int, float]:
    """The positions at which the words follow each other, each with the least of their weights."""
    found: dict[int, float] = {}
    for start in words[0] if words else ():
        weights = [positions.get(start + step) for step, positions in enumerate(words)]
        if None not in weights:
            found[start] = min(weight for weight in weights if weight is not None)
    return found


def near(words: Sequence[Positions], width: int) -> dict[int, float]:
    """The starts of the minimal spans that hold all words at different positions, in at most `width` positions.

    A span is minimal if it contains no other span that holds all words.
    Its weight is that of its weakest word, for which the word's best weight within the span counts.
    """
    if not words or not all(words):
        return {}
    lists = [sorted(word) for word in words]
    positions = sorted(set().union(*lists))
    distinct = len(positions) == sum(map(len, lists))
    found: dict[int, float] = {}
    end = 0
    for index, start in enumerate(positions):
        end = max(end, index)
        limit = bisect_left(positions, start + width)
        while end < limit and not _holds(lists, start, positions[end], distinct):
            end += 1
        if end >= limit:
            continue
        following = positions[index + 1] if index + 1 < len(positions) else positions[end] + 1
        if not _holds(lists, following, positions[end], distinct):
            found[start] = min(_best_weight(word, start, positions[end]) for word in words)
    return found


def _holds(lists: Sequence[list[int]], start: int, end: int, distinct: bool) -> bool:
    """Whether every word has a position of its own from start to end. `distinct`: no two words share any position."""
    choices = [word[bisect_left(word, start) : bisect_right(word, end)] for word in lists]
    return all(choices) and (distinct or _assignable(choices))


def _assignable(choices: Sequence[Sequence[int]]) -> bool:
    """Whether each word can get a position of its own: bipartite matching by augmenting paths."""
    taken: dict[int, int] = {}

    def assign(word: int, seen: set[int]) -> bool:
        for position in choices[word]:
            if position in seen:
                continue
            seen.add(position)
            if position not in taken or assign(taken[position], seen):
                taken[position] = word
                return True
        return False

    return all(assign(word, set()) for word in range(len(choices)))


def _best_weight(word: Positions, start: int, end: int) -> float:
    return max(word[position] for position in range(start, end + 1) if position in word)
