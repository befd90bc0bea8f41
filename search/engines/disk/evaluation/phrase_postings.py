"""Where the terms of a phrase occur together in one segment, as `search.engines.spans` defines it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Final, TypeVar

import numpy as np

from search import native
from search.engines import spans
from search.engines.conventions import Deadline
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.evaluation.position_blocks import (
    EXACT,
    FORM,
    Levels,
    PhraseTerm,
    PositionBlock,
    position_blocks,
    positions_to_read,
)
from search.engines.disk.evaluation.posting_lists import (
    PostingList,
    SegmentPostings,
    Words,
    extents_reader,
    words_of_term,
)
from search.engines.disk.format.arrays import Docs, Floats, Ints, union
from search.engines.disk.format.layout import FIELD_ORDINALS
from search.engines.disk.reading.segments import FieldPostings, Segment
from search.engines.results import Cut
from search.query.limits import MAX_COMPARISONS
from search.query.match import MatchPhrase
from search.ranking import STEM_WEIGHT

Found = TypeVar("Found")

Occurrences = tuple[Ints, Levels]
"""The slots of a block at which a phrase begins, in any order, and the level of each."""

_DEADLINE_STEP: Final = 256
_SHARED: Final = 1 << 16
"""A phrase whose rarest term has this many postings in a segment is looked for in both halves of it at a time."""


class PhraseReader:
    """Reads the postings of one phrase in the segments of a snapshot, one after the other. Raises TimeIsUp.

    Once MAX_COMPARISONS are spent, the articles that follow are left out; then there is a `cut`. Each segment is read
    in shares, which have equal parts of what is left to spend, so that the same phrase always finds the same.
    """

    def __init__(self, phrase: MatchPhrase, deadline: Deadline) -> None:
        self.cut: Cut | None = None
        self._phrase = phrase
        self._deadline = deadline
        self._left = MAX_COMPARISONS
        self._effort = _effort(phrase)
        count = len(phrase.terms)
        self._width = None if phrase.slop is None else spans.span_width(count, phrase.slop)
        self._fits = count > 0 and (self._width is None or count <= self._width)
        self._readers = [extents_reader(term, phrase.fields) for term in phrase.terms]

    def read(self, _: int, segment: Segment) -> SegmentPostings:
        """What the phrase has in a segment."""
        if not self._fits:
            return SegmentPostings()
        read = self._by_numpy if native.kernel is None else self._compiled
        return SegmentPostings(others=tuple(read(segment)))

    def _compiled(self, segment: Segment) -> Iterator[PostingList]:
        """The lists by the kernel, one for each field that has the phrase."""
        terms, fewest = [], segment.size
        for reader in self._readers:
            extents, total = reader(segment)
            if not total:
                return
            terms.append(extents)
            fewest = min(fewest, total)
        shares = _shares(segment, fewest)
        for name in self._phrase.fields:
            field = FIELD_ORDINALS[name]
            parts = _side_by_side([partial(self._share, segment, field, tuple(terms), share) for share in shares])
            found = [(docs, weights) for docs, weights, *_ in parts if len(docs)]
            self._spend(sum(part[2] for part in parts), all(part[3] for part in parts))
            if found:
                docs, weights = (np.concatenate(column) for column in zip(*found, strict=True))
                yield PostingList(field, 1.0, docs, weights)

    def _share(
        self, segment: Segment, field: int, terms: tuple[bytes, ...], share: _Share
    ) -> tuple[Docs, Floats, int, bool]:
        """The articles of a share with their weights; what was spent; whether nothing was left out."""
        width, left = -1 if self._width is None else self._width, self._deadline.left()
        budget, seconds = share.budget(self._left), inf if left is None else left
        found = segment.compiled.phrase(
            field, terms, width, STEM_WEIGHT, share.first, share.stop, self._effort, budget, seconds
        )
        if found is None or self._deadline.passed():
            raise TimeIsUp
        docs, weights, spent, whole = found
        return np.frombuffer(docs, np.uint32), np.frombuffer(weights, np.float64), spent, whole

    def _spend(self, spent: int, whole: bool) -> None:
        self._left = max(0, self._left - spent)
        if not whole:
            self.cut = Cut(self._phrase, MAX_COMPARISONS, "places")

    def _by_numpy(self, segment: Segment) -> Iterator[PostingList]:
        words = [words_of_term(segment.vocabulary, term) for term in self._phrase.terms]
        names = self._phrase.fields
        terms = {name: [_phrase_term(segment.field(name), own) for own in words] for name in names}
        fewest = min(sum(terms[name][at].max_docs for name in names) for at in range(len(words)))
        shares = _shares(segment, fewest)
        for name in names:
            if not all(term.max_docs for term in terms[name]):
                continue
            docs, weights = self._field_by_numpy(segment, name, terms[name])
            for first, stop in self._left_out(segment.field(name), terms[name], shares):
                kept = (docs < first) | (docs >= stop)
                docs, weights = docs[kept], weights[kept]
            if len(docs):
                yield PostingList(FIELD_ORDINALS[name], 1.0, docs, weights)

    def _field_by_numpy(self, segment: Segment, name: str, terms: Sequence[PhraseTerm]) -> tuple[Docs, Floats]:
        """Articles, ascending, each with the sum of the weights of the phrase's occurrences, from position blocks."""
        lengths = segment.lengths[FIELD_ORDINALS[name]]
        gap = len(terms) if self._width is None else self._width
        blocks = position_blocks(segment.field(name), terms, lengths, gap)
        found = list(_counted(blocks, self._width, self._deadline))
        docs: Docs = np.concatenate([np.empty(0, np.uint32), *(own for own, _ in found)])
        return docs, np.concatenate([np.empty(0), *(own for _, own in found)])

    def _left_out(
        self, postings: FieldPostings, terms: Sequence[PhraseTerm], shares: Sequence[_Share]
    ) -> list[tuple[int, int]]:
        """The ranges of articles for which too little is left to spend; spends what the others take."""
        docs, positions = positions_to_read(postings, terms)
        costs = positions * self._effort
        budgets = [share.budget(self._left) for share in shares]
        ranges = []
        for share, budget in zip(shares, budgets, strict=True):
            own = slice(*np.searchsorted(docs, np.array((share.first, share.stop), np.uint32)).tolist())
            spent = np.cumsum(costs[own])
            over = int(np.searchsorted(spent, budget, "right"))
            self._spend(int(spent[min(over, len(spent) - 1)]) if len(spent) else 0, over == len(spent))
            if over < len(spent):
                ranges.append((int(docs[own][over]), share.stop))
        return ranges


