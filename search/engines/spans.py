"""Where the terms of a phrase occur together. All engines use these functions, so that they cannot differ."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

from search.analysis.tokens import VALUE_GAP

MAX_SPAN: Final = VALUE_GAP
"""The most positions that a near phrase may span: the gap between two values of a field, so that no phrase, however
wide, reaches from one value into the next."""

Positions = Mapping[int, float]
"""The positions of one term in one field, each with its weight: 1 for the exact spelling, STEM_WEIGHT for another
form."""


def span_width(terms: int, slop: int) -> int:
    """How many positions a near phrase of this many terms may span."""
    return min(terms + slop, MAX_SPAN)


def ordered(terms: Sequence[Positions]) -> dict[int, float]:
    """The positions at which the terms begin to follow each other, each with the lowest weight of its terms."""
    found: dict[int, float] = {}
    for start in terms[0] if terms else ():
        weights = [own.get(start + step) for step, own in enumerate(terms)]
        if None not in weights:
            found[start] = min(weight for weight in weights if weight is not None)
    return found


def near(terms: Sequence[Positions], width: int) -> dict[int, float]:
    """The starts of the minimal spans, at most `width` positions wide, that have all terms at different positions.

    A span is minimal if no other span with all terms lies within it.
    Its weight is the lowest, over the terms, of the best weight that each term has within the span.
    """
    if not terms or not all(terms):
        return {}
    lists = [sorted(own) for own in terms]
    positions = sorted(set().union(*lists))
    distinct = len(positions) == sum(map(len, lists))
    found: dict[int, float] = {}
    end = 0
    for index, start in enumerate(positions):
        end = max(end, index)
        limit = bisect_left(positions, start + width)
        while end < limit and not _has_all(lists, start, positions[end], distinct):
            end += 1
        if end >= limit:
            continue
        following = positions[index + 1] if index + 1 < len(positions) else positions[end] + 1
        if not _has_all(lists, following, positions[end], distinct):
            found[start] = min(_best_weight(own, start, positions[end]) for own in terms)
    return found


def _has_all(lists: Sequence[list[int]], start: int, end: int, distinct: bool) -> bool:
    """Whether every term has a position of its own from start to end; `distinct`: no two terms share any position."""
    choices = [own[bisect_left(own, start) : bisect_right(own, end)] for own in lists]
    return all(choices) and (distinct or assignable(choices))


def assignable(choices: Sequence[Sequence[int]]) -> bool:
    """Whether each term can have a position of its own, out of its `choices`: bipartite matching by augmenting
    paths."""
    taken: dict[int, int] = {}

    def assign(term: int, seen: set[int]) -> bool:
        for position in choices[term]:
            if position in seen:
                continue
            seen.add(position)
            if position not in taken or assign(taken[position], seen):
                taken[position] = term
                return True
        return False

    return all(assign(term, set()) for term in range(len(choices)))


def _best_weight(term: Positions, start: int, end: int) -> float:
    return max(term[position] for position in range(start, end + 1) if position in term)
