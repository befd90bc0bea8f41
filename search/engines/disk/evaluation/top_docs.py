"""The top hits in order, without sorting those that are not shown.

A hit has a *value*: its score, or how new or old it is. The highest comes first; ties are ordered by id.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

import numpy as np

from search import native
from search.engines.disk.evaluation.doc_sets import DocSet, split_by_segment
from search.engines.disk.format.arrays import Docs, Floats, Ints, Mask
from search.engines.disk.format.layout import DATE_ORDINALS, to_bytes
from search.engines.disk.reading.segments import Segment
from search.engines.disk.reading.snapshot import Snapshot
from search.engines.plan import After, Sort
from search.engines.results import MeaningScore
from search.ranking import SCORE_DIGITS

_LAST: Final = -np.inf
"""The value of an undated article."""
_SLACK: Final = 2.0 * 10.0**-SCORE_DIGITS
"""Scores further apart than this stay different when rounded."""

_FEW: Final = 512
"""Up to this many ties are sorted by their ids; of more, the first are found by walking the order of all ids."""
_BLOCK: Final = 256
_SLICE: Final = 128 * _BLOCK
"""Articles compared in one step: they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Page:
    """The first `limit` hits, or the first of those that come after a value and an id."""

    limit: int
    after: tuple[float, str] | None = None


@dataclass(frozen=True, slots=True)
class ScoredDoc:
    """A hit that may be shown; `doc` is its doc id in the snapshot, and `meaning` says how it was ordered by that."""

    value: float
    id: str
    doc: int
    meaning: MeaningScore | None = None


def page_of(sort: Sort, limit: int, after: After | None) -> Page:
    """The page that follows `after`."""
    if after is None:
        return Page(limit)
    key = _LAST if after.sort_key is None else -after.sort_key if sort == "oldest" else after.sort_key
    return Page(limit, (key, after.id))


def top_by_date(snapshot: Snapshot, docs: Ints, field: str, sort: Sort, page: Page) -> list[ScoredDoc]:
    """The top hits by date; `docs` ascend."""
    values = np.empty(len(docs))
    for part in split_by_segment(snapshot, docs):
        epochs = part.column(part.live.segment.epochs(DATE_ORDINALS[field]))
        values[part.span] = np.negative(epochs) if sort == "oldest" else epochs
    values[np.isnan(values)] = _LAST
    return _first(snapshot, docs, values, page)


def top_by_score(snapshot: Snapshot, doc_set: DocSet, hits: Mask, scores: Floats | None, page: Page) -> list[ScoredDoc]:
    """The top hits by score, which is rounded. Without `scores` all are 0."""
    if scores is None:
        docs = (
            doc_set.chosen(hits) if page.after or doc_set.docs is not None else _first_hits(doc_set, hits, page.limit)
        )
        return _first(snapshot, docs, np.zeros(len(docs)), page)
    at = np.flatnonzero(hits) if page.after else highest(scores, hits, page.limit)
    docs, values = doc_set.numbers(at), scores[at]
    if page.after:
        near = values <= page.after[0] + _SLACK
        docs, values = docs[near], values[near]
    at = _at_least_nth(values, page.limit + _equal(values, page))
    return _first(snapshot, docs[at], np.round(values[at], SCORE_DIGITS), page)


def _equal(values: Floats, page: Page) -> int:
    """How many hits might turn out, when rounded, to come before the page."""
    return int(np.count_nonzero(values >= page.after[0] - _SLACK)) if page.after else 0


def highest(values: Floats, hits: Mask, count: int) -> Ints:
    """The indices of the `count` hits with the highest values, and of all within _SLACK of these; no value is
    negative."""
    if count == 0 or not len(values):
        return np.empty(0, np.int64)
    if native.kernel is not None:
        return np.frombuffer(native.kernel.highest(values, hits, count, _SLACK), np.int64)
    at = np.flatnonzero(hits) if len(values) < 2 * _SLICE else _in_high_blocks(values, hits, count)
    return at[_at_least_nth(values[at], count)]


