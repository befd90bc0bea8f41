"""Which leaves of a query some articles match, and how often each of them has each leaf.

The postings of all leaves are looked through segment by segment, in a few steps over long arrays: a step for each
posting list would cost more than its work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from search.engines.disk.evaluation.doc_sets import SegmentDocs, doc_set_of
from search.engines.disk.evaluation.evaluator import Evaluator
from search.engines.disk.evaluation.leaves import LeafPostings
from search.engines.disk.evaluation.posting_lists import PostingList
from search.engines.disk.format.arrays import Docs, Floats, Ints, intersect
from search.engines.outcome import leaves
from search.engines.results import MatchedLeaves
from search.query.match import Match
from search.ranking import SCORE_DIGITS

_SHORT: Final = 8192
"""Lists with fewer postings are looked through in one step; in longer ones, the articles are searched for."""
_ELSEWHERE: Final = -1


def matched_leaves(query: Match, evaluator: Evaluator, docs: Ints) -> Mapping[int, MatchedLeaves]:
    """What each of some articles (doc ids in the snapshot, ascending, none deleted) has of a query.

    A leaf for whose postings there was no time counts as matching nothing.
    """
    found = [evaluator.postings(leaf) for leaf in leaves(query)]
    table = np.zeros((len(docs), len(found)))
    lengths = np.zeros(len(docs), np.int64)
    for part in doc_set_of(evaluator.snapshot, docs).parts:
        if part.docs is not None:
            table[part.span] = _frequencies(part, part.docs, found)
            lengths[part.span] = part.live.segment.lengths[:, part.docs].sum(axis=0, dtype=np.int64)
    rows = zip(np.round(table, SCORE_DIGITS), lengths.tolist(), strict=True)
    return {doc: _of_row(row, length) for doc, (row, length) in zip(docs.tolist(), rows, strict=True)}


def _of_row(row: Floats, length: int) -> MatchedLeaves:
    matched = np.flatnonzero(row > 0.0)
    return MatchedLeaves(tuple(matched.tolist()), tuple(row[matched].tolist()), length)


def _frequencies(part: SegmentDocs, docs: Docs, found: list[LeafPostings | None]) -> Floats:
    """The frequency of each leaf (column) in each article of one segment (row)."""
    short: list[tuple[int, PostingList]] = []
    long: list[tuple[int, PostingList]] = []
    for number, postings in _lists(part.number, found):
        (short if len(postings.docs) < _SHORT else long).append((number, postings))
    total: Floats = _looked_through(part, docs, short, len(found))
    for number, postings in long:
        at, own = intersect(postings.docs, docs, unsorted=postings.unsorted)
        np.add.at(total[:, number], own, postings.weight * postings.counts[at])
    return total


def _lists(segment: int, found: list[LeafPostings | None]) -> Iterator[tuple[int, PostingList]]:
    """The posting lists of a segment, each with the number of its leaf."""
    for number, leaf in enumerate(found):
        if leaf:
            for postings in leaf.lists[segment]:
                yield number, postings


def _looked_through(part: SegmentDocs, docs: Docs, lists: list[tuple[int, PostingList]], count: int) -> Floats:
    if not lists:
        return np.zeros((len(docs), count))
    place = np.full(part.live.segment.size, _ELSEWHERE, np.int64)
    place[docs] = np.arange(len(docs))
    at = place[np.concatenate([postings.docs for _, postings in lists])]
    inside = np.flatnonzero(at != _ELSEWHERE)
    sizes = [len(postings.docs) for _, postings in lists]
    owners = np.searchsorted(np.cumsum(sizes), inside, side="right")
    leaf_numbers = np.array([number for number, _ in lists])[owners]
    weights = np.array([postings.weight for _, postings in lists])[owners]
    weights *= np.concatenate([postings.counts for _, postings in lists])[inside]
    cells = at[inside] * count + leaf_numbers
    totals: Floats = np.bincount(cells, weights, len(docs) * count).astype(np.float64, copy=False)
    return totals.reshape(len(docs), count)
