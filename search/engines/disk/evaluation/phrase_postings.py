"""Where the terms of a phrase occur together in one segment, as `search.engines.spans` defines it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Final

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
)
from search.engines.disk.evaluation.posting_lists import PostingList, Words, extents_reader, words_of_term
from search.engines.disk.format.arrays import Docs, Floats, Ints, union
from search.engines.disk.format.layout import FIELD_ORDINALS
from search.engines.disk.reading.segments import FieldPostings, Segment
from search.query.match import MatchPhrase
from search.ranking import STEM_WEIGHT

Occurrences = tuple[Ints, Levels]
"""The slots of a block at which a phrase begins, in any order, and the level of each."""

_DEADLINE_STEP: Final = 256


def phrase_reader(phrase: MatchPhrase, deadline: Deadline) -> Callable[[Segment], Iterator[PostingList]]:
    """Reads the posting lists of a phrase in a segment, one for each field that has it. Raises TimeIsUp."""
    width = None if phrase.slop is None else spans.span_width(len(phrase.terms), phrase.slop)
    if not phrase.terms or (width is not None and len(phrase.terms) > width):
        return lambda _: iter(())
    if native.kernel is None:
        return lambda segment: _numpy_lists(segment, phrase, width, deadline)
    readers = [extents_reader(term, phrase.fields) for term in phrase.terms]

    def read(segment: Segment) -> Iterator[PostingList]:
        terms = []
        for reader in readers:
            extents, total = reader(segment)
            if not total:
                return
            terms.append(extents)
        yield from _compiled_lists(segment, phrase, tuple(terms), width, deadline)

    return read


def _numpy_lists(segment: Segment, phrase: MatchPhrase, width: int | None, deadline: Deadline) -> Iterator[PostingList]:
    words = [words_of_term(segment.vocabulary, term) for term in phrase.terms]
    if not all(any(map(len, own.values())) for own in words):
        return
    for name in phrase.fields:
        docs, weights = _by_numpy(segment, name, words, width, deadline)
        if len(docs):
            yield PostingList(FIELD_ORDINALS[name], 1.0, docs, weights)


def _compiled_lists(
    segment: Segment, phrase: MatchPhrase, terms: tuple[bytes, ...], width: int | None, deadline: Deadline
) -> Iterator[PostingList]:
    """The lists by the kernel."""
    read, most = segment.compiled.phrase, -1 if width is None else width
    for name in phrase.fields:
        left = deadline.left()
        found = read(FIELD_ORDINALS[name], terms, most, STEM_WEIGHT, inf if left is None else left)
        if found is None or deadline.passed():
            raise TimeIsUp
        docs: Docs = np.frombuffer(found[0], np.uint32)
        weights: Floats = np.frombuffer(found[1], np.float64)
        if len(docs):
            yield PostingList(FIELD_ORDINALS[name], 1.0, docs, weights)


def _by_numpy(
    segment: Segment,
    field: str,
    words: Sequence[Mapping[float, Words]],
    width: int | None,
    deadline: Deadline,
) -> tuple[Docs, Floats]:
    """Articles, ascending, each with the sum of the weights of the phrase's occurrences, from position
    blocks. Raises TimeIsUp."""
    postings = segment.field(field)
    terms = [_phrase_term(postings, own) for own in words]
    found: list[tuple[Docs, Floats]] = []
    if all(term.max_docs for term in terms):
        lengths = segment.lengths[FIELD_ORDINALS[field]]
        gap = len(terms) if width is None else width
        blocks = position_blocks(postings, terms, lengths, gap)
        found = list(_counted(blocks, None if width is None else gap, deadline))
    docs: Docs = np.concatenate([np.empty(0, np.uint32), *(own for own, _ in found)])
    return docs, np.concatenate([np.empty(0), *(own for _, own in found)])


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