def _effort(phrase: MatchPhrase) -> int:
    """About how many comparisons each position takes, measured in those of the plainest loop of the kernel."""
    count = len(phrase.terms)
    if phrase.slop is None or count < 2:
        return 1
    repeats = len(set(phrase.terms)) < count  # then each term needs a position of its own
    if count == 2 and not repeats:
        return 1
    return (count + 2) * (2 if repeats else 1)


@dataclass(frozen=True, slots=True)
class _Share:
    """The articles of a segment from `first` to before `stop`, one of `shares`."""

    first: int
    stop: int
    shares: int

    def budget(self, left: int) -> int:
        """What it may spend of what is left."""
        return left // self.shares


def _shares(segment: Segment, fewest: int) -> list[_Share]:
    """Those of a segment in which the rarest term of a phrase has `fewest` postings."""
    if fewest < _SHARED:
        return [_Share(0, segment.size, 1)]
    middle = segment.size // 2
    return [_Share(0, middle, 2), _Share(middle, segment.size, 2)]


def _side_by_side(calls: Sequence[Callable[[], Found]]) -> list[Found]:
    """The results of some calls, each but the first in a thread of its own. Raises what any of them raises."""
    if len(calls) == 1:
        return [calls[0]()]
    with ThreadPoolExecutor(len(calls) - 1) as threads:
        others = [threads.submit(call) for call in calls[1:]]
        return [calls[0](), *(other.result() for other in others)]


def _phrase_term(postings: FieldPostings, words: Mapping[float, Words]) -> PhraseTerm:
    rows = [
        (row, EXACT if weight == 1.0 else FORM) for weight, own in words.items() for row in postings.rows(own).tolist()
    ]
    extents = (postings.extent(row) for row, _ in rows)
    return PhraseTerm(tuple(rows), sum(extent.stop - extent.start for extent in extents))


def _counted(blocks: Iterable[PositionBlock], width: int | None, deadline: Deadline) -> Iterator[tuple[Docs, Floats]]:
    """Articles, ascending, each with the sum of the weights of the phrase's occurrences in one field."""
    for block in blocks:
        if deadline.passed():
            raise TimeIsUp
        slots, levels = _in_order(block) if width is None else _near(block, width, deadline)
        weights = np.where(levels == EXACT, 1.0, STEM_WEIGHT)
        totals = np.bincount(block.owners(slots), weights, len(block.docs)).astype(np.float64)
        at = np.flatnonzero(totals > 0.0)
        if len(at):
            yield block.docs[at], totals[at]


