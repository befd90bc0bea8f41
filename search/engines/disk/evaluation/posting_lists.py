"""From a term of a query to posting lists: the articles of one segment, the field, and how often the term occurs there.

A term stands for its own spelling and for other forms with the same stem, so that it has several words in the
dictionary (see `search.engines.disk.format.layout`), each with a posting list for each field. Where these lie in the
file is an *extent*; the compiled kernel works on extents alone, numpy on the lists.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search import native
from search.engines.disk.format.arrays import Array, Docs, expand_ranges, sum_by_doc
from search.engines.disk.format.container import Container
from search.engines.disk.format.layout import FIELD_ORDINALS, STEM_MARK, from_bytes, to_bytes
from search.engines.disk.reading.segments import FieldPostings, Segment
from search.engines.disk.reading.vocabulary import Vocabulary
from search.engines.expansion import form_weights
from search.query.match import Term
from search.ranking import STEM_WEIGHT
from search.schema import TEXT_FIELDS

Words = NDArray[np.uint32]

EXTENT: Final = np.dtype([("start", "<u8"), ("stop", "<u8"), ("weight", "<f8"), ("field", "<u4"), ("row", "<u4")])
"""Some postings of one field, those of the word in `row`: `Extent` of the kernel."""

_SHORT: Final = 4096
"""Of several lists, those with fewer articles are concatenated: a numpy call for each would cost more than its work."""
_FEW_LISTS: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class PostingList:
    """Articles of one segment with the number of occurrences in one field (`counts`), each of which counts `weight`.
    A negative weight takes back what another list counts twice.

    `unsorted`: the doc ids are in no order and may come several times.
    """

    field: int
    weight: float
    docs: Docs
    counts: Array
    unsorted: bool = False

    @property
    def size_bytes(self) -> int:
        """The memory its arrays take, if they are not views of the mapped file."""
        return 200 + self.docs.nbytes + self.counts.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class SegmentPostings:
    """What a leaf has in one segment: `total` postings in `extents` of the file (bytes of EXTENT), and `others`, lists
    in memory with doc ids that ascend and counts that are float64."""

    extents: bytes = b""
    total: int = 0
    others: tuple[PostingList, ...] = ()

    @property
    def most(self) -> int:
        """It matches no more articles than this."""
        if not self.others:
            return self.total
        return self.total + sum(len(each.docs) for each in self.others if each.weight > 0)

    @property
    def arrays(self) -> tuple[tuple[int, float, Docs, Array], ...]:
        """The lists in memory as the kernel takes them."""
        if not self.others:
            return ()
        return tuple((each.field, each.weight, each.docs, each.counts) for each in self.others)

    def lists(self, segment: Segment) -> Iterator[PostingList]:
        """All of it as lists, short ones of one field together."""
        extents = np.frombuffer(self.extents, EXTENT)
        names = tuple(TEXT_FIELDS)
        for ordinal in sorted(set(extents["field"].tolist())):
            yield from _lists_of_field(segment.field(names[ordinal]), ordinal, extents[extents["field"] == ordinal])
        yield from self.others


def term_reader(term: Term, fields: Sequence[str]) -> Callable[[Segment], SegmentPostings]:
    """Reads the postings of a term in a segment; summed over an article they give BM25F's term frequency."""
    if native.kernel is None:
        return lambda segment: word_postings(segment, words_of_term(segment.vocabulary, term), fields)
    surface, ordinals = to_bytes(term.surface), bytes(FIELD_ORDINALS[name] for name in fields)
    languages, stems = _stems_of(term)
    known: dict[tuple[int, bytes], float] = {}

    def weight(number: int, spelling: bytes) -> float:
        """That of a form with one of the stems: most segments have the same few."""
        if (found := known.get((number, spelling))) is None:
            language, stem = term.stems[number]
            found = known[number, spelling] = form_weights(term.surface, [from_bytes(spelling)], stem, language)[0]
        return found

    def read(segment: Segment) -> SegmentPostings:
        present = segment.vocabulary.languages
        numbers = [number for number, language in enumerate(languages) if language in present]
        first, stop, compound, forms = segment.compiled.forms(surface, tuple(stems[number] for number in numbers))
        if compound:
            return word_postings(segment, words_of_term(segment.vocabulary, term), fields)
        forms.sort()
        words = array("I", [word for word, _, _ in forms])
        weights = array("d", [weight(numbers[own], spelling) for _, own, spelling in forms])
        return SegmentPostings(*segment.compiled.rows(first, stop, words, weights, ordinals))

    return read


