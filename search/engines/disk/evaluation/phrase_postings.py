"""Where the words of a phrase stand together in one segment, as `search.engines.spans` has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.engines import spans
from search.engines.conventions import Deadline
from search.engines.disk.errors import TimeIsUp
from search.engines.disk.evaluation.position_blocks import EXACT, FORM, Laid, Levels, WordPlaces, laid_out
from search.engines.disk.evaluation.posting_lists import Run, Words, weighted_words
from search.engines.disk.format.arrays import Docs, Floats, Ints, union
from search.engines.disk.format.layout import FIELD_ORDINALS
from search.engines.disk.reading.segments import FieldPostings, Segment
from search.query.match import MatchPhrase
from search.ranking import STEM_WEIGHT

Found = tuple[Ints, Levels]
"""Places at which a phrase begins, in any order, and the level of each."""

_DEADLINE_STEP: Final = 256


def phrase_runs(segment: Segment, phrase: MatchPhrase, deadline: Deadline) -> Iterator[Run]:
    """How often a phrase stands in the articles of a segment. Raises TimeIsUp."""
    terms = [weighted_words(segment.vocabulary, term) for term in phrase.terms]
    if not terms or not all(any(map(len, words.values())) for words in terms):
        return
    for name in phrase.fields:
        postings, field = segment.field(name), FIELD_ORDINALS[name]
        words = [_word(postings, own) for own in terms]
        if not all(word.articles for word in words):
            continue
        counted = list(_counted(postings, words, segment.lengths[field], phrase.slop, deadline))
        if counted:
            held, weights = (np.concatenate(column) for column in zip(*counted, strict=True))
            yield Run(field, 1.0, held, weights, owned=True)


def _word(postings: FieldPostings, words: Mapping[float, Words]) -> WordPlaces:
    spellings = [
        (place, EXACT if weight == 1.0 else FORM)
        for weight, own in words.items()
        for place in postings.places(own).tolist()
    ]
    extents = (postings.extent(place) for place, _ in spellings)
    return WordPlaces(tuple(spellings), sum(extent.stop - extent.start for extent in extents))


def _counted(
    postings: FieldPostings,
    words: Sequence[WordPlaces],
    lengths: NDArray[np.uint32],
    slop: int | None,
    deadline: Deadline,
) -> Iterator[tuple[Docs, Floats]]:
    """Articles, rising, with what the occurrences of the phrase in one field of theirs count."""
    width = len(words) if slop is None else spans.span_width(len(words), slop)
    if slop is not None and len(words) > width:
        return
    for laid in laid_out(postings, words, lengths, width):
        if deadline.passed():
            raise TimeIsUp
        places, levels = _in_order(laid) if slop is None else _near(laid, width, deadline)
        weights = np.where(levels == EXACT, 1.0, STEM_WEIGHT)
        totals = np.bincount(laid.owners(places), weights, len(laid.docs)).astype(np.float64)
        at = np.flatnonzero(totals > 0.0)
        if len(at):
            yield laid.docs[at], totals[at]


def _in_order(laid: Laid) -> Found:
    """Where the words follow each other: the others are looked for around the one that stands in fewest places."""
    rarest, *others = sorted(range(len(laid.places)), key=laid.count)
    levels = {word: laid.levels(word) for word in others}
    found = []
    for places, level in laid.places[rarest]:
        starts, least = places - rarest, np.full(1, level, np.uint8)
        for word in others:
            own = np.take(levels[word], starts + word)
            both = np.flatnonzero(own > 0)
            starts, least = starts[both], np.minimum(least[both] if len(least) > 1 else least, own[both])
        found.append((starts, np.broadcast_to(least, len(starts))))
    return found[0] if len(found) == 1 else _highest_each(found)


def _highest_each(found: Sequence[Found]) -> Found:
    """Places that more than one spelling has, as a joined word and its first part may, once and with the best level."""
    starts, levels = (np.concatenate(column) for column in zip(*found, strict=True))
    if not len(starts):
        return starts, levels
    order = np.argsort(starts, kind="stable")
    starts, levels = starts[order], levels[order]
    firsts = np.flatnonzero(np.diff(starts, prepend=-1))
    return starts[firsts], np.maximum.reduceat(levels, firsts)


def _near(laid: Laid, width: int, deadline: Deadline) -> Found:
    """Where the minimal spans begin that hold all words, each at a place of its own."""
    every = [laid.levels(word) for word in range(len(laid.places))]
    events = union([places for word in laid.places for places, _ in word])
    there = [np.take(levels, events) for levels in every]
    places, found = _minimal_spans(there, events, width)
    used = np.zeros(len(events), np.uint8)
    for levels in there:
        used += levels > 0
    crowded = np.unique(laid.owners(events[used > 1]))
    if not len(crowded):
        return places, found
    apart = ~np.isin(laid.owners(places), crowded)
    others = list(_one_by_one(laid, every, crowded, width, deadline))
    return (
        np.concatenate([places[apart], *(own for own, _ in others)]),
        np.concatenate([found[apart], *(levels for _, levels in others)]),
    )


def _minimal_spans(words: Sequence[Levels], events: Ints, width: int) -> Found:
    """The spans where no two words share a place. `events`: all places at which a word stands, rising; `words`: the
    levels of each there.

    The span that ends at an event begins where the word last stood that has not been met for longest; it is minimal
    if no span that ends before begins there.
    """
    begins = events.copy()
    for levels in words:
        np.minimum(begins, np.maximum.accumulate(np.where(levels > 0, events, -1)), out=begins)
    ends = np.flatnonzero((np.diff(begins, prepend=-1) > 0) & (events - begins < width))
    places = begins[ends]
    firsts = np.searchsorted(events, places)
    found = np.full(len(ends), EXACT, np.uint8)
    for levels in words:
        before = np.concatenate(([0], np.cumsum(levels == EXACT)))
        found[before[ends + 1] == before[firsts]] = FORM
    return places, found


def _one_by_one(laid: Laid, words: Sequence[Levels], articles: Ints, width: int, deadline: Deadline) -> Iterator[Found]:
    """The spans in articles where words share places, one article after the other."""
    ends = np.append(laid.starts[1:], laid.size)
    for count, article in enumerate(articles.tolist()):
        if count % _DEADLINE_STEP == 0 and deadline.passed():
            raise TimeIsUp
        start, end = int(laid.starts[article]), int(ends[article])
        found = spans.near([_weights(levels[start:end]) for levels in words], width)
        levels = [EXACT if weight == 1.0 else FORM for weight in found.values()]
        yield np.fromiter(found, np.int64) + start, np.array(levels, np.uint8)


def _weights(levels: Levels) -> dict[int, float]:
    at = np.flatnonzero(levels > 0)
    return dict(zip(at.tolist(), np.where(levels[at] == EXACT, 1.0, STEM_WEIGHT).tolist(), strict=True))