def _in_order(block: PositionBlock) -> Occurrences:
    """Where the terms follow each other: the others are looked for around each occurrence of the rarest."""
    rarest, *others = sorted(range(len(block.slots)), key=block.count)
    levels = {term: block.levels(term) for term in others}
    found = []
    for slots, level in block.slots[rarest]:
        starts, least = slots - rarest, np.full(1, level, np.uint8)
        for term in others:
            own = np.take(levels[term], starts + term)
            both = np.flatnonzero(own > 0)
            starts, least = starts[both], np.minimum(least[both] if len(least) > 1 else least, own[both])
        found.append((starts, np.broadcast_to(least, len(starts))))
    return found[0] if len(found) == 1 else _best_of_each(found)


def _best_of_each(found: Sequence[Occurrences]) -> Occurrences:
    """Each slot once, with its best level: two words, such as a compound and its first part, may share a position."""
    starts, levels = (np.concatenate(column) for column in zip(*found, strict=True))
    if not len(starts):
        return starts, levels
    order = np.argsort(starts, kind="stable")
    starts, levels = starts[order], levels[order]
    firsts = np.flatnonzero(np.diff(starts, prepend=-1))
    return starts[firsts], np.maximum.reduceat(levels, firsts)


def _near(block: PositionBlock, width: int, deadline: Deadline) -> Occurrences:
    """Where the minimal spans begin that have all terms, each at a slot of its own."""
    every = [block.levels(term) for term in range(len(block.slots))]
    events = union([slots for term in block.slots for slots, _ in term])
    there = [np.take(levels, events) for levels in every]
    slots, found = _minimal_spans(there, events, width)
    used = np.zeros(len(events), np.uint8)
    for levels in there:
        used += levels > 0
    crowded = np.unique(block.owners(events[used > 1]))
    if not len(crowded):
        return slots, found
    apart = ~np.isin(block.owners(slots), crowded)
    others = list(_one_by_one(block, every, crowded, width, deadline))
    return (
        np.concatenate([slots[apart], *(own for own, _ in others)]),
        np.concatenate([found[apart], *(levels for _, levels in others)]),
    )


def _minimal_spans(terms: Sequence[Levels], events: Ints, width: int) -> Occurrences:
    """The minimal spans where no two terms share a slot. `events`: all slots at which any term occurs, ascending;
    `terms`: the levels of each term there.

    Of the spans that end at an event, the shortest begins at the earliest of the terms' latest occurrences.
    It is minimal if no span that ends earlier begins there too.
    """
    begins = events.copy()
    for levels in terms:
        np.minimum(begins, np.maximum.accumulate(np.where(levels > 0, events, -1)), out=begins)
    ends = np.flatnonzero((np.diff(begins, prepend=-1) > 0) & (events - begins < width))
    slots = begins[ends]
    firsts = np.searchsorted(events, slots)
    found = np.full(len(ends), EXACT, np.uint8)
    for levels in terms:
        before = np.concatenate(([0], np.cumsum(levels == EXACT)))
        found[before[ends + 1] == before[firsts]] = FORM
    return slots, found


def _one_by_one(
    block: PositionBlock, terms: Sequence[Levels], owners: Ints, width: int, deadline: Deadline
) -> Iterator[Occurrences]:
    """The spans in articles of the block where terms share slots, one article after the other. Raises TimeIsUp."""
    ends = np.append(block.starts[1:], block.size)
    for count, owner in enumerate(owners.tolist()):
        if count % _DEADLINE_STEP == 0 and deadline.passed():
            raise TimeIsUp
        start, end = int(block.starts[owner]), int(ends[owner])
        found = spans.near([_weights(levels[start:end]) for levels in terms], width)
        levels = [EXACT if weight == 1.0 else FORM for weight in found.values()]
        yield np.fromiter(found, np.int64) + start, np.array(levels, np.uint8)


def _weights(levels: Levels) -> dict[int, float]:
    at = np.flatnonzero(levels > 0)
    return dict(zip(at.tolist(), np.where(levels[at] == EXACT, 1.0, STEM_WEIGHT).tolist(), strict=True))
