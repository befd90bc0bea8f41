"""From a term of a query to posting lists: the articles of one segment, the field, and how often the term occurs there.

A term stands for its own spelling and for other forms with the same stem, so that it has several words in the
dictionary (see `search.engines.disk.format.layout`), each with a posting list for each field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.engines.disk.format.arrays import Array, Docs, expand_ranges, sum_by_doc
from search.engines.disk.format.container import Container
from search.engines.disk.format.layout import FIELD_ORDINALS
from search.engines.disk.reading.segments import FieldPostings, Segment
from search.engines.disk.reading.vocabulary import Vocabulary
from search.engines.expansion import form_weights
from search.query.match import Term

Words = NDArray[np.uint32]

_SHORT: Final = 4096
"""Of many lists, those with fewer articles are concatenated: a numpy call for each would cost more than its work."""
_FEW_WORDS: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class PostingList:
    """Articles of one segment with the number of occurrences in one field (`counts`), each of which counts `weight`.
    A negative weight takes back what another list counts twice.

    `in_memory`: it is no view of the mapped file. `unsorted`: the doc ids are in no order and may come several times.
    """

    field: int
    weight: float
    docs: Docs
    counts: Array
    in_memory: bool = False
    unsorted: bool = False


def words_of_term(vocabulary: Vocabulary, term: Term) -> dict[float, Words]:
    """The words that a term matches, ascending, by the weight of an occurrence: 1 for the spelling itself, that of
    `search.engines.expansion.form_weights` for other forms."""
    own = vocabulary.words_of_surface(term.surface)
    by_weight: dict[float, Words] = {1.0: np.arange(own.start, own.stop, dtype=np.uint32)}
    for language, stem in term.stems:
        found = vocabulary.words_of_stem(language, stem)
        found = found[(found < own.start) | (found >= own.stop)]
        if not len(found):
            continue
        weights = form_weights(term.surface, vocabulary.spellings_of_words(found), stem, language)
        for weight in dict.fromkeys(weights):
            words = found[[each == weight for each in weights]]
            by_weight[weight] = np.union1d(by_weight[weight], words) if weight in by_weight else words
    return by_weight


def posting_lists(segment: Segment, words: dict[float, Words], fields: Sequence[str]) -> Iterator[PostingList]:
    """The lists of some words, given by their weights; summed over an article they give BM25F's term frequency."""
    compounds = {weight: own[segment.is_compound[own]] for weight, own in words.items()}
    any_compound = any(map(len, compounds.values()))
    for name in fields:
        postings = segment.field(name)
        for weight, own in words.items():
            yield from _lists_of_field(postings, FIELD_ORDINALS[name], weight, own)
        if any_compound:
            yield from _compound_corrections(segment, compounds, words, name)


def _lists_of_field(postings: FieldPostings, field: int, weight: float, words: Words) -> Iterator[PostingList]:
    rows = postings.rows(words)
    if len(rows) > _FEW_WORDS:
        starts = postings.starts[rows]
        lengths = (postings.starts[rows + 1] - starts).astype(np.int64)
        short = lengths < _SHORT
        if short.any():
            at = expand_ranges(starts[short], lengths[short], len(postings.docs))
            yield PostingList(field, weight, postings.docs[at], postings.counts[at], in_memory=True, unsorted=True)
        rows = rows[~short]
    for row in rows.tolist():
        extent = postings.extent(row)
        yield PostingList(field, weight, postings.docs[extent], postings.counts[extent])


def _compound_corrections(
    segment: Segment, compounds: dict[float, Words], words: dict[float, Words], field: str
) -> Iterator[PostingList]:
    """Takes back one of two occurrences at the same position, of a compound and of its first part: of the two words
    only the one with the higher weight counts there."""
    weights = sorted(words, reverse=True)
    for own in weights:
        for first in weights:
            found = compound_positions(segment.container, field, compounds[own], words[first])
            if found is not None:
                yield PostingList(FIELD_ORDINALS[field], -min(own, first), *found, in_memory=True)


def compound_positions(
    container: Container, field: str, compounds: Words, firsts: Words
) -> tuple[Docs, NDArray[np.int64]] | None:
    """The articles, ascending, where one of the compounds has the same position as one of the words `firsts`, and at
    how many positions; None if there are none. Both arguments ascend."""
    words = container.array(f"{field}.joined.words")
    if not len(words) or not len(compounds) or not len(firsts):
        return None
    begins, ends = np.searchsorted(words, compounds, "left"), np.searchsorted(words, compounds, "right")
    if not (begins < ends).any():  # hardly any word is a compound
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
