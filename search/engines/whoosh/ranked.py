"""The best hits of one segment, without sorting those that will not be shown."""

from __future__ import annotations

import bisect
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.engines.base import After, Sort
from search.engines.whoosh.segments import Mask, Segment


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit that may be shown. `order` sorts it among the candidates of all segments, then `id` does."""

    order: float
    id: str
    number: int
    doc: int


def order_of(sort: Sort, sort_keys: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers whose rising order is the order asked for; NaN (undated) comes last."""
    order = sort_keys if sort == "oldest" else -sort_keys
    return np.where(np.isnan(order), np.inf, order)


def best(
    segment: Segment, number: int, mask: Mask, order: NDArray[np.float64], limit: int, sort: Sort, after: After | None
) -> list[Candidate]:
    """The first `limit` matches of a segment in rising `order`, equal ones by id, that come after `after`."""
    docs = np.flatnonzero(mask)
    ids, ranks = segment.sorted_ids
    if after is not None:
        key = np.inf if after.sort_key is None else (after.sort_key if sort == "oldest" else -after.sort_key)
        following = bisect.bisect_right(ids, after.id)
        own = order[docs]
        docs = docs[(own > key) | ((own == key) & (ranks[docs] >= following))]
    docs = _first(docs, order, ranks, limit)
    docs = docs[np.lexsort((ranks[docs], order[docs]))]
    return [Candidate(float(order[doc]), segment.ids[doc], number, doc) for doc in docs.tolist()]


def _first(
    docs: NDArray[np.int64], order: NDArray[np.float64], ranks: NDArray[np.int64], limit: int
) -> NDArray[np.int64]:
    """The `limit` articles that are first in order and, where equal, in rank; in no order themselves."""
    if len(docs) <= limit:
        return docs
    if limit == 0:
        return docs[:0]
    own = order[docs]
    last = np.partition(own, limit - 1)[limit - 1]
    before, equal = docs[own < last], docs[own == last]
    wanted = limit - len(before)
    if len(equal) > wanted:
        equal = equal[np.argpartition(ranks[equal], wanted - 1)[:wanted]]
    return np.concatenate((before, equal))