def _in_high_blocks(values: Floats, hits: Mask, count: int) -> Ints:
    """The hits of the blocks whose maximum could be among the `count` highest of all."""
    starts = range(0, len(values), _SLICE)
    maxima = np.concatenate([_block_maxima(values[at : at + _SLICE], hits[at : at + _SLICE]) for at in starts])
    blocks = _at_least_nth(maxima, count)
    at = (blocks[:, np.newaxis] * _BLOCK + np.arange(_BLOCK)).reshape(-1)
    at = at[: np.searchsorted(at, len(values))]
    own: Ints = at[hits[at]]
    return own


def _block_maxima(values: Floats, hits: Mask) -> Floats:
    """The highest value of a hit in each block. What is no hit counts as 0, which never leaves a hit out."""
    maxima: Floats = np.maximum.reduceat(values * hits, np.arange(0, len(values), _BLOCK))
    return maxima


def _at_least_nth(values: Floats, count: int) -> Ints:
    """The indices of the `count` highest values and of all within _SLACK of these, ascending."""
    if len(values) <= count:
        return np.arange(len(values))
    if count == 0:
        return np.empty(0, np.int64)
    nth = np.partition(values, len(values) - count)[len(values) - count]
    return np.flatnonzero(values >= nth - _SLACK)


def _first(snapshot: Snapshot, docs: Ints, values: Floats, page: Page) -> list[ScoredDoc]:
    """The page of some articles, ascending, with their values."""
    if page.after:
        kept = _follows(snapshot, docs, values, *page.after)
        docs, values = docs[kept], values[kept]
    if page.limit == 0:
        return []
    if len(docs) > page.limit:
        nth = np.partition(values, len(values) - page.limit)[len(values) - page.limit]
        better, equal = np.flatnonzero(values > nth), np.flatnonzero(values == nth)
        wanted = page.limit - len(better)
        if len(equal) > wanted + _FEW:
            equal = equal[_first_by_id(snapshot, docs[equal], wanted)]
        at = np.concatenate((better, equal))
        docs, values = docs[at], values[at]
    found = [
        ScoredDoc(value, snapshot.id_of(doc), doc) for doc, value in zip(docs.tolist(), values.tolist(), strict=True)
    ]
    found.sort(key=lambda candidate: (-candidate.value, candidate.id))
    return found[: page.limit]


def _follows(snapshot: Snapshot, docs: Ints, values: Floats, value: float, id: str) -> Mask:
    """Which articles come after a value and an id in the order of hits."""
    kept: Mask = values < value
    equal = np.flatnonzero(values == value)
    for part in split_by_segment(snapshot, docs[equal]):
        if part.docs is not None:
            kept[equal[part.span]] = _after_id(part.live.segment, part.docs, id)
    return kept


def _after_id(segment: Segment, docs: Docs, id: str) -> Mask:
    if len(docs) <= _FEW:
        return np.array([segment.id_of(doc) > id for doc in docs.tolist()], np.bool_)
    order = segment.id_order
    first = bisect_right(range(len(order)), to_bytes(id), key=lambda at: segment.ids.raw(int(order[at])))
    following: Mask = np.zeros(segment.size, np.bool_)
    following[order[first:]] = True
    own: Mask = following[docs]
    return own


def _first_by_id(snapshot: Snapshot, docs: Ints, count: int) -> Ints:
    """The indices in `docs`, which ascend, of the `count` articles of each segment that come first by id."""
    found = []
    for part in split_by_segment(snapshot, docs):
        wanted: Mask = np.zeros(part.live.segment.size, np.bool_)
        wanted[part.docs] = True
        first = _first_wanted(part.live.segment.id_order, wanted, count) + part.live.base
        found.append(np.searchsorted(docs, np.sort(first)))
    return np.concatenate(found)


def _first_hits(doc_set: DocSet, hits: Mask, count: int) -> Ints:
    """The `count` hits of each segment that come first by id, ascending; the doc set has all articles."""
    first = [
        np.sort(_first_wanted(part.live.segment.id_order, hits[part.span], count)) + part.live.base
        for part in doc_set.parts
    ]
    return np.concatenate([np.empty(0, np.int64), *first])


def _first_wanted(order: Docs, wanted: Mask, count: int) -> Ints:
    found: list[Docs] = []
    at, step = 0, 2 * _FEW
    while at < len(order) and sum(map(len, found)) < count:
        some = order[at : at + step]
        found.append(some[wanted[some]])
        at, step = at + step, 2 * step
    return np.concatenate([np.empty(0, np.int64), *found])[:count]
