"""From a leaf of a query to postings: in which articles of one segment its words stand, in which field, how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.arrays import Docs, expand_ranges, sum_by_doc
from search.engines.disk.format.container import Container
from search.engines.disk.format.layout import FIELD_ORDINALS
from search.engines.disk.reading.segments import FieldPostings, Segment
from search.engines.disk.reading.vocabulary import Vocabulary
from search.query.match import Term
from search.ranking import STEM_WEIGHT

Words = NDArray[np.uint32]

_SHORT: Final = 4096
"""Words with fewer articles are put together, if there are many words: numpy costs more than so few of them do."""
_FEW_WORDS: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Articles of one segment, and how often something stands in one of their fields. An occurrence counts `weight`;
    a negative one takes back what another run counts twice.

    `owned`: it is not in the mapped file. `loose`: the articles are in no order, and the same may be there again.
    """

    field: int
    weight: float
    docs: Docs
    counts: NDArray[Any]
    owned: bool = False
    loose: bool = False


def weighted_words(vocabulary: Vocabulary, term: Term) -> dict[float, Words]:
    """The words that a term matches, rising, by what an occurrence counts: 1 for the spelling itself, STEM_WEIGHT for
    other forms."""
    own = vocabulary.words_of_surface(term.surface)
    exact = np.arange(own.start, own.stop, dtype=np.uint32)
    forms = [vocabulary.words_of_stem(language, stem) for language, stem in term.stems]
    others = [words for words in forms if len(words)]
    if not others:
        return {1.0: exact}
    found = np.unique(np.concatenate(others)) if len(others) > 1 else others[0]
    return {1.0: exact, STEM_WEIGHT: found[(found < own.start) | (found >= own.stop)]}


def runs_of_words(segment: Segment, words: dict[float, Words], fields: Sequence[str]) -> Iterator[Run]:
    """Where words stand, given by their weights; `Run`s whose sum over an article is BM25F's frequency."""
    joined = {weight: own[segment.is_joined[own]] for weight, own in words.items()}
    any_joined = any(map(len, joined.values()))
    for name in fields:
        postings = segment.field(name)
        for weight, own in words.items():
            yield from _runs(postings, FIELD_ORDINALS[name], weight, own)
        if any_joined:
            yield from _counted_twice(segment, joined, words, name)


def _runs(postings: FieldPostings, field: int, weight: float, words: Words) -> Iterator[Run]:
    places = postings.places(words)
    if len(places) > _FEW_WORDS:
        starts = postings.starts[places]
        lengths = (postings.starts[places + 1] - starts).astype(np.int64)
        short = lengths < _SHORT
        if short.any():
            at = expand_ranges(starts[short], lengths[short], len(postings.docs))
            yield Run(field, weight, postings.docs[at], postings.counts[at], owned=True, loose=True)
        places = places[~short]
    for place in places.tolist():
        extent = postings.extent(place)
        yield Run(field, weight, postings.docs[extent], postings.counts[extent])


def _counted_twice(
    segment: Segment, joined: dict[float, Words], words: dict[float, Words], field: str
) -> Iterator[Run]:
    """Places at which two of the words stand, a joined one and its first part: only the better one counts there."""
    weights = sorted(words, reverse=True)
    for own in weights:
        for first in weights:
            found = shared_positions(segment.container, field, joined[own], words[first])
            if found is not None:
                yield Run(FIELD_ORDINALS[field], -min(own, first), *found, owned=True)


def shared_positions(
    container: Container, field: str, joined: Words, firsts: Words
) -> tuple[Docs, NDArray[np.int64]] | None:
    """The articles, rising, in which any of the joined words stands where any of the first parts does, and how often;
    None if there are none. Both kinds of words rise."""
    words = container.array(f"{field}.joined.words")
    if not len(words) or not len(joined) or not len(firsts):
        return None
    begins, ends = np.searchsorted(words, joined, "left"), np.searchsorted(words, joined, "right")
    if not (begins < ends).any():  # hardly any word is a joined one
        return None
    pairs = expand_ranges(begins, ends - begins, len(words))
    own = container.array(f"{field}.joined.firsts")[pairs]
    at = np.searchsorted(firsts, own)
    at[at == len(firsts)] = 0
    pairs = pairs[firsts[at] == own]
    if not len(pairs):
        return None
    starts = container.array(f"{field}.joined.starts")
    docs = container.array(f"{field}.joined.docs")
    at = expand_ranges(starts[pairs], starts[pairs + 1] - starts[pairs], len(docs))
    return sum_by_doc(docs[at], container.array(f"{field}.joined.counts")[at]) if len(at) else None