def extents_reader(term: Term, fields: Sequence[str]) -> Callable[[Segment], tuple[bytes, int]]:
    """Has the kernel look up a term of a phrase in a segment: its extents, in which other forms weigh STEM_WEIGHT, and
    how many postings they have."""
    surface, ordinals = to_bytes(term.surface), bytes(FIELD_ORDINALS[name] for name in fields)
    languages, stems = _stems_of(term)

    def read(segment: Segment) -> tuple[bytes, int]:
        present = segment.vocabulary.languages
        own = tuple(stem for language, stem in zip(languages, stems, strict=True) if language in present)
        first, stop, _, forms = segment.compiled.forms(surface, own)
        words = array("I", sorted(word for word, _, _ in forms))
        weights = array("d", [STEM_WEIGHT]) * len(words)
        found: tuple[bytes, int] = segment.compiled.rows(first, stop, words, weights, ordinals)
        return found

    return read


def _stems_of(term: Term) -> tuple[list[str], list[bytes]]:
    """The languages and the stems of a term, as a dictionary has them."""
    return [own for own, _ in term.stems], [to_bytes(f"{own}{STEM_MARK}{stem}") for own, stem in term.stems]


def word_postings(segment: Segment, words: Mapping[float, Words], fields: Sequence[str]) -> SegmentPostings:
    """The postings of some words, given by their weights."""
    found = [segment_extents(segment, own, weight, fields) for weight, own in words.items() if len(own)]
    return SegmentPostings(
        b"".join(extents for extents, _ in found),
        sum(total for _, total in found),
        tuple(_compound_corrections(segment, words, fields)),
    )


def segment_extents(segment: Segment, words: Words, weight: float, fields: Sequence[str]) -> tuple[bytes, int]:
    """The extents of some words, ascending, and how many postings they have."""
    if native.kernel is not None:
        ordinals = bytes(FIELD_ORDINALS[name] for name in fields)
        weights = np.full(len(words), weight)
        found: tuple[bytes, int] = segment.compiled.rows(0, 0, words, weights, ordinals)
        return found
    own = b"".join(_extents_of_field(segment.field(name), FIELD_ORDINALS[name], words, weight) for name in fields)
    extents = np.frombuffer(own, EXTENT)
    return own, int(extents["stop"].sum()) - int(extents["start"].sum())


def _extents_of_field(postings: FieldPostings, field: int, words: Words, weight: float) -> bytes:
    rows = postings.rows(words)
    if not len(rows):
        return b""
    extents = np.empty(len(rows), EXTENT)
    extents["start"], extents["stop"] = postings.starts[rows], postings.starts[rows + 1]
    extents["weight"], extents["field"], extents["row"] = weight, field, rows
    return extents.tobytes()


def _lists_of_field(postings: FieldPostings, field: int, extents: NDArray[Any]) -> Iterator[PostingList]:
    lengths = (extents["stop"] - extents["start"]).astype(np.int64)
    short = lengths < _SHORT
    if np.count_nonzero(short) > _FEW_LISTS:
        at = expand_ranges(extents["start"][short], lengths[short], len(postings.docs))
        counts = postings.counts[at] * np.repeat(extents["weight"][short], lengths[short])
        yield PostingList(field, 1.0, postings.docs[at], counts, unsorted=True)
        extents = extents[~short]
    for start, stop, weight, *_ in extents.tolist():
        yield PostingList(field, weight, postings.docs[start:stop], postings.counts[start:stop])


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


def _compound_corrections(
    segment: Segment, words: Mapping[float, Words], fields: Sequence[str]
) -> Iterator[PostingList]:
    """Takes back one of two occurrences at the same position, of a compound and of its first part: of the two words
    only the one with the higher weight counts there."""
    compounds = {weight: own[segment.is_compound[own]] for weight, own in words.items()}
    if not any(map(len, compounds.values())):
        return
    weights = sorted(words, reverse=True)
    for field in fields:
        for own in weights:
            for first in weights:
                found = compound_positions(segment.container, field, compounds[own], words[first])
                if found is not None:
                    docs, counts = found
                    yield PostingList(FIELD_ORDINALS[field], -min(own, first), docs, counts.astype(np.float64))


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
