"""Where the words of a phrase stand together; every engine counts with these functions, so that they cannot differ."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

MAX_SPAN: Final = 100
"""The most positions a near phrase may span. It is also the gap between two values of a field, so that no phrase,
however wide, reaches from one value into the next."""

Places = Mapping[int, float]
"""Positions of one word in one field, each with its weight: 1 for the exact spelling, STEM_WEIGHT for another form."""


def span_width(terms: int, slop: int) -> int:
    """How many positions a near phrase of so many terms may span."""
    return min(terms + slop, MAX_SPAN)


def ordered(words: Sequence[Places]) -> dict[int, float]:
    """Starts at which the words follow each other, each with the least weight of its words."""
    found: dict[int, float] = {}
    for start in words[0] if words else ():
        weights = [places.get(start + step) for step, places in enumerate(words)]
        if None not in weights:
            found[start] = min(weight for weight in weights if weight is not None)
    return found


def near(words: Sequence[Places], width: int) -> dict[int, float]:
    """Starts of the minimal spans, at most `width` positions wide, that hold all words at different positions.

    A span is minimal if no other that holds all words lies within it.
    Its weight is the least, over the words, of the best weight that the word has within the span.
    """
    if not words or not all(words):
        return {}
    lists = [sorted(places) for places in words]
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
            found[start] = min(_best_weight(places, start, positions[end]) for places in words)
    return found


def _holds(lists: Sequence[list[int]], start: int, end: int, distinct: bool) -> bool:
    """Whether every word has a position of its own from start to end; `distinct`: no two words share any position."""
    choices = [places[bisect_left(places, start) : bisect_right(places, end)] for places in lists]
    return all(choices) and (distinct or _assignable(choices))


def _assignable(choices: Sequence[Sequence[int]]) -> bool:
    """Whether each word can get a position of its own: bipartite matching by augmenting paths."""
    taken: dict[int, int] = {}

    def place(word: int, seen: set[int]) -> bool:
        for position in choices[word]:
            if position in seen:
                continue
            seen.add(position)
            if position not in taken or place(taken[position], seen):
                taken[position] = word
                return True
        return False

    return all(place(word, set()) for word in range(len(choices)))


def _best_weight(places: Places, start: int, end: int) -> float:
    return max(places[position] for position in range(start, end + 1) if position in places)
