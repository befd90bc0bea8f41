"""A query tree over one segment: a mask of the articles that match, and the score of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.document import Moment
from search.engines.base import DateFilter, Filter, Recency
from search.engines.dates import DAY_SECONDS, epoch, is_floating
from search.engines.whoosh.days import UNDATED
from search.engines.whoosh.leaves import LeafMatches
from search.engines.whoosh.segments import Mask, Segment
from search.engines.whoosh.snapshot import LiveSegment
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
from search.ranking import RECENCY_FLOOR, SCORE_DIGITS, recency_factor
from search.schema import DATE_FIELDS, MISSING

DATE_ORDINALS = {name: ordinal for ordinal, name in enumerate(DATE_FIELDS)}

Floats = NDArray[np.float64]
Matched = tuple[Mask, Floats]
"""Which articles match, and the scores of all (0 where they do not match)."""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """One segment of one search. `number` is the segment's place in the snapshot; `leaf` gives what was read of one."""

    part: LiveSegment
    number: int
    time_zone: str
    leaf: Callable[[Leaf], LeafMatches]

    def matched(self, query: Match) -> Matched:
        """What a query matches among the articles that are not deleted."""
        match query:
            case MatchAll():
                return self._scoreless(self.part.live)
            case MatchNone():
                return self._scoreless(np.zeros(self.part.segment.size, np.bool_))
            case MatchKeyword() | MatchDates():
                return self._scoreless(self.holds(query) & self.part.live)
            case MatchNot(child):
                return self._scoreless(~self.matched(child)[0] & self.part.live)
            case MatchEvery(children):
                return self._every(children)
            case MatchAny(children):
                return self._any(children, np.add)
            case MatchBest(children):
                return self._any(children, np.maximum)
            case _:
                return self._leaf(query)

    def _scoreless(self, mask: Mask) -> Matched:
        return mask, np.zeros(len(mask))

    def _every(self, children: Sequence[Match]) -> Matched:
        mask, scores = self._scoreless(self.part.live)
        for child in children:
            own_mask, own_scores = self.matched(child)
            mask, scores = mask & own_mask, scores + own_scores
        return mask, np.where(mask, scores, 0.0)

    def _any(self, children: Sequence[Match], combine: Callable[[Floats, Floats], Floats]) -> Matched:
        mask, scores = self._scoreless(np.zeros(self.part.segment.size, np.bool_))
        for child in children:
            own_mask, own_scores = self.matched(child)
            mask, scores = mask | own_mask, combine(scores, own_scores)
        return mask, scores

    def _leaf(self, leaf: Leaf) -> Matched:
        known = self.leaf(leaf)
        matches = known.segments[self.number]
        mask, scores = self._scoreless(np.zeros(self.part.segment.size, np.bool_))
        mask[matches.docs] = True
        scores[matches.docs] = leaf.boost * known.idf * matches.saturated
        return mask, scores

    def holds(self, condition: MatchKeyword | MatchDates) -> Mask:
        """Which articles, deleted ones included, a condition holds for."""
        segment = self.part.segment
        if isinstance(condition, MatchKeyword):
            return segment.keywords(condition.field).articles(frozenset(condition.values), segment.size)
        return self._within(condition.field, condition.start, condition.end)

    def passes(self, filter: Filter) -> Mask:
        """Which articles, deleted ones included, a filter keeps."""
        if isinstance(filter, DateFilter):
            return self._within(filter.field, filter.start, filter.end)
        mask = np.ones(self.part.segment.size, np.bool_)
        if filter.include:
            mask &= self._holding(filter.field, filter.include)
        if filter.exclude:
            mask &= ~self._holding(filter.field, filter.exclude)
        return mask

    def _holding(self, field: str, values: Sequence[str]) -> Mask:
        segment = self.part.segment
        column = segment.keywords(field)
        mask = column.articles(frozenset(values), segment.size)
        if MISSING in values:
            mask |= column.missing(segment.size)
        return mask

    def _within(self, field: str, start: Moment | None, end: Moment | None) -> Mask:
        ordinal = DATE_ORDINALS[field]
        mask: Mask = self.part.segment.days(ordinal, "UTC") != UNDATED
        if start is not None:
            mask &= self._distance(ordinal, start) >= 0
        if end is not None:
            mask &= self._distance(ordinal, end) <= 0
        return mask

    def _distance(self, ordinal: int, bound: Moment) -> NDArray[np.int64] | Floats:
        """How far behind a bound each article is dated: in local days from a day, in seconds from an instant."""
        if is_floating(bound):
            return np.subtract(self.part.segment.days(ordinal, self.time_zone), bound.toordinal())
        return self.part.segment.epochs(ordinal) - epoch(bound)


def recency_factors(segment: Segment, recency: Recency) -> Floats:
    """What recency leaves of the score of each article."""
    ages = (epoch(recency.now) - segment.epochs(DATE_ORDINALS["published"])) / DAY_SECONDS
    dated = ~np.isnan(ages)
    factors = np.full(segment.size, RECENCY_FLOOR)
    factors[dated] = recency_factor(ages[dated])
    return factors


def rounded(scores: Floats) -> Floats:
    """Scores as they are compared."""
    return np.round(scores, SCORE_DIGITS)
