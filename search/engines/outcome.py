"""A query tree over one article: whether it matches, its score, and the leaves that contribute to it.

The memory engine decides every article this way; other engines only explain their hits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from search.engines.results import LeafScore
from search.query.match import (
    Leaf,
    Match,
    MatchAll,
    MatchAny,
    MatchBest,
    MatchDates,
    MatchEvery,
    MatchKeyword,
    MatchNone,
    MatchNot,
)
from search.ranking import SCORE_DIGITS

Outcome = tuple[float, tuple[LeafScore, ...]]
"""The score of a match, and the leaves that contribute to it."""


def outcome(
    query: Match,
    leaf_score: Callable[[Leaf], LeafScore | None],
    holds: Callable[[MatchKeyword | MatchDates], bool],
) -> Outcome | None:
    """The outcome of a query for one article, None if it does not match. `leaf_score` and `holds` answer for the
    article."""
    match query:
        case MatchAll():
            return 0.0, ()
        case MatchNone():
            return None
        case MatchKeyword() | MatchDates():
            return (0.0, ()) if holds(query) else None
        case MatchNot(child):
            return (0.0, ()) if outcome(child, leaf_score, holds) is None else None
        case MatchEvery(children) | MatchAny(children) | MatchBest(children):
            return _combine(query, [outcome(child, leaf_score, holds) for child in children])
        case _:
            score = leaf_score(query)
            return None if score is None else (score.score, (score,))


def _combine(query: MatchEvery | MatchAny | MatchBest, outcomes: Sequence[Outcome | None]) -> Outcome | None:
    present = [found for found in outcomes if found is not None]
    if isinstance(query, MatchEvery) and len(present) < len(outcomes):
        return None
    if not isinstance(query, MatchEvery) and len(present) < (query.least if isinstance(query, MatchAny) else 1):
        return None
    if isinstance(query, MatchBest):
        return max(present, key=lambda found: round(found[0], SCORE_DIGITS))
    return sum(score for score, _ in present), tuple(leaf for _, leaves in present for leaf in leaves)


def leaves(match: Match) -> Iterator[Leaf]:
    """Every leaf of a tree, from left to right."""
    match match:
        case MatchEvery() | MatchAny() | MatchBest():
            for child in match.children:
                yield from leaves(child)
        case MatchNot():
            yield from leaves(match.child)
        case MatchAll() | MatchNone() | MatchKeyword() | MatchDates():
            return
        case _:
            yield match


def conditions(match: Match) -> Iterator[MatchKeyword | MatchDates]:
    """Every condition of a tree, from left to right."""
    match match:
        case MatchEvery() | MatchAny() | MatchBest():
            for child in match.children:
                yield from conditions(child)
        case MatchNot():
            yield from conditions(match.child)
        case MatchKeyword() | MatchDates():
            yield match
        case _:
            return
